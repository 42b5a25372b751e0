"""Server-sent events of what clients of one person see together."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.socket import CloseReason
from streaming.transports import sse
from streaming.transports.responses import Receive, Scope, Send, leaves, start_response
from streaming.wire import frames
from streaming.wire.frames import Close

logger = logging.getLogger(__name__)

Texts = AsyncGenerator[str, None]
"""Events as they are written, one or more together."""


async def serve(scope: Scope, receive: Receive, send: Send, listener: SharedClient, texts: Callable[[], Texts]) -> None:
    """Send events until the client leaves, or is told why they end."""
    tasks = Tasks(repr(listener))
    try:
        gone = await _until_gone(tasks, receive, send, listener, texts)
    finally:
        await tasks.cancel()
    if gone is not None:
        await sse.send_close(True, scope["line"], gone, receive, send)


async def _until_gone(
    tasks: Tasks, receive: Receive, send: Send, listener: SharedClient, texts: Callable[[], Texts]
) -> CloseReason | None:
    """Send events until the client leaves (None) or the stream is to end (the reason)."""
    leaving = tasks.start(leaves(receive), "leaving")
    writer = tasks.start(_write(send, listener, texts), "writer")
    await asyncio.wait({leaving, writer, listener.gone}, return_when=asyncio.FIRST_COMPLETED)
    if listener.gone.done():
        return listener.gone.result()
    if leaving.done() or writer.exception() is None:
        return None
    return CloseReason(Close.INTERNAL_ERROR, "internal error")


async def _write(send: Send, listener: SharedClient, texts: Callable[[], Texts]) -> None:
    """Send events until the client is gone."""
    loop = asyncio.get_running_loop()
    first = sse.retry()
    with contextlib.suppress(OSError):
        await start_response(send, 200, sse.HEAD)
        async with contextlib.aclosing(texts()) as coming:
            async for text in coming:
                listener.sending_since = loop.time()
                await send(sse.body(first + text))
                listener.sending_since = None
                first = ""


def beats(listener: SharedClient) -> str:
    """Return the signs of life that are due, as events."""
    due, listener.beats = listener.beats, 0
    return sse.event("heartbeat", frames.heartbeat(now_ms())) if due else ""


def event(name: str, message: object) -> str:
    """Write an event with a name."""
    return sse.event(name, frames.dumps(message))


def data(text: str) -> str:
    """Write an event without a name, which is what `onmessage` hears."""
    return f"data: {text}\n\n"
