"""Addresses at which clients look for a way to sign in by OAuth: a definite no, as JSON.

HTML or a redirect there makes some clients forget the token that they were given.
"""

from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames

PATHS = tuple(
    rf"^\.well-known/{name}{of}/?$"
    for name in ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration")
    for of in ("", "/mcp")
)
DETAIL = "There is no OAuth here. Send an API token as Authorization: Bearer or X-API-Key."


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that there is nothing here."""
    await answer(send, 404, frames.error("not_available", DETAIL))
