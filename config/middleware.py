"""Middleware: whoever asks how a desk fares may call it by any name.

A proxy's own checks, Prometheus and a container's health check know an address and not the name that people use.
"""

import re
from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware

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
