"""One client's connection as the hub sees it: WebSocket now, other carriers later.

A socket is (view, cursor, what is being sent). There is no queue of frames: one that cannot take a live frame is
behind, and asks for everything since its cursor once it can.
"""

import asyncio
import contextlib
import typing
from collections.abc import Awaitable, Callable

from accounts.access import Access
from streaming.watch import View
from streaming.wire import Close

Send = Callable[[str], Awaitable[None]]


CONTROL = 256
"""Messages that are no frames, waiting for one socket; at the bound it is closed."""


class Gone(typing.NamedTuple):
    """Why a socket ends."""

    code: Close
    reason: str


class Socket:
    """What one client sees, where it stands, and what waits to be sent.

    `seq` is the last flush it was sent, in `epoch`. `gone` is resolved when it must end.
    """

    def __init__(self, person: int, access: Access, send: Send) -> None:
        self.person = person
        self.access = access
        self.view: View | None = None
        self.had: View | None = None
        self.epoch = ""
        self.seq = 0
        self.fact = 0
        self.acked = 0
        self.entered_at = 0.0
        self.joined = False
        self.behind = False
        self.asked = 0
        self.asked_at = 0.0
        self.control: list[str] = []
        self.ready: tuple[int, str] | None = None
        self.pending: dict[str, str] = {}
        self.sending_since: float | None = None
        self.heartbeat_at = 0.0
        self.waiting = False
        self.frames = 0
        self.gone: asyncio.Future[Gone] = asyncio.get_running_loop().create_future()
        self._send = send
        self._wake = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Socket person={self.person} {self.epoch}:{self.seq} {'behind' if self.behind else 'level'}>"

    def wake(self) -> None:
        """Let the writer look again."""
        self._wake.set()

    def forget(self, view: View) -> None:
        """Drop waiting plain messages of slots that are not in `view` any more."""
        slots = {name: tuple(name.split("|")) for name in self.pending}
        # Which balance is the default account's is not known here: one that waits was wanted.
        self.pending = {name: text for name, text in self.pending.items() if view.wants(slots[name], slots[name])}

    def say(self, text: str) -> None:
        """Send a message that is no frame, before any frame. A socket that lets them pile up is closed."""
        if len(self.control) >= CONTROL:
            self.end(Close.TOO_SLOW, "answers are not being read")
            return
        self.control.append(text)
        self.wake()

    def end(self, code: Close, reason: str) -> None:
        """Ask for this socket to be closed; the first reason counts."""
        if not self.gone.done():
            self.gone.set_result(Gone(code, reason))

    @property
    def idle(self) -> bool:
        """Whether a live frame can be handed to it now."""
        return self.joined and not self.behind and not self.asked and self.ready is None and self.sending_since is None

    def missed(self, epoch: str, sent: dict[str, int]) -> bool:
        """Whether the board went on to another epoch, or its view was `sent` a frame that never came here."""
        stands = self.ready[0] if self.ready else self.seq
        return self.view is not None and (self.epoch != epoch or stands < sent.get(self.view.key, 0))

    async def write(self, catch_up: Callable[["Socket"], None]) -> None:
        """Send what there is to send until the client is gone; asks for a catch-up when behind and free to take it."""
        with contextlib.suppress(OSError):  # what an ASGI server raises when the client left
            while True:
                await self._wake.wait()
                self._wake.clear()
                while (text := self._next()) is not None:
                    self.sending_since = asyncio.get_running_loop().time()
                    await self._send(text)
                    self.sending_since = None
                if self.behind and not self.asked:
                    catch_up(self)

    def _next(self) -> str | None:
        if self.control:
            return self.control.pop(0)
        if self.ready is not None:
            (self.seq, text), self.ready = self.ready, None
            self.had = None
            self.frames += 1
            return text
        if self.pending:
            return self.pending.pop(next(iter(self.pending)))
        return None
