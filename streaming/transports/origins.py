"""Refuses streams to foreign pages: scheme, host and port of the Origin must be the site's own or listed.

A missing Origin is no browser's: such a client holds its credentials knowingly. Channels' own validator ignores
scheme and port.
"""

import logging
import typing
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from streaming.transports.responses import Scope, answer, header
from streaming.wire import frames

logger = logging.getLogger(__name__)

App = typing.Callable[[Scope, typing.Any, typing.Any], typing.Awaitable[None]]


class OwnOrigins:
    """ASGI middleware for streams: a foreign Origin, or a Host this desk does not serve, gets 403."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: typing.Any, send: typing.Any) -> None:
        if is_own(scope):
            await self.app(scope, receive, send)
            return
        await refuse(scope, receive, send)


async def refuse(scope: Scope, receive: typing.Any, send: typing.Any) -> None:
    """Answer a handshake, or a request, with 403."""
    logger.warning("refused a stream from a foreign origin")
    if scope["type"] == "http":
        await answer(send, 403, frames.error("forbidden", "This comes from a page that is not this desk's."))
        return
    await receive()
    await send({"type": "websocket.close", "code": 4003})


def serves_host(scope: Scope) -> bool:
    """Whether a handshake is for a host of this desk."""
    names = settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
    return validate_host(split_domain_port(header(scope, b"host") or "")[0], names)


def is_own(scope: Scope) -> bool:
    """Whether a handshake comes from one of the site's own pages, or from no page at all."""
    if not serves_host(scope):
        return False
    host = header(scope, b"host")
    origin = header(scope, b"origin")
    if origin is None:  # a page sends none with a plain GET, but says from where it asks
        return header(scope, b"sec-fetch-site") in (None, "same-origin", "none")
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    allowed = {_canonical(f"{scheme}://{host}"), *(_canonical(one) for one in settings.ALLOWED_ORIGINS)}
    return _canonical(origin) in allowed - {None}


def is_listed(origin: str) -> bool:
    """Whether pages of `origin` may come beside the site's own."""
    return _canonical(origin) in {_canonical(one) for one in settings.ALLOWED_ORIGINS} - {None}


def _canonical(origin: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port), or None for what is no origin (`null`, a path, garbage)."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        return None
    return parts.scheme, parts.hostname, port
