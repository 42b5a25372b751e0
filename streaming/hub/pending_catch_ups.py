"""The catch-ups of a hub that were asked for and not answered yet: at most one for each socket."""

import asyncio
import math

from streaming.bus.messages import CatchUpRequest
from streaming.sockets.socket import Socket


class PendingCatchUps:
    """Which socket waits for the answer to which catch-up, by number. The answer to an older one comes too late."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.newest = 0
        self._loop = loop
        self._sockets: dict[int, Socket] = {}

    def add(self, socket: Socket) -> int:
        """Return the number of another catch-up of `socket`."""
        self.drop(socket)
        self.newest += 1
        socket.asked, socket.asked_at = self.newest, self._loop.time()
        self._sockets[self.newest] = socket
        return self.newest

    def drop(self, socket: Socket) -> None:
        """Wait no more for what `socket` asked."""
        self._sockets.pop(socket.asked, None)
        socket.asked = 0

    def answered(self, ask: int) -> Socket | None:
        """Return the socket whose catch-up this is; None when it waits for it no more."""
        socket = self._sockets.pop(ask, None)
        if socket is not None:
            socket.asked = 0
        return socket

    def awaits(self, ask: int) -> bool:
        """Whether the answer is still waited for."""
        return ask in self._sockets

    def defer(self, ask: int) -> None:
        """A catch-up waits for its turn, so it must not be asked for again."""
        if (socket := self._sockets.get(ask)) is not None:
            socket.asked_at = math.inf

    def mark_sent(self, ask: int) -> None:
        """A catch-up is on its way, after it waited for its turn."""
        if (socket := self._sockets.get(ask)) is not None:
            socket.asked_at = self._loop.time()


def message(hub: str, socket: Socket) -> CatchUpRequest:
    """Return what is asked: everything since the cursor of `socket`, for what it shows."""
    assert socket.view is not None  # noqa: S101 (only joined sockets have a writer that asks)
    return CatchUpRequest(
        person_text=str(socket.person),
        hub=hub,
        ask=socket.asked,
        view=socket.view,
        had=socket.had,
        epoch=socket.epoch,
        seq=socket.seq,
        fact=socket.fact,
    )
