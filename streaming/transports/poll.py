"""The carrier for clients that can only ask: one answer, as soon as there is news for their cursor."""

import asyncio
import contextlib
import typing

import msgspec

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.hub.hub import Hub
from streaming.runtime import runtime
from streaming.sockets.socket import Socket
from streaming.transports.admission import Admitted, NotAdmittedError, Refusal, admit, ended, join, refuse
from streaming.transports.responses import Receive, Scope, Send, answer, leaves, start_response
from streaming.wire import frames

PARKED_S = 30.0
"""How long what was polled for stays wanted, so that it does not come and go between two polls."""
BOARD_S = 2.0
"""How long a poll that does not want to wait waits for the board itself."""


Ends = set[asyncio.Future[typing.Any]]


class PollAnswer(typing.NamedTuple):
    """What a poll has to say: messages, or that nobody feeds the board; neither, when nothing happened meanwhile."""

    messages: tuple[str, ...] = ()
    feed: str | None = None


class PollResponse:
    """The answer to one poll. While it waits a blank says, before what it has to say, that the owner lives."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def beat(self) -> None:
        """Send a blank, which a reader of JSON skips."""
        if not self._begun:
            self._begun = True
            await start_response(self._send, 200, {"Content-Type": "application/json", "X-Accel-Buffering": "no"})
        await self._send({"type": "http.response.body", "body": b" ", "more_body": True})

    async def finish(self, said: str) -> None:
        """Send the answer."""
        if self._begun:
            await self._send({"type": "http.response.body", "body": said.encode()})
        else:
            await answer(self._send, 200, said)

    async def refuse(self, refused: Refusal) -> None:
        """Say why there is no answer; once a blank was sent, as a stream does."""
        if self._begun:
            await self.finish(frames.closed(refused.gone.code, refused.gone.reason))
        else:
            await refuse(self._send, refused)


async def poll(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one poll."""
    hub = runtime().hub
    response = PollResponse(send)
    try:
        asked = await admit(scope, hub)
        found = await _open(hub, asked, receive, response)
    except NotAdmittedError as error:
        await response.refuse(error.refusal)
    else:
        if found is not None:
            socket, said = found
            await response.finish(said)
            socket.written()


async def _open(hub: Hub, asked: Admitted, receive: Receive, response: PollResponse) -> tuple[Socket, str] | None:
    """Return the socket of a poll and what is answered, or None where its client left. Raises NotAdmittedError."""
    socket = Socket(asked.access, polled=True, carrier="poll")
    socket.beats = asked.beats
    tasks = Tasks(repr(socket))
    hub.enter(socket)
    try:
        leaving = tasks.start(leaves(receive), "leaving")
        news = await _news(hub, socket, asked, tasks, response, {leaving, socket.gone})
        if leaving.done():
            return None
        if socket.gone.done():
            raise NotAdmittedError(ended(socket.gone.result()))
        return socket, _said(socket, asked, news)
    finally:
        hub.leave(socket, PARKED_S)
        await tasks.cancel()


async def _news(
    hub: Hub, socket: Socket, asked: Admitted, tasks: Tasks, response: PollResponse, ends: Ends
) -> PollAnswer:
    """Wait for news, as long as the client wants to and none of `ends` comes."""
    pause_s = _pause_ms(hub, asked) / 1000
    await asyncio.wait(ends, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    if any(end.done() for end in ends):
        return PollAnswer()
    join(hub, socket, asked._replace(view=msgspec.structs.replace(asked.view, pace_ms=0)))
    telling = tasks.start(_first(hub, socket, response), "news")
    waited: Ends = {telling, *ends}
    if (left_s := max(0.0, asked.wait_s - pause_s)) == 0:
        waited.add(tasks.start(_quiet(socket), "quiet"))
    await asyncio.wait(waited, timeout=left_s or BOARD_S, return_when=asyncio.FIRST_COMPLETED)
    return telling.result() if telling.done() else PollAnswer()


async def _quiet(socket: Socket) -> None:
    """Wait until neither the board nor the list has anything new to say."""
    await asyncio.shield(socket.quiet)
    if socket.reader is not None:
        await socket.reader.fetched.wait()


def _pause_ms(hub: Hub, asked: Admitted) -> float:
    """Return after which time a poll is answered at the earliest: a client gets no more frames than its pace says."""
    pace_ms = min(asked.view.pace_ms or 0, asked.wait_s * 1000) if asked.cursor else 0
    return max(pace_ms, hub.limits.pulse_ms)


async def _first(hub: Hub, socket: Socket, response: PollResponse) -> PollAnswer:
    """Return the first frame, the first page of a list, or that nobody feeds the board."""
    notes: tuple[str, ...] = ()
    async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
        async for text in texts:
            kind = frames.kind(text)
            if kind == "beat":
                with contextlib.suppress(OSError):  # whoever is gone is noticed by what waits for that
                    await response.beat()
            elif socket.reader is not None and kind.startswith(socket.reader.topic):
                notes = (*notes, text)  # what introduces a list comes before its first page
                if socket.reader.position is not None:
                    return PollAnswer(notes)
            else:
                return PollAnswer((*notes, text)) if kind == "frame" else PollAnswer(feed=text)
    return PollAnswer()


def _said(socket: Socket, asked: Admitted, news: PollAnswer) -> str:
    """Return the answer. Where no board answered, the client stands where it stood."""
    feed = news.feed
    if feed is None and not socket.joined:  # its board did not answer, so nobody knows whether it is fed
        silent_s = asyncio.get_running_loop().time() - socket.fed_at
        feed = frames.feed_waiting(now_ms() - int(silent_s * 1000))
    recovered = socket.recovered if socket.joined else asked.cursor is not None
    return frames.poll(_cursor(socket, asked), recovered, now_ms(), list(news.messages), feed)


def _cursor(socket: Socket, asked: Admitted) -> str | None:
    """Return where a client stands after an answer; None where it has nothing."""
    position = socket.reader.position if socket.reader is not None else None
    if socket.joined:
        return socket.cursor
    if asked.cursor is None and position is None:
        return None
    return frames.cursor(*(asked.cursor or frames.Cursor("", 0, 0))[:3], position)
