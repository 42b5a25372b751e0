"""Pages and probes of the streams."""

import asyncio
import functools
import typing

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from accounts.auth import authentication
from accounts.auth.authentication import Caller, RefusedError
from lib.clock import now_ms
from streaming.bus.bus import UNREACHABLE
from streaming.runtime import runtime
from streaming.status import cluster
from streaming.status.health import database, layer
from streaming.status.process import StatusQuery
from streaming.status.prometheus import registry
from streaming.transports import saved_subscriptions
from streaming.wire import commands, frames
from streaming.wire.commands import BadMessageError
from streaming.wire.subscription import SubscriptionError

View = typing.Callable[[HttpRequest], typing.Awaitable[HttpResponse]]
Guarded = typing.Callable[[HttpRequest], typing.Coroutine[typing.Any, typing.Any, HttpResponseBase]]


def only(view: View) -> Guarded:
    """Answer others with 400, 401 or 403, and everybody with 503 while the database cannot tell who they are."""

    @csrf_exempt  # callers.of asks for it where it matters
    @functools.wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            caller = await sync_to_async(authentication.of)(request, "read")
            if not caller.person.is_staff:
                raise RefusedError(403, "forbidden", "For the staff of this desk only.")
        except RefusedError as error:
            return error.response()
        except DatabaseError:
            return authentication.away().response()
        answer = await view(request)
        answer["Cache-Control"] = "no-store"
        return answer

    return guarded


@require_safe
async def health(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return JsonResponse({"status": "healthy", "service": "tapedeck"})


@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: database, migrations and layer are there, people may be owned, and this process is not draining.

    What is missing is for staff, and for who asks from this machine; others are told whether anything is.
    """
    told = cluster.readiness(runtime(), *await asyncio.gather(database(), layer()))
    shown = told if _is_local(request) or await _is_staff(request) else {"ready": told["ready"]}
    return JsonResponse(shown, status=200 if told["ready"] else 503)


def _is_local(request: HttpRequest) -> bool:
    """Tell whether a request was made on this machine, and not by a proxy of it for somebody else."""
    handed_on = {"X-Forwarded-For", "Forwarded"} & set(request.headers)
    return not handed_on and request.META.get("REMOTE_ADDR", "") in ("127.0.0.1", "::1", "")


async def _is_staff(request: HttpRequest) -> bool:
    try:
        caller = await sync_to_async(authentication.of)(request, "read")
    except (RefusedError, DatabaseError):
        return False
    return caller.person.is_staff


@authentication.reads
async def store_view(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Store a watch that is too long for a URL; its name goes there instead."""
    if request.method != "POST":
        answer = _refused(405, "bad_message", "Ask with POST.")
        answer["Allow"] = "POST"
        return answer
    try:
        text = authentication.body(request, runtime().hub.limits.message_bytes)
        name = await sync_to_async(saved_subscriptions.store)(caller.person.pk, commands.read_watch(text))
    except authentication.RefusedError as error:
        return error.response()
    except (BadMessageError, SubscriptionError) as error:
        return _refused(400, error.code, error.detail)
    except UNREACHABLE:
        return _refused(503, "unavailable", "Views cannot be stored now. Come again.")
    answer = JsonResponse({"view": name}, status=201)
    answer["Cache-Control"] = "no-store"
    return answer


def _refused(status: int, code: str, detail: str) -> HttpResponse:
    return authentication.RefusedError(status, code, detail).response()


@require_safe
@only
async def status_json(request: HttpRequest) -> HttpResponse:
    """Everything that the processes of this desk know of themselves."""
    told = await cluster.whole(runtime(), StatusQuery(), await database())
    return HttpResponse(frames.dumps({"at": now_ms(), **told}), content_type="application/json")


@require_safe
@only
async def prometheus(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus. It is written in a thread: for many processes that takes a while."""
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    found = registry(await cluster.readings(runtime()))
    text = await sync_to_async(write, thread_sensitive=False)(found)
    return HttpResponse(text, content_type=content_type)
