"""The pages of linking by redirect: what is asked for, the door to the venue, and the way back."""

import urllib.parse

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import RedirectForm
from accounts.links import oauth
from accounts.links.linking import LinkRefusedError
from accounts.models import BrokerLink
from accounts.views.settings_page import HOME, own_link, signed_in
from brokers.catalogue import VENUES, Venue


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def link(request: HttpRequest, venue: str) -> HttpResponse:
    """Link a venue by redirect."""
    known = VENUES.get(venue)
    if known is None:
        raise Http404
    return _ask_how(request, known)


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def relink(request: HttpRequest, link_id: str) -> HttpResponse:
    """Link a link again, by redirect."""
    existing = own_link(request, link_id)
    if existing.catalogued is None or existing.environment not in oauth.environments(existing.catalogued):
        raise Http404
    return _ask_how(request, existing.catalogued, existing)


def _ask_how(request: HttpRequest, venue: Venue, existing: BrokerLink | None = None) -> HttpResponse:
    """Ask how to link, then send the browser to the page that leads out."""
    if not oauth.environments(venue):
        raise Http404
    callback, here = oauth.callback(), f"{request.scheme}://{request.get_host()}"
    form = RedirectForm(venue, signed_in(request), request.POST if request.method == "POST" else None, existing)
    if callback and here == oauth.site() and form.is_valid() and form.client is not None:
        pending = oauth.leave(
            signed_in(request),
            request.session.session_key or "",
            venue,
            form.cleaned_data["environment"],
            existing.label if existing else form.cleaned_data["label"],
            form.client,
            form.scopes,
            existing,
        )
        return redirect("accounts:leaving", pending.id)
    shown = {"form": form, "link": existing, "callback": callback, "site": oauth.site(), "here": here}
    return render(request, "accounts/redirect.html", shown)


@login_required
@require_safe
@never_cache
def leaving(request: HttpRequest, pending_id: str) -> HttpResponse:
    """Show where the person is about to go, with the link that leads there.

    A link and no form: with `form-action 'self'` a browser stops a form whose answer leads to another site, and opening
    that policy for venues would open it for every form of the desk. It also is the last chance to see who will ask.
    """
    pending = oauth.still_open(signed_in(request), request.session.session_key or "", pending_id)
    if pending is None:
        messages.error(request, "This took too long, or was done already. Begin again here.")
        return redirect(HOME)
    try:
        address = oauth.address(pending)
    except LinkRefusedError as error:
        messages.error(request, str(error))
        return redirect(HOME)
    parts = urllib.parse.urlsplit(address)
    shown = {"pending": pending, "venue": VENUES[pending.venue], "address": address}
    return render(request, "accounts/leaving.html", shown | {"origin": f"{parts.scheme}://{parts.netloc}"})


@require_safe
@never_cache
@sensitive_variables("told")
def callback(request: HttpRequest) -> HttpResponse:
    """Take a person back from their venue. Whatever happens, the code leaves the address bar with the answer."""
    told = _read(request)
    if not request.user.is_authenticated:
        messages.error(request, "You were signed out meanwhile, so nothing was linked. Sign in and begin again.")
        return _home()
    try:
        made, is_new = oauth.come_back(signed_in(request), request.session.session_key or "", told)
    except LinkRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Linked {made.label}." if is_new else f"Linked {made.label} again.")
    return _home()


def _home() -> HttpResponse:
    answer = redirect(HOME)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _read(request: HttpRequest) -> oauth.Return:
    """Take what the venue sent out of the request, so that no report of an error can quote it."""
    query = request.GET
    request.GET = QueryDict()
    request.META["QUERY_STRING"] = ""
    return oauth.Return(*(query.get(name, "") for name in oauth.Return._fields))
