"""Pages and probes of the streams."""

import typing

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from streaming import status
from streaming.runtime import runtime

View = typing.Callable[[HttpRequest], typing.Awaitable[HttpResponse]]


@require_safe
async def health(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return JsonResponse({"status": "healthy", "service": "tapedeck"})


@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: database, migrations and layer are there, and this process is not draining."""
    checks = {"database": await status.database(), "layer": await status.layer()}
    draining = runtime().hub.closing
    ok = all(check["ok"] for check in checks.values()) and not draining
    return JsonResponse({"ready": ok, "draining": draining, **checks}, status=200 if ok else 503)


@require_safe
async def status_page(request: HttpRequest) -> HttpResponse:
    """The connection page: a person sees their own streams, staff everybody's."""
    user = await request.auser()
    if isinstance(user, AnonymousUser):
        return HttpResponseRedirect(f"{reverse('account_login')}?next={request.path}")
    found = status.streams(runtime(), None if user.is_staff else user.pk)
    found |= {"database": await status.database(), "layer": await status.layer()}
    # The shell asks who is signed in and what they linked: the database, which must not be asked on the event loop.
    return await sync_to_async(render)(request, "streaming/status.html", {"status": found})
