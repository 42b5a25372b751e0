"""Pages and probes of the streams."""

import typing

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from streaming import metrics, probes, staff, status
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
@staff.only
async def status_json(request: HttpRequest) -> HttpResponse:
    """Everything this process knows of itself."""
    found = status.whole(runtime(), None)
    return JsonResponse(found | {"database": await probes.database(), "layer": await probes.layer()})


@require_safe
@staff.only
async def prometheus(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus."""
    up = {"database": (await probes.database())["ok"], "layer": (await probes.layer())["ok"]}
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(write(metrics.registry(runtime(), up)), content_type=content_type)
