"""One person's stream manager: holds their links open, and puts what they say on the board.

It does not know who watches (the host does), nor any venue's name.
"""

import asyncio
import datetime
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Broker, Credentials, Demand, Guard
from brokers.contract.errors import NotOwner
from brokers.contract.events import Event, Link, Slot
from brokers.contract.reports import Report
from lib import backoff
from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.board.board import Board
from streaming.bus.messages import ListAdvance
from streaming.facts import Entry, Fact, to_entry
from streaming.feeds.allowance import FeedAllowances
from streaming.feeds.divergence import FRACTION
from streaming.feeds.router import FeedRouter
from streaming.ledger.ledger import Ledger
from streaming.ledger.recorder import Recorder
from streaming.links import state
from streaming.links.runner import LinkRunner
from streaming.links.state import LinkState, Signal
from streaming.links.store import Links
from streaming.manager.extensions import Announce, Begin, Extension, Extensions, Found, RpcHandler, unheard
from streaming.manager.outbox import Outbox
from streaming.manager.pending_writes import Unsaved
from streaming.manager.status_writer import LinkStatusWriter
from streaming.telemetry.counters import Kind, LinkCounts, add_links
from streaming.wire.subscription import union

logger = logging.getLogger(__name__)

Tap = Callable[[int, Event], None]
"""Sees every event that a person's board takes before it is conflated. Synchronous, quick, never raises."""


async def _made(opening: Mapping[str, "asyncio.Future[Broker | None]"]) -> dict[str, Broker]:
    """Return the brokers that are made once there is one, or all links are refused, in the order given."""
    waiting = {*opening.values()}
    while waiting:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if made := {id_: broker for id_, one in opening.items() if one.done() and (broker := one.result()) is not None}:
            return made
    return {}


def _nobodys(deadline: int | None = None) -> None:
    raise NotOwner("nobody owns this person yet")


class UserStreamManager:
    """The streams of one person, in one epoch. It is theirs to run once it was told so by `own`.

    `changed` is called when the board turned dirty, `fenced` when somebody else owns the person.
    """

    def __init__(
        self,
        person: int,
        links: Links,
        ledger: Ledger,
        changed: Callable[["UserStreamManager"], None],
        fenced: Callable[["UserStreamManager"], None],
        taps: Sequence[Tap] = (),
        waits: Callable[[], backoff.Delays] = backoff.delays,
        divergence: float = FRACTION,
        companions: Sequence[Begin] = (),
        announce: Announce = unheard,
    ) -> None:
        self.person = person
        self.announce = announce
        self.links = links
        self.board = Board("")
        self.ledger = ledger
        self.guard: Guard = _nobodys
        self.recorder = Recorder(person, ledger, self.board, self._report_links, lambda: fenced(self))
        self.runners: dict[uuid.UUID, LinkRunner] = {}
        self.outbox = Outbox(self.recorder)
        self.feeding = FeedRouter(self.board, self._report_links, self.outbox.publish, divergence)
        self.allowances = FeedAllowances()
        self.past: dict[Kind, LinkCounts] = {}
        """What links that were removed went through."""
        self.worked_out = 0
        """Events that companions put on the board."""
        self.lists: frozenset[str] = frozenset()
        """The lists that those who look read."""
        self.insighted: frozenset[str] = frozenset()
        """The symbols whose features and regime somebody looks at now, or a companion does."""
        self._viewed_insights: frozenset[str] = frozenset()
        self.feeds = False
        """Whether the links could be read: until then nothing can be said of what the board lacks."""
        self.waits = waits
        self._changed = changed
        self._taps = taps
        self._tasks = Tasks(f"manager {person}")
        self._running: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._known = asyncio.Event()
        """Set once the links were read."""
        self._reload = asyncio.Event()
        self._reload.set()
        self._logbook = LinkStatusWriter(links)
        self._shown = Demand()
        self._companions = Extensions(self, companions)
        self._comparing = False

    def __repr__(self) -> str:
        return f"<UserStreamManager person={self.person} {len(self.runners)} links {self.board!r}>"

    def own(
        self,
        epoch: int,
        boot: str,
        head: int,
        newest: Sequence[Fact],
        cursors: dict[str, dict[str, str]],
        guard: Guard,
    ) -> None:
        """Know that the person is owned in `epoch` by the process `boot`, and has `head` facts; `newest` first.

        `cursors` are those stored, by link; `guard` is asked before anything is done at a venue.
        """
        self.guard = guard
        self.board.epoch = f"{epoch}-{boot}"
        self.board.head = head
        self.outbox.start(newest, cursors)
        self.recorder.epoch = epoch

    def resume(self, entries: Sequence[Entry]) -> None:
        """Begin with what the person's former manager here could not store."""
        self.recorder.resume(entries)
        self.outbox.resume(entries)

    def start(self) -> None:
        """Begin: read the links and hold them open."""
        self._companions.start(self._tasks)
        self._tasks.supervise(self.recorder.run, "facts")
        self._tasks.supervise(self._follow_links, "links")
        self._tasks.supervise(self._logbook.run, "states")
        self._tasks.supervise(self.outbox.run, "notices")

    async def stop(self, *, lost: bool = False) -> None:
        """Close every venue connection, then store and write what is left.

        `lost`: somebody else may own the person by now, and it is for them to say how the links fare.
        """
        await self._tasks.cancel()
        await self.recorder.flush(self.outbox.rest())
        if lost:
            self._logbook.forget_states()
        for runner in self.runners.values() if not lost else ():
            if runner.state is not LinkState.REFUSED:  # that, and why, is written already and stays true
                self._logbook.note_state(runner.info, state.step(runner.state, Signal.UNWANTED).value)
        try:
            await self._logbook.write(lost=lost)
        except Exception as error:  # noqa: BLE001 (whatever it is, what is left is for others to keep)
            logger.warning("%r: not all could be written of its links: %s", self, type(error).__name__)

    def left(self) -> Unsaved:
        """Return what could not be written, once `stop` has ended or was cut short."""
        return Unsaved(self.recorder.left(self.outbox.rest()), self._logbook.unwritten)

    def receive(self, event: Event, origin: str) -> None:
        """Take one event: taps see it, the board keeps it. What comes by two links is shown by one of them.

        What happened goes to the ledger first, which makes it known.
        """
        if isinstance(event, Report):
            self._happened(event)
            return
        if self.feeding.several and not self.feeding.admit(event, origin):
            return
        for tap in self._taps:
            tap(self.person, event)
        board = self.board
        rested = not board.dirty
        board.apply(event, origin)
        if rested and board.dirty:
            self._changed(self)
        self._companions.show(event, origin)

    def _happened(self, event: Report) -> None:
        self._companions.show(event, event.link)
        try:
            entry = to_entry(event, now_ms())
        except ValueError:
            logger.exception("%r: what link %s told cannot be stored", self, event.link)
            return
        self.outbox.publish(entry)

    def cursors_of(self, link: str) -> dict[str, str]:
        """Return what the adapter of `link` wants to be told again."""
        return self.outbox.cursors_of(link)

    def _report_links(self) -> None:
        if self.board.dirty:
            self._changed(self)

    def put(self, event: Event) -> None:
        """Put what a companion worked out on the board."""
        self.worked_out += 1
        self.board.apply(event, "")
        self._report_links()

    def publish(self, entry: Entry) -> None:
        """Have `entry` stored and announced, after those before it. Never blocks."""
        self.outbox.publish(entry)

    async def stored(self) -> None:
        """Wait until everything is stored and announced that happened, or was told, before."""
        await self.outbox.stored()

    @property
    def finders(self) -> dict[str, RpcHandler]:
        """What its companions answer, by the name of the question."""
        return self._companions.finders

    async def record(self, entry: Entry) -> None:
        """Store something that happened, then announce it. Returns when it is taken: its order is settled.

        Raises FencedError when somebody else owns the person.
        """
        await self.recorder.record(entry)

    async def watch_until(self, until: datetime.datetime) -> None:
        """Have the person watched until then (aware) although no socket shows them: an order works, a rule waits.

        It outlives this process. Whoever has a reason says so again before it is over. Raises AwayError.
        """
        await self.ledger.watch_until(self.person, until)

    def set_demand(self, wanted: Demand) -> None:
        """Say what those who look want. What nobody wants any more would only grow old: it leaves the board soon."""
        self._shown = wanted
        self._pass_demand()

    def set_insighted(self, symbols: frozenset[str]) -> None:
        """Say of which symbols features and regime are looked at; nobody works out those of others."""
        self._viewed_insights = symbols
        self._pass_insighted()

    def want_insights(self, companion: Extension, symbols: frozenset[str]) -> None:
        """Have features and regime of these symbols worked out, whoever looks."""
        self._companions.set_insights(companion, symbols)
        self._pass_insighted()

    def _pass_insighted(self) -> None:
        symbols = self._viewed_insights | self._companions.insights
        if symbols != self.insighted:
            self.insighted = symbols
            self._companions.insight_demand_changed()

    def want_for(self, companion: Extension, wanted: Demand) -> None:
        """Say what a companion wants, whoever looks."""
        if self._companions.set_demand(companion, wanted):
            self._pass_demand()

    def companion(self, kind: type[Found]) -> Found | None:
        """Return the companion of a kind; None where none runs."""
        return self._companions.find(kind)

    def show_to(self, companion: Extension, kinds: frozenset[type[Event]]) -> None:
        """Show a companion events of these types from now on, and no others."""
        self._companions.show_to(companion, kinds)

    def hear_list(self, companion: Extension, topic: str, *, is_heard: bool) -> None:
        """Have a companion hear from now on when a list of the person grows, or no more."""
        self._companions.hear_list(companion, topic, is_heard=is_heard)

    def list_advanced(self, message: ListAdvance) -> None:
        """Say that a list grew which the person reads."""
        self._companions.list_advanced(message)

    def _pass_demand(self) -> None:
        grace = self.feeding.set_demand(union([self._shown, *self._companions.demands]))
        if grace is not None:
            self._tasks.start(self._let_go(grace), "farewell")

    async def _let_go(self, grace: float) -> None:
        """Take what was left off the board, but not what somebody wants again: its feed may never have ended."""
        await asyncio.sleep(grace)
        self.drop(self.feeding.release_expired(asyncio.get_running_loop().time()))

    def drop(self, slots: Iterable[Slot]) -> None:
        """Take `slots` off the board."""
        for slot in slots:
            self.board.drop(slot)
        self._report_links()

    def holdings(self, link: str) -> set[Slot]:
        """Return the slots of the balances and positions that came by `link`."""
        return {slot for kind in ("balance", "position") for slot in self.board.slots(kind) if slot[1] == link}

    @property
    def demand(self) -> Demand:
        """What the feed must bring."""
        return self.feeding.demand

    @property
    def deaths(self) -> int:
        """How many of its tasks died of an error, and began again."""
        return self._tasks.deaths

    def counts(self) -> dict[Kind, LinkCounts]:
        """Return what all links of this manager went through, the removed ones too."""
        counts: dict[Kind, LinkCounts] = {}
        add_links(counts, self.past.items())
        add_links(counts, ((runner.kind, runner.counts) for runner in self.runners.values()))
        return counts

    def links_changed(self) -> None:
        """Read the links again: one was added, re-linked or removed, and that is in the ledger."""
        self._reload.set()
        self.recorder.request_lookup()
        self._companions.settings_changed()

    def shows(self, link: str) -> bool:
        """Whether the person sees market data of this link."""
        return any(runner.id == link for runner in self.feeding.ranked)

    async def sources(self, preferred: str | None = None) -> dict[str, Broker]:
        """Return the brokers of the links whose data the person sees, the most preferred first, or a certain one.

        They are by link. It waits for links that have not been read, and while there may be a broker soon but is none
        yet.
        """
        await self._known.wait()
        ranked = sorted(self.feeding.ranked, key=lambda runner: runner.id != preferred)
        opening = {runner.id: asyncio.ensure_future(runner.opened()) for runner in ranked}
        try:
            return await _made(opening)
        finally:
            for one in opening.values():
                one.cancel()

    async def _follow_links(self) -> None:
        while True:
            await self._reload.wait()
            await self._follow(await self._read_links())

    async def _follow(self, found: dict[uuid.UUID, LinkInfo]) -> None:
        """Run the links in `found`, as they are now, and no others."""
        for id_, runner in list(self.runners.items()):
            if (link := found.get(id_)) is None:
                await self._remove(runner)
            elif link.revision != runner.info.revision:
                await self._halt(runner)
                runner.relinked(link)
        self._start_links(found)

    async def _read_links(self) -> dict[uuid.UUID, LinkInfo]:
        """Read the links; when that fails they are still to be read."""
        self._reload.clear()
        try:
            found = {link.id: link for link in await self.links.of(self.person)}
        except Exception:
            self._reload.set()
            raise
        self.feeds = True
        return found

    def _start_links(self, found: dict[uuid.UUID, LinkInfo]) -> None:
        """Start the links that do not run yet, keep the others, all in the order of `found`."""
        known, self.runners = self.runners, {}
        for id_, link in found.items():
            runner = self.runners[id_] = known.get(id_) or LinkRunner(self, link)
            runner.info = link
            if id_ not in known:
                runner.introduce()
        self._known.set()
        self._choose_primary()
        self.feeding.arrange(self.runners.values())
        if self.feeding.several and not self._comparing:
            self._comparing = True
            self._tasks.supervise(self.feeding.run, "sources")
        for id_, runner in self.runners.items():
            if id_ not in self._running and runner.state is not LinkState.REFUSED:
                self._running[id_] = self._tasks.start(runner.run(), f"link {id_}")

    async def _halt(self, runner: LinkRunner) -> None:
        task = self._running.pop(runner.info.id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _remove(self, runner: LinkRunner) -> None:
        await self._halt(runner)
        del self.runners[runner.info.id]
        add_links(self.past, [(runner.kind, runner.counts)])
        self.outbox.forget(runner.id)
        self._forget(runner.id)

    def _forget(self, link: str) -> None:
        """Take everything that came by `link` off the board."""
        for kind in ("balance", "position", "link", "quote", "day", "profile", "greeks", "underlying", "candle"):
            self.drop(
                slot for slot in list(self.board.slots(kind)) if (self.board.whole(slot) or {}).get("link") == link
            )

    def _choose_primary(self) -> None:
        primary = next(
            (("balance", runner.id, runner.info.default_account) for runner in self.runners.values()),
            None,
        )
        if primary != self.board.primary:
            self.board.primary = primary
            if primary is not None:
                self.board.touch(primary)
                self._report_links()

    def note_link(self, runner: LinkRunner, event: Link) -> None:
        """A link said how it is, which may decide by which one prices come."""
        self.feeding.note(runner, event)

    def note_state(self, runner: LinkRunner, event: Link) -> None:
        """A link's state changed: write it down and tell it."""
        delayed = event.delayed if isinstance(event.delayed, bool) else None
        reason = event.reason if isinstance(event.reason, str) else ""
        self._logbook.note_state(runner.info, runner.state.value, reason, delayed)
        self.outbox.note_state(runner.id, runner.info.label, runner.state, reason)

    def note_refresh(self, link: uuid.UUID, at: int) -> None:
        """An access token was refreshed at `at` (ms): write it down."""
        self._logbook.note_refresh(link, at)

    def note_renewal(self, link: LinkInfo, former: Credentials, credentials: Credentials) -> None:
        """The venue put other credentials in the place of a link's `former` ones, which may be dead: store them."""
        self._logbook.note_renewal(link, former, credentials)
