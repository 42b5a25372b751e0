"""The carrier for clients that can only ask: one answer, as soon as there is news for their cursor."""

import asyncio
import contextlib
import typing

from streaming import wire
from streaming.admission import Admitted, NotAdmittedError, admit, ended, join, refuse
from streaming.answers import Receive, Scope, Send, answer, leaves
from streaming.clock import now_ms
from streaming.hub import Hub
from streaming.runtime import runtime
from streaming.sockets import Gone, Socket
from streaming.tasks import Tasks

PARKED_S = 30.0
"""How long what was polled for stays wanted, so that it does not come and go between two polls."""


class News(typing.NamedTuple):
    """What a poll has to say; neither, when nothing happened while it waited."""

    frame: str | None = None
    feed: str | None = None


async def poll(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one poll."""
    hub = runtime().hub
    try:
        asked = await admit(scope, hub)
        socket = Socket(asked.access, polled=True, carrier="poll")
        join(hub, socket, asked)
    except NotAdmittedError as error:
        hub.counts.turned_away[error.refusal.code] += 1
        await refuse(send, error.refusal)
        return
    tasks = Tasks(repr(socket))
    try:
        found = await _wait(hub, socket, asked, tasks, receive)
    finally:
        hub.leave(socket, PARKED_S)
        await tasks.cancel()
    if isinstance(found, Gone):
        await refuse(send, ended(found))
    elif found is not None:
        await answer(send, 200, _said(socket, asked, found))
        socket.written()


async def _wait(hub: Hub, socket: Socket, asked: Admitted, tasks: Tasks, receive: Receive) -> News | Gone | None:
    """Wait for news; return it, or why the socket ended, or None when the client left."""
    leaving = tasks.start(leaves(receive), "leaving")
    news = tasks.start(_news(hub, socket), "news")
    await asyncio.wait({leaving, news, socket.gone}, timeout=asked.wait_s, return_when=asyncio.FIRST_COMPLETED)
    if leaving.done():
        return None
    if socket.gone.done():
        return socket.gone.result()
    return news.result() if news.done() else News()


async def _news(hub: Hub, socket: Socket) -> News:
    """Return the first frame, or that nobody feeds the board."""
    async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
        text = await anext(texts)
        return News(frame=text) if wire.kind(text) == "frame" else News(feed=text)


def _said(socket: Socket, asked: Admitted, news: News) -> str:
    """Return the answer. Where no board answered, the client stands where it stood."""
    stood = wire.cursor(*asked.cursor) if asked.cursor else None
    cursor, recovered = (socket.cursor, socket.recovered) if socket.joined else (stood, stood is not None)
    return wire.poll(cursor, recovered, now_ms(), [news.frame] if news.frame else [], news.feed)
