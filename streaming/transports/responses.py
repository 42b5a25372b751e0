"""Answers to the requests that carry streams. Served without Django's handler; streaming/transports/sse.py says why."""

import typing

from django.conf import settings

from streaming.wire import frames

Scope = dict[str, typing.Any]
Message = dict[str, typing.Any]
Receive = typing.Callable[[], typing.Awaitable[Message]]
Send = typing.Callable[[Message], typing.Awaitable[None]]
App = typing.Callable[[Scope, Receive, Send], typing.Awaitable[None]]

NO_STORE = "no-store"
ALWAYS = {
    "Cache-Control": NO_STORE,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer says that does not go through Django's middleware."""
ALIVE = '{"status": "healthy", "service": "tapedeck"}'


async def answer(send: Send, status: int, text: str, headers: typing.Mapping[str, str] | None = None) -> None:
    """Answer with a JSON text, which nobody may keep."""
    body = text.encode()
    await start_response(
        send, status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    )  # fmt: skip
    await send({"type": "http.response.body", "body": body})


async def alive(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that this process does, whatever else it is busy with: by no thread and no place of a page."""
    if scope["method"] in ("GET", "HEAD"):
        await answer(send, 200, ALIVE)
    else:
        await answer(send, 405, frames.error("bad_message", "Ask with GET or HEAD."), {"Allow": "GET, HEAD"})


def _of_transport() -> dict[str, str]:
    """Return what has browsers come by HTTPS only, as pages say it."""
    seconds = settings.SECURE_HSTS_SECONDS
    return {"Strict-Transport-Security": f"max-age={seconds}"} if seconds else {}


async def start_response(send: Send, status: int, headers: typing.Mapping[str, str]) -> None:
    """Send the head of an answer."""
    named = {**ALWAYS, **_of_transport(), **headers}
    raw = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


def header(scope: Scope, name: bytes) -> str | None:
    """Return the first header of a lower-case name."""
    return next((value.decode("latin1") for raw, value in scope["headers"] if raw.lower() == name), None)


async def leaves(receive: Receive) -> None:
    """Wait until the client is gone. What it sends after its request is not read."""
    while (await receive())["type"] != "http.disconnect":
        pass
