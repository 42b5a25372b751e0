"""One person's stream manager: holds their links open, and puts what they say on the board.

It does not know who watches (the host does), nor any venue's name.
"""

import asyncio
import datetime
import logging
import uuid
from collections.abc import Callable, Sequence

from msgspec import UNSET

from brokers import backoff
from brokers.contract import Broker, Wanted, Watch
from brokers.errors import BrokerError, CredentialsRejected, LinkLost
from brokers.events import Event, Link
from streaming import link as machine
from streaming.board import Board
from streaming.clock import now_ms
from streaming.link import Signal, State
from streaming.links import LinkInfo, Links
from streaming.tasks import Tasks

logger = logging.getLogger(__name__)

Tap = Callable[[int, Event], None]
"""Sees every event of a person before it is conflated. Synchronous, quick, never raises."""


class LinkRunner:
    """One link of one person: runs its broker, waits and retries, and tells the board how it fares."""

    def __init__(self, manager: "UserStreamManager", info: LinkInfo) -> None:
        self.manager = manager
        self.info = info
        self.id = str(info.id)
        self.watch = Watch()
        self.state = State.IDLE
        self.reconnects = 0
        self.refreshes = 0
        self._broker: Broker | None = None
        self._live_since: float | None = None

    def __repr__(self) -> str:
        return f"<LinkRunner person={self.manager.person} {self.info.venue} {self.state} {self.watch}>"

    async def run(self) -> None:
        """Hold the link open until it is refused or this task is cancelled."""
        waits = self.manager.waits()
        try:
            while self.state is not State.REFUSED:
                self._signal(Signal.WANTED, retry_at=None)
                waits = await self._once(waits)
        finally:
            await asyncio.shield(self._close())

    async def _once(self, waits: backoff.Delays) -> backoff.Delays:
        """Run the broker until it breaks, then sit out the next delay. Returns the delays to go on with."""
        self._live_since = None
        try:
            if self._broker is None:
                self._broker = await self.manager.links.broker(self.info)
            await self._broker.run(self.watch, self.receive)
            raise AssertionError("a broker's run() returned")
        except CredentialsRejected as error:
            logger.warning("%r: credentials rejected: %s", self, error.reason)
            self._signal(Signal.REJECTED, reason=error.reason, retry_at=None)
            return waits
        except LinkLost as error:
            logger.info("%r: lost: %s", self, error.reason)
            reason, least = error.reason, error.retry_after or 0.0
            if self._live_since is None:
                await self._close()  # the venue may live elsewhere by now; the next try looks its address up again
        except BrokerError as error:
            logger.warning("%r: %s", self, error)
            self._signal(Signal.REJECTED, reason=str(error), retry_at=None)
            return waits
        except Exception:
            logger.exception("%r: its broker failed unexpectedly", self)
            reason, least = "internal error", 0.0
            await self._close()
        if self._live_for() >= backoff.HEALTHY_S:
            waits = self.manager.waits()
        wait = max(next(waits), least)
        self.reconnects += 1
        self._signal(Signal.LOST, reason=reason, retry_at=now_ms() + int(wait * 1000))
        await asyncio.sleep(wait)
        return waits

    def _live_for(self) -> float:
        """Seconds since this run turned live; 0 when it never did."""
        return 0.0 if self._live_since is None else asyncio.get_running_loop().time() - self._live_since

    def receive(self, event: Event) -> None:
        """Take one event of this link's broker. Never blocks, never raises."""
        if isinstance(event, Link):
            self._hear(event)
        else:
            self.manager.receive(event, self.id)

    def _hear(self, event: Link) -> None:
        """Take the adapter's word about its link; what it says of the state goes through the table."""
        if event.refreshed_at is not UNSET and event.refreshed_at is not None:
            self.refreshes += 1
            logger.info("Refreshed OAuth session for user %s", self.manager.person)
            self.manager.note_refresh(self.info.id, event.refreshed_at)
            event = _with(event, refreshes=self.refreshes)
        if event.state is UNSET:
            self.manager.receive(event, self.id)
            return
        signal = machine.ADAPTER_SIGNALS[event.state]
        if signal is Signal.UP and self.state is State.WAITING:
            self.reconnects += 1  # one stream dropped and the adapter repaired it
        if signal is Signal.UP and self._live_since is None:
            self._live_since = asyncio.get_running_loop().time()
        self._signal(signal, event)

    def _signal(self, signal: Signal, event: Link | None = None, **fields: object) -> None:
        """Step the machine, and put the new state with whatever else is known on the board."""
        before, self.state = self.state, machine.step(self.state, signal)
        event = event or Link(link=self.id)
        told: dict[str, object] = {"state": self.state.value, "reconnects": self.reconnects, **fields}
        if self.state is not before:
            told["since"] = now_ms()
        if self.state is State.LIVE:
            told |= {"reason": None, "retry_at": None}
        event = _with(event, **told)
        self.manager.receive(event, self.id)
        if self.state is not before:
            self.manager.note_state(self, event)

    def relinked(self, info: LinkInfo) -> None:
        """Take new credentials; the next run uses them."""
        self.info = info
        self._signal(Signal.RELINKED, label=info.label, reason=None, retry_at=None)

    async def _close(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await broker.close()

    def introduce(self) -> None:
        """Put what is known of the link before it ran on the board."""
        info = self.info
        if info.state == State.REFUSED.value:
            self.state = State.REFUSED
        self.manager.receive(
            Link(
                link=self.id,
                venue=info.venue,
                environment=info.environment,
                label=info.label,
                state=self.state.value,
                since=now_ms(),
            ),
            self.id,
        )


def _with(event: Link, **fields: object) -> Link:
    """Return `event` with `fields` added."""
    known = {name: getattr(event, name) for name in event.__struct_fields__}
    return Link(**(known | fields))


class UserStreamManager:
    """The streams of one person, in one epoch. `changed` is called when the board turned dirty."""

    def __init__(
        self,
        person: int,
        epoch: str,
        links: Links,
        changed: Callable[["UserStreamManager"], None],
        taps: Sequence[Tap] = (),
        waits: Callable[[], backoff.Delays] = backoff.delays,
    ) -> None:
        self.person = person
        self.links = links
        self.board = Board(epoch)
        self.runners: dict[uuid.UUID, LinkRunner] = {}
        self.wanted = Wanted()
        self.events = 0
        self.waits = waits
        self._changed = changed
        self._taps = taps
        self._tasks = Tasks(f"manager {person}")
        self._running: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._reload = asyncio.Event()
        self._reload.set()
        self._unwritten: dict[uuid.UUID, tuple[LinkInfo, str, str, bool | None]] = {}
        self._refreshed: dict[uuid.UUID, int] = {}
        self._write = asyncio.Event()

    def __repr__(self) -> str:
        return f"<UserStreamManager person={self.person} {len(self.runners)} links {self.board!r}>"

    def start(self) -> None:
        """Begin: read the links and hold them open."""
        self._tasks.supervise(self._follow_links, "links")
        self._tasks.supervise(self._write_states, "states")

    async def stop(self) -> None:
        """Close every venue connection and write what is left to write."""
        await self._tasks.cancel()
        for runner in self.runners.values():
            self._unwritten[runner.info.id] = (runner.info, machine.step(runner.state, Signal.UNWANTED).value, "", None)
        await self._write_pending()

    def receive(self, event: Event, origin: str) -> None:
        """Take one event: taps see it, the board keeps it."""
        self.events += 1
        for tap in self._taps:
            tap(self.person, event)
        self.board.apply(event, origin, now_ms())
        self._tell()

    def _tell(self) -> None:
        if self.board.dirty:
            self._changed(self)

    def want(self, wanted: Wanted) -> None:
        """Say what the feed must bring. Symbols nobody wants any more leave the board: they would only grow old."""
        gone = {
            "quote": self.wanted.quotes - wanted.quotes,
            "day": self.wanted.quotes - wanted.quotes,
            "profile": self.wanted.quotes - wanted.quotes,
            "greeks": self.wanted.greeks - wanted.greeks,
            "underlying": self.wanted.underlyings - wanted.underlyings,
        }
        self.wanted = wanted
        for kind, symbols in gone.items():
            for symbol in symbols:
                self.board.drop((kind, symbol), now_ms())
        self._route()
        self._tell()

    def links_changed(self) -> None:
        """Read the links again: one was added, re-linked or removed."""
        self._reload.set()

    def _route(self) -> None:
        """Give the whole watch to the first link that is not refused; the others stream their accounts only."""
        wanted = self.wanted
        for runner in self.runners.values():
            if runner.state is State.REFUSED:
                runner.watch.want(Wanted())
            else:
                runner.watch.want(wanted)
                wanted = Wanted()

    async def _follow_links(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            found = {link.id: link for link in await self.links.of(self.person)}
            for id_, runner in list(self.runners.items()):
                if (link := found.get(id_)) is None:
                    await self._remove(runner)
                elif link.revision != runner.info.revision:
                    await self._halt(runner)
                    runner.relinked(link)
            self._begin(found)

    def _begin(self, found: dict[uuid.UUID, LinkInfo]) -> None:
        """Start the links that do not run yet, keep the others, all in the order of `found`."""
        known, self.runners = self.runners, {}
        for id_, link in found.items():
            runner = self.runners[id_] = known.get(id_) or LinkRunner(self, link)
            runner.info = link
            if id_ not in known:
                runner.introduce()
        self._choose_primary()
        self._route()
        for id_, runner in self.runners.items():
            if id_ not in self._running and runner.state is not State.REFUSED:
                self._running[id_] = self._tasks.start(runner.run(), f"link {id_}")

    async def _halt(self, runner: LinkRunner) -> None:
        task = self._running.pop(runner.info.id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _remove(self, runner: LinkRunner) -> None:
        await self._halt(runner)
        del self.runners[runner.info.id]
        self._forget(runner.id)

    def _forget(self, link: str) -> None:
        """Take everything that came by `link` off the board."""
        for kind in ("balance", "position", "link", "quote", "day", "profile", "greeks", "underlying"):
            for slot in list(self.board.slots(kind)):
                item = self.board.whole(slot)
                if item is not None and item.get("link") == link:
                    self.board.drop(slot, now_ms())
        self._tell()

    def _choose_primary(self) -> None:
        primary = next(
            (("balance", runner.id, runner.info.default_account) for runner in self.runners.values()),
            None,
        )
        if primary != self.board.primary:
            self.board.primary = primary
            if primary is not None:
                self.board.touch(primary)
                self._tell()

    def note_state(self, runner: LinkRunner, event: Link) -> None:
        """A link's state changed: write it down, and let another link take the feed if this one is refused."""
        delayed = event.delayed if isinstance(event.delayed, bool) else None
        reason = event.reason if isinstance(event.reason, str) else ""
        self._unwritten[runner.info.id] = (runner.info, runner.state.value, reason, delayed)
        self._write.set()
        if runner.state is State.REFUSED:
            self._route()

    def note_refresh(self, link: uuid.UUID, at: int) -> None:
        """An access token was refreshed at `at` (ms): write it down."""
        self._refreshed[link] = at
        self._write.set()

    async def _write_states(self) -> None:
        while True:
            await self._write.wait()
            self._write.clear()
            await self._write_pending()

    async def _write_pending(self) -> None:
        """Write the newest state of each link; older ones that were not written yet are of no use to anybody."""
        while self._unwritten:
            _, (info, state, reason, delayed) = self._unwritten.popitem()
            await self.links.record(info, state, reason, delayed)
        while self._refreshed:
            link, at = self._refreshed.popitem()
            await self.links.refreshed(link, datetime.datetime.fromtimestamp(at / 1000, datetime.UTC))
