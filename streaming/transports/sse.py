"""The carrier for clients that can only read: frames as server-sent events, resumed by `Last-Event-ID`.

It is no Django view: such a one holds a thread and a database connection for as long as it streams, and cannot cut off
a client that takes nothing (docs/decisions/2026-11-21-streams-beside-django.md).
"""

import asyncio
import contextlib
import logging
import random

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.hub.hub import Hub
from streaming.runtime import runtime
from streaming.sockets.socket import CloseReason, Socket
from streaming.transports.admission import NotAdmittedError, admit, join, refuse
from streaming.transports.backpressure import ClientConnection
from streaming.transports.responses import Message, Receive, Scope, Send, header, leaves, start_response
from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.subscription import LIST_TOPICS

logger = logging.getLogger(__name__)

EVENTS = frozenset({"welcome", "frame", "beat", "feed", "heartbeat", "closed", "news", "news_sources"})
HEAD = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store, must-revalidate, no-transform",
    "X-Accel-Buffering": "no",
}
LAST_WORD_S = 1.0
"""How long a client may take to let the event in that says why its stream ends."""
RETRY_MS = (1_000, 5_000)
"""Between which times an EventSource comes again by itself: each at another moment, or all of them come at once."""


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream of events, until its client leaves or it is told why the stream ends."""
    hub = runtime().hub
    try:
        asked = await admit(scope, hub, header(scope, b"last-event-id"))
        socket = Socket(asked.access, carrier="sse")
        socket.send_text(frames.heartbeat(now_ms()))  # leaves at once: a stream that says nothing yet looks broken
        join(hub, socket, asked)
    except NotAdmittedError as error:
        await refuse(send, error.refusal)
        return
    tasks = Tasks(repr(socket))
    try:
        gone = await _until_gone(hub, socket, tasks, receive, send)
    finally:
        hub.leave(socket)
        await tasks.cancel()
    if gone is not None:
        await send_close(socket.sent.characters > 0, scope["line"], gone, receive, send)


async def _until_gone(hub: Hub, socket: Socket, tasks: Tasks, receive: Receive, send: Send) -> CloseReason | None:
    """Send events until the client leaves (None) or the stream is to end (the reason)."""
    leaving = tasks.start(leaves(receive), "leaving")
    writer = tasks.start(_write(hub, socket, send), "writer")
    await asyncio.wait({leaving, writer, socket.gone}, return_when=asyncio.FIRST_COMPLETED)
    if socket.gone.done():
        return socket.gone.result()
    if leaving.done() or writer.exception() is None:
        return None
    return CloseReason(Close.INTERNAL_ERROR, "internal error")


async def _write(hub: Hub, socket: Socket, send: Send) -> None:
    """Send events until the client is gone."""
    first = retry()
    with contextlib.suppress(OSError):
        await start_response(send, 200, HEAD)
        async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
            async for text in texts:
                await send(body(first + event(frames.kind(text), text, socket.cursor)))
                first = ""


def retry() -> str:
    """Write what tells an EventSource when to come again: each at another moment."""
    return f"retry: {random.randint(*RETRY_MS)}\n"


def event(kind: str, text: str, cursor: str = "") -> str:
    """Write one event; a frame's, and a list's, names the cursor after it."""
    name = f"id: {cursor}\nevent: {kind}" if kind == "frame" or kind in LIST_TOPICS else f"event: {kind}"
    return f"{name}\ndata: {text}\n\n"


def body(text: str) -> Message:
    """Return a part of the answer."""
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


async def send_close(begun: bool, line: ClientConnection, gone: CloseReason, receive: Receive, send: Send) -> None:
    """Say why a stream ends, and end it. Who does not take even that, or was told nothing yet, is cut off."""
    if (begun and await _say_last(gone, send)) or not line.cut():
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORD_S):
            await leaves(receive)  # a server takes an answer without an end for a fault of ours, unless it is over


async def _say_last(gone: CloseReason, send: Send) -> bool:
    """Send the last event. Returns whether it was taken."""
    try:
        async with asyncio.timeout(LAST_WORD_S):
            await send(body(event("closed", frames.closed(gone.code, gone.reason))))
            await send({"type": "http.response.body", "body": b""})
    except (TimeoutError, OSError):
        return False
    return True
