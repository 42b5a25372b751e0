"""Middleware: whoever asks how a desk fares may call it by any name, and whom it has no room for comes again.

A proxy's own checks, Prometheus and a container's health check know an address and not the name that people use.
"""

import re
from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import async_only_middleware
from django.views import defaults

from lib.overload import OverloadedError

PROBES = re.compile(r"/(health|ready|metrics)/?")

Respond = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@async_only_middleware
def allow_any_host(respond: Respond) -> Respond:
    """Let probes pass the check of `Host`: what they are answered never depends on it."""

    async def passed(request: HttpRequest) -> HttpResponseBase:
        if PROBES.fullmatch(request.path_info):
            request.get_host = lambda: "probe.invalid"  # type: ignore[method-assign]
        return await respond(request)

    return passed


@async_only_middleware
def keep_nothing(respond: Respond) -> Respond:
    """Have nobody keep an answer that does not say otherwise, as static files do."""

    async def passed(request: HttpRequest) -> HttpResponseBase:
        answer = await respond(request)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return passed


class Overload:
    """Answers 503 with Retry-After where a page would take more than this process takes on at once."""

    sync_capable = False
    async_capable = True

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return await self._respond(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say when to come again."""
        if not isinstance(exception, OverloadedError):
            return None
        answer = defaults.server_error(request, "busy.html")
        answer.status_code = 503
        answer.headers["Retry-After"] = str(exception.retry_s)
        return answer
