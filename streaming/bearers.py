"""Lets sockets in by an API token in their handshake; those without one come in by cookie.

A page can put no header into the handshake of a socket, so a token is never there against its owner's will: whoever
presents one may come from any origin, or none.
"""

import typing

from channels.db import database_sync_to_async

from accounts import callers, tokens
from accounts.callers import Caller, RefusedError
from streaming.origins import App, Scope, refuse, serves_host
from streaming.sockets import Gone
from streaming.wire import Close


class Bearers:
    """ASGI middleware for WebSockets: `app` serves who presents a token, good or bad, `by_cookie` everybody else.

    The scope of the former holds `user` and `access`, or `refused`: the Gone to close with.
    """

    def __init__(self, app: App, by_cookie: App) -> None:
        self.app = app
        self.by_cookie = by_cookie

    async def __call__(self, scope: Scope, receive: typing.Any, send: typing.Any) -> None:
        try:
            caller = await _caller(scope)
        except RefusedError as error:
            found: Scope = {"refused": _gone(error)}
        else:
            if caller is None:
                await self.by_cookie(scope, receive, send)
                return
            found = {"user": caller.person, "access": caller.access}
        if serves_host(scope):
            await self.app({**scope, **found}, receive, send)
        else:
            await refuse(receive, send)


def _gone(error: RefusedError) -> Gone:
    if error.status == 401:
        return Gone(Close.SIGNED_OUT, error.detail)
    return Gone(Close.PROTOCOL_ERROR, "a token never goes into a URL")  # a reason has 123 bytes at most


async def _caller(scope: Scope) -> Caller | None:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin1").lower()
        headers[name] = ",".join(filter(None, (headers.get(name), value.decode("latin1"))))
    query = scope["query_string"].decode("latin1")
    if not query and tokens.presented(headers) is None:
        return None  # most sockets come by cookie, and need not wait for a thread
    by_token = database_sync_to_async(callers.by_token, thread_sensitive=False)
    found: Caller | None = await by_token(headers, query)
    return found
