"""One client's connection as the hub sees it, whatever carries it.

A socket is (view, cursor, frames under way). There is no queue of frames: one that cannot take a live frame is
behind, and asks for everything since its cursor once it can.
"""

import asyncio
import typing
from collections.abc import AsyncGenerator, Callable

from accounts.auth.access import Access
from streaming.sockets.credit import Credit
from streaming.sockets.list_reader import ListReader
from streaming.telemetry.counters import Carrier, CounterSample, Traffic
from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription

TOLD_S = 0.5
"""Whoever was sent something so recently (s) needs no beat."""
CONTROL = 256
"""Messages that are no frames, waiting for one socket; at the bound it is closed."""


class CloseReason(typing.NamedTuple):
    """Why a socket ends."""

    code: Close
    reason: str


class SocketClient(typing.Protocol):
    """Somebody who is shown something: by what they came in, and since when (s, monotonic) a text is on its way."""

    access: Access
    sending_since: float | None

    def close(self, code: Close, reason: str) -> None:
        """Ask for them to be sent away."""


class Frame(typing.NamedTuple):
    """A ready frame, and where a client stands that took it."""

    seq: int
    fact: int
    updates: int
    text: str


class Socket:
    """What one client sees, where it stands, and what waits to be sent.

    `seq` is the last flush it was sent, in `epoch`, and `fact` the newest fact it was told; None is the head. With
    `credit` its client acknowledges frames. A `polled` one answers a single question: it is not greeted, nor sent a
    frame without news. `gone` is resolved when it must end.
    """

    __slots__ = (  # an idle one is to cost little
        "_awake", "_sleeper", "_writing", "access", "asked", "asked_at", "beats", "behind", "carrier", "control",
        "credit", "entered_at", "epoch", "fact", "fed_at", "gone", "had", "heartbeat_at", "joined", "pending", "person",
        "polled", "quiet", "reader", "ready", "recovered", "sample", "sending_since", "sent", "sent_at", "seq",
        "view", "waiting",
    )  # fmt: skip

    def __init__(
        self, access: Access, credit: Credit | None = None, *, polled: bool = False, carrier: Carrier = "frames"
    ) -> None:
        self.person = access.person
        self.access = access
        self.credit = credit
        self.polled = polled
        self.beats = not polled
        """Whether its client is told that its owner lives."""
        self.carrier = carrier
        self.view: Subscription | None = None
        self.had: Subscription | None = None
        self.epoch = ""
        self.seq = 0
        self.fact: int | None = None
        self.recovered = False
        self.entered_at = 0.0
        self.joined = False
        self.behind = False
        self.asked = 0
        self.asked_at = 0.0
        self.control: list[str] = []
        self.ready: Frame | None = None
        self.pending: dict[str, str] = {}
        self.sending_since: float | None = None
        self.sent_at: float | None = None
        """When the last text went out, in s, monotonic."""
        self.heartbeat_at = 0.0
        self.fed_at = 0.0
        """When its board was last heard of, but for catch-ups that are not answered, in s, monotonic."""
        self.waiting = False
        self.sent = Traffic()
        self.sample: CounterSample | None = None
        """An update on its way here whose delay is measured."""
        self._writing: CounterSample | None = None
        self.reader: ListReader | None = None
        """Its place in the list that its view names."""
        self.gone: asyncio.Future[CloseReason] = asyncio.get_running_loop().create_future()
        self.quiet: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Resolved when a polled one was told that there is no news yet."""
        self._awake = False
        self._sleeper: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Socket person={self.person} {self.cursor} {'behind' if self.behind else 'level'}>"

    @property
    def cursor(self) -> str:
        """Where its client stands once it has what was sent last."""
        position = self.reader.position if self.reader is not None else None
        return frames.cursor(self.epoch, self.seq, self.fact or 0, position)

    @property
    def dialect(self) -> str:
        """The dialect of its view: frames or plain."""
        return self.view.dialect if self.view is not None else "frames"

    def wake(self) -> None:
        """Let the writer look again."""
        self._awake = True
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    async def _woken(self) -> None:
        """Wait until there may be something to do. An Event would do, at 700 bytes more."""
        if not self._awake:
            self._sleeper = asyncio.get_running_loop().create_future()
            await self._sleeper
        self._awake = False

    def forget(self, view: Subscription) -> None:
        """Drop waiting plain messages of slots that are not in `view` any more."""
        slots = {name: tuple(name.split("|")) for name in self.pending}
        # Which balance is the default account's is not known here: one that waits was wanted.
        self.pending = {
            name: text
            for name, text in self.pending.items()
            if slots[name][0] == frames.FACT or view.wants(slots[name], slots[name])
        }

    def send_text(self, text: str) -> None:
        """Send a message that is no frame, before any frame. A socket that lets them pile up is closed."""
        if len(self.control) >= CONTROL:
            self.close(Close.TOO_SLOW, "answers are not being read")
            return
        self.control.append(text)
        self.wake()

    def beat(self, text: str, now: float) -> None:
        """Tell that the owner lives, unless its client was just told something, or does not take what it is told."""
        busy = self.sending_since is not None or self.ready is not None or self.control
        if self.beats and not busy and now - (self.sent_at or 0.0) > TOLD_S:
            self.send_text(text)

    def begin_epoch(self, epoch: str) -> None:
        """Go on with a board of another life, whose numbers say nothing about the former's."""
        if epoch != self.epoch and self.credit is not None:
            self.credit.begin_epoch()
        self.epoch = epoch

    def acknowledge(self, seq: int) -> bool:
        """Take it that the client has every frame up to `seq`. Returns whether that was news."""
        if self.credit is None or not self.credit.acknowledged(seq):
            return False
        if self.behind:
            self.wake()
        return True

    def close(self, code: Close, reason: str) -> None:
        """Ask for this socket to be closed; the first reason counts."""
        if not self.gone.done():
            self.gone.set_result(CloseReason(code, reason))

    @property
    def clients(self) -> "tuple[SocketClient, ...]":
        """Who sees what it shows."""
        return (self,)

    @property
    def free(self) -> bool:
        """Whether its client has room for another frame."""
        return self.credit is None or not self.credit.spent

    @property
    def follows(self) -> bool:
        """Whether it has what its board told last, or would have it if its client took anything now."""
        return not self.asked and (not self.behind or not self.free)

    @property
    def idle(self) -> bool:
        """Whether a live frame can be handed to it now."""
        return (
            self.joined
            and not self.behind
            and not self.asked
            and self.ready is None
            and self.sending_since is None
            and self.free
        )

    def lost_before(self, prev: int) -> bool:
        """Whether the frame that goes on from `prev` has a predecessor that never came here."""
        return not self.behind and (self.seq if self.ready is None else self.ready.seq) < prev

    def missed(self, epoch: str, sent: dict[str, tuple[int, int]]) -> bool:
        """Whether the board went on to another epoch, or its view was `sent` a frame that never came here."""
        if self.view is None:
            return False
        if self.epoch != epoch:
            return True
        seq, fact = sent.get(self.view.key, (0, 0))
        if self.ready is not None:
            return self.ready.seq < seq or self.ready.fact < fact
        return self.seq < seq or (self.fact or 0) < fact

    async def texts(self, catch_up: Callable[["Socket"], None]) -> AsyncGenerator[str, None]:
        """Yield what is to be sent, one text after the other; asks for a catch-up when behind and free to take it.

        From one text to the next it counts as being sent.
        """
        loop = asyncio.get_running_loop()
        while True:
            await self._woken()
            now = loop.time()
            while (text := self._next(now)) is not None:
                self.sending_since = self.sent_at = now
                self.sent.characters += len(text)
                yield text
                self.sending_since = None
                now = loop.time()
                if self._writing is not None:
                    self.written()
            if self.behind and not self.asked and self.free:
                catch_up(self)
            if self.reader is not None:
                self.reader.read_on()

    def written(self) -> None:
        """Note that the last text went out, if an update in it is followed."""
        if self._writing is not None:
            self._writing.written(self.carrier)
            self._writing = None

    def _next(self, now: float) -> str | None:
        if self.control:
            return self.control.pop(0)
        if self.ready is not None:
            (self.seq, self.fact, updates, text), self.ready = self.ready, None
            self.had = None
            self._count(updates)
            if self.credit is not None:
                self.credit.sent(self.seq, len(text), now)
            return text
        if self.pending:
            self._count(1)
            return self.pending.pop(next(iter(self.pending)))
        return self.reader.next_text() if self.reader is not None else None

    def _count(self, updates: int) -> None:
        """Count a text with news that is sent next; if an update in it is followed, its delay ends with this text."""
        sent = self.sent
        sent.frames += 1
        sent.updates += updates
        if self.sample is not None:
            self._writing, self.sample = self.sample, None
