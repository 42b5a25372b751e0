"""One click into the demo, for who sits at its machine: without a proxy, by a name of this machine."""

import ipaddress

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from demo import people

PROXIED = ("FORWARDED", "VIA", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_REAL_IP")
"""Headers of a request that somebody passed on; whose it was is not known then."""


def is_local(request: HttpRequest) -> bool:
    """Whether this is a demo, and the request came from this machine to this machine, straight."""
    found = request.META
    addresses = (found.get("REMOTE_ADDR"), found.get("SERVER_NAME"), request.get_host())
    is_passed_on = any(f"HTTP_{name}" in found for name in PROXIED)
    return settings.ENVIRONMENT == "demo" and not is_passed_on and all(map(_is_loopback, addresses))


def _is_loopback(host: str | None) -> bool:
    """Whether `host`, with or without a port, is this machine for itself."""
    text = host or ""
    is_bare = text.count(":") > 1 and not text.startswith("[")
    name = text if is_bare else text.removeprefix("[").rpartition("]")[0] or text.partition(":")[0]
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@require_POST
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in one of the demo's people, by the password that the demo gave them."""
    if settings.ENVIRONMENT != "demo":
        raise Http404
    if not is_local(request):
        raise PermissionDenied("Only at the machine that runs the demo.")
    email = request.POST.get("person", "")
    if email not in people.PEOPLE:
        raise Http404
    person = authenticate(request, email=email, password=people.PASSWORD)
    if person is None:
        messages.error(request, f"{email} has another password by now. Sign in with it.")
        return redirect("account_login")
    login(request, person)
    return HttpResponseRedirect(_wanted(request))


def _wanted(request: HttpRequest) -> str:
    """Return the page that somebody wanted to see before they signed in, if it is one of this desk."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL
