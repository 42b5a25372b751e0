"""One link of one person: runs its broker, waits and retries, and says how it fares."""

import asyncio
import logging
import typing
import uuid

from msgspec import UNSET

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Broker, Credentials, Guard, Watch
from brokers.contract.errors import BrokerError, CredentialsRejected, LinkLost
from brokers.contract.events import Event, Link, Slot
from brokers.contract.reports import Report
from lib import backoff
from lib.clock import now_ms
from streaming.links import state
from streaming.links.state import LinkState, Signal
from streaming.links.store import Links
from streaming.telemetry.counters import Kind, LinkCounts

logger = logging.getLogger(__name__)

STALE_S = 1.0
"""How long a mute link stays stale at least before it is tried again. Pages are told a few times a second how it is,
and of a shorter time would never know."""


class Manager(typing.Protocol):
    """What a runner needs of the manager it belongs to."""

    person: int
    links: Links
    guard: Guard
    waits: typing.Callable[[], backoff.Delays]

    def receive(self, event: Event, origin: str) -> None:
        """Take one event that came by the link `origin`."""

    def cursors_of(self, link: str) -> dict[str, str]:
        """Return what the adapter of `link` wants to be told again."""

    def holdings(self, link: str) -> set[Slot]:
        """Return the slots of what is held by `link`, as far as it was told."""

    def drop(self, slots: set[Slot]) -> None:
        """Take `slots` off the board."""

    def note_link(self, runner: "LinkRunner", event: Link) -> None:
        """A link said how it is."""

    def note_state(self, runner: "LinkRunner", event: Link) -> None:
        """A link's state changed."""

    def note_refresh(self, link: uuid.UUID, at: int) -> None:
        """An access token was refreshed at `at` (ms)."""

    def note_renewal(self, link: LinkInfo, former: Credentials, credentials: Credentials) -> None:
        """The venue put other credentials in the place of a link's `former` ones."""


class LinkRunner:
    """One link of one person: runs its broker, waits and retries, and tells the board how it fares."""

    def __init__(self, manager: Manager, info: LinkInfo) -> None:
        self.manager = manager
        self.info = info
        self.id = str(info.id)
        self.watch = Watch()
        self.state = LinkState.IDLE
        self.counts = LinkCounts()
        self._bad_rows = 0
        self._broker: Broker | None = None
        self._live_since: float | None = None
        self._unconfirmed: set[Slot] = set()
        self._moved = asyncio.Event()

    def __repr__(self) -> str:
        return f"<LinkRunner person={self.manager.person} {self.info.venue} {self.state} {self.watch}>"

    @property
    def kind(self) -> Kind:
        """What this link has in common with others."""
        return self.info.venue, self.info.environment

    @property
    def broker(self) -> Broker | None:
        """The broker of this link, if there is one; only while it is live does it answer as a rule."""
        return self._broker

    async def opened(self) -> Broker | None:
        """Return the broker, once there is one; None while the link is refused."""
        while self._broker is None and self.state is not LinkState.REFUSED:
            await self._moved.wait()
        return None if self.state is LinkState.REFUSED else self._broker

    def _move(self) -> None:
        """Let those look again who wait for the broker."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def run(self) -> None:
        """Hold the link open until it is refused or this task is cancelled."""
        waits = self.manager.waits()
        try:
            while self.state is not LinkState.REFUSED:
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
                self._broker.renewed, self._broker.guard = self._renewed, self.manager.guard
                self._move()
                self._unconfirmed = self.manager.holdings(self.id)  # a new broker does not know what was told before
            self._broker.cursors = self.manager.cursors_of(self.id)
            await self._broker.run(self.watch, self.receive)
            raise AssertionError("a broker's run() returned")
        except CredentialsRejected as error:
            logger.warning("%r: credentials rejected: %s", self, error.reason)
            self._signal(Signal.REJECTED, reason=error.reason, retry_at=None)
            return waits
        except LinkLost as error:
            logger.info("%r: lost: %s", self, error.reason)
            reason, least = error.reason, max(error.retry_after or 0.0, STALE_S if error.mute else 0.0)
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
        self.counts.reconnects += 1
        self._signal(Signal.LOST, reason=reason, retry_at=now_ms() + int(wait * 1000), limited=least > 0)
        await asyncio.sleep(wait)
        return waits

    def _live_for(self) -> float:
        """Seconds since this run turned live; 0 when it never did."""
        return 0.0 if self._live_since is None else asyncio.get_running_loop().time() - self._live_since

    def receive(self, event: Event) -> None:
        """Take one event of this link's broker. Never blocks, never raises."""
        self.counts.events += 1
        if isinstance(event, Link):
            self._apply(event)
        else:
            if self._unconfirmed and not isinstance(event, Report):
                self._unconfirmed.discard(event.slot)
            self.manager.receive(event, self.id)

    def _renewed(self, former: Credentials, credentials: Credentials) -> None:
        """Take credentials that only this broker knows so far."""
        self.manager.note_renewal(self.info, former, credentials)

    def _apply(self, event: Link) -> None:
        """Take the adapter's word about its link; what it says of the state goes through the table."""
        if event.refreshed_at is not UNSET and event.refreshed_at is not None:
            self.counts.refreshes += 1
            logger.info("Refreshed OAuth session for user %s", self.manager.person)
            self.manager.note_refresh(self.info.id, event.refreshed_at)
            event = _with(event, refreshes=self.counts.refreshes)
        if event.bad_rows is not UNSET:
            self._count_bad_rows(event.bad_rows)
        if event.state is UNSET:
            self._publish(event)
            return
        signal = state.ADAPTER_SIGNALS[event.state]
        if signal is Signal.UP and self.state is LinkState.WAITING:
            self.counts.reconnects += 1  # one stream dropped and the adapter repaired it
        if signal is Signal.UP and self._live_since is None:
            self._live_since = asyncio.get_running_loop().time()
        self._signal(signal, event)
        if signal is Signal.UP:
            gone, self._unconfirmed = self._unconfirmed, set()
            self.manager.drop(gone)

    def _count_bad_rows(self, told: int) -> None:
        """Add up what an adapter counts anew whenever it runs."""
        self.counts.bad_rows += told - self._bad_rows if told >= self._bad_rows else told
        self._bad_rows = told

    def _signal(self, signal: Signal, event: Link | None = None, **fields: object) -> None:
        """Step the machine, and put the new state with whatever else is known on the board."""
        before, self.state = self.state, state.step(self.state, signal)
        event = event or Link(link=self.id)
        told: dict[str, object] = {"state": self.state.value, "reconnects": self.counts.reconnects, **fields}
        if self.state is not before:
            told["since"] = now_ms()
        if self.state is LinkState.LIVE:
            told |= {"reason": None if event.reason is UNSET else event.reason, "retry_at": None}
        event = _with(event, **told)
        self._publish(event)
        if self.state is not before:
            self._move()
            self.manager.note_state(self, event)

    def _publish(self, event: Link) -> None:
        self.manager.receive(event, self.id)
        self.manager.note_link(self, event)

    def relinked(self, info: LinkInfo) -> None:
        """Take new credentials; the next run uses them."""
        self.info = info
        self._signal(Signal.RELINKED, label=info.label, reason=None, retry_at=None)

    async def _close(self) -> None:
        broker, self._broker = self._broker, None
        try:
            if broker is not None:
                await broker.close()
        except Exception:
            logger.exception("%r: its broker could not be closed", self)

    def introduce(self) -> None:
        """Put what is known of the link before it ran on the board."""
        info = self.info
        if info.state == LinkState.REFUSED.value:
            self.state = LinkState.REFUSED
        self.manager.receive(
            Link(
                link=self.id,
                venue=info.venue,
                venue_title=info.venue_title,
                environment=info.environment,
                label=info.label,
                state=self.state.value,
                since=now_ms(),
                reason=info.reason if self.state is LinkState.REFUSED else None,
            ),
            self.id,
        )


def _with(event: Link, **fields: object) -> Link:
    """Return `event` with `fields` added."""
    known = {name: getattr(event, name) for name in event.__struct_fields__}
    return Link(**(known | fields))
