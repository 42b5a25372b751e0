"""Says by what a stream was come for: an API token in its request, else the session of its cookie.

A page can put no header into the handshake of a socket, nor into a request to another site unless that allows it, so a
token is never there against its owner's will: whoever presents one may come from any origin, or none.
"""

import typing

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie

from accounts.auth import access, authentication, tokens
from accounts.auth.authentication import Caller, RefusedError
from streaming.transports.origins import App, OwnOrigins, refuse, serves_host
from streaming.transports.responses import Scope

_by_session = database_sync_to_async(access.by_session, thread_sensitive=False)
"""Not on the thread that all others share: whoever comes waits for nobody who writes."""


class Bearers:
    """ASGI middleware for streams: `app` serves who presents a token, good or bad, `by_cookie` everybody else.

    The scope of the former holds `access`, or `refused`: the RefusedError of a token that is none, or of everybody
    while the database is away.
    """

    def __init__(self, app: App, by_cookie: App) -> None:
        self.app = app
        self.by_cookie = by_cookie

    async def __call__(self, scope: Scope, receive: typing.Any, send: typing.Any) -> None:
        try:
            caller = await _caller(scope)
        except RefusedError as error:
            found: Scope = {"refused": error}
        except DatabaseError:
            found = {"refused": authentication.away()}
        else:
            if caller is None:
                await self.by_cookie(scope, receive, send)
                return
            found = {"access": caller.access}
        if serves_host(scope):
            await self.app({**scope, **found}, receive, send)
        else:
            await refuse(scope, receive, send)


class BySession:
    """ASGI middleware for streams: the scope holds `access` if somebody is signed in with the cookie.

    Channels' own puts a user, a session and three copies of the scope beside every open socket, and a wrapper round
    every message that is sent.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: typing.Any, send: typing.Any) -> None:
        cookies = b"; ".join(value for name, value in scope["headers"] if name.lower() == b"cookie")
        key = parse_cookie(cookies.decode("latin1")).get(settings.SESSION_COOKIE_NAME)
        try:
            found: Scope = {"access": await _by_session(key) if key else None}
        except DatabaseError:
            found = {"refused": authentication.away()}
        await self.app({**scope, **found}, receive, send)


def let_in(app: App) -> App:
    """Return `app` behind its doors: whoever reaches it comes by a token, or by a cookie from a page of this desk."""
    return Bearers(app, by_cookie=OwnOrigins(BySession(app)))


async def _caller(scope: Scope) -> Caller | None:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin1").lower()
        headers[name] = ",".join(filter(None, (headers.get(name), value.decode("latin1"))))
    query = scope["query_string"].decode("latin1")
    if not query and tokens.presented(headers) is None:
        return None  # most sockets come by cookie, and need not wait for a thread
    by_token = database_sync_to_async(authentication.by_token, thread_sensitive=False)
    found: Caller | None = await by_token(headers, query)
    return found
