"""Pages and probes of the streams."""

import typing

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from streaming import metrics, probes, status
from streaming.runtime import runtime

View = typing.Callable[[HttpRequest], typing.Awaitable[HttpResponse]]


@require_safe
async def health(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return JsonResponse({"status": "healthy", "service": "tapedeck"})


@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: database, migrations and layer are there, and this process is not draining."""
    checks = {"database": await probes.database(), "layer": await probes.layer()}
    draining = runtime().hub.closing
    ok = all(check["ok"] for check in checks.values()) and not draining
    return JsonResponse({"ready": ok, "draining": draining, **checks}, status=200 if ok else 503)


@require_safe
async def status_page(request: HttpRequest) -> HttpResponse:
    """The connection page: a person sees their own streams, staff everybody's."""
    user = await request.auser()
    if isinstance(user, AnonymousUser):
        return HttpResponseRedirect(f"{reverse('account_login')}?next={request.path}")
    found = status.whole(runtime(), None if user.is_staff else user.pk)
    found |= {"database": await probes.database(), "layer": await probes.layer()}
    # The shell asks who is signed in and what they linked: the database, which must not be asked on the event loop.
    return await sync_to_async(render)(request, "streaming/status.html", {"status": found})


@require_safe
async def status_json(request: HttpRequest) -> HttpResponse:
    """Everything this process knows of itself, for staff."""
    if (refused := await _refusal(request)) is not None:
        return refused
    found = status.whole(runtime(), None)
    return _kept_by_nobody(JsonResponse(found | {"database": await probes.database(), "layer": await probes.layer()}))


@require_safe
async def prometheus(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus."""
    if (refused := await _refusal(request)) is not None:
        return refused
    up = {"database": (await probes.database())["ok"], "layer": (await probes.layer())["ok"]}
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return _kept_by_nobody(HttpResponse(write(metrics.registry(runtime(), up)), content_type=content_type))


async def _refusal(request: HttpRequest) -> HttpResponse | None:
    """Return why who asks may not see what concerns everybody: 401 signed out, 403 not staff."""
    user = await request.auser()
    if isinstance(user, AnonymousUser):
        return _error("signed_out", "Sign in, or send an API token.", 401)
    if not user.is_staff:
        return _error("forbidden", "For the staff of this desk only.", 403)
    return None


def _error(code: str, detail: str, status_code: int) -> HttpResponse:
    return _kept_by_nobody(JsonResponse({"type": "error", "code": code, "detail": detail}, status=status_code))


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
