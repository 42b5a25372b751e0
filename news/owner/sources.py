"""The sources of one list: runs those that there are, begins and ends them as they come and go."""

import asyncio
import collections
import logging
import weakref
from collections.abc import Callable, Sequence

import msgspec

from lib.clock import now_ms
from lib.tasks import Tasks
from news.owner.counts import States, counts
from news.owner.runner import SourceRunner, SourceSpec, StoryMemory, fold
from news.store.desk_stories import DeskStories, desk_version
from news.store.wire import sources_note
from news.store.writer import DESK, Growth, Term, store_statuses
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import FencedError, Ledger, LedgerError

logger = logging.getLogger(__name__)

TOPIC = "news"
ALIVE_S = 5.0
"""How often it is said when each source was heard last, though no state changed."""
STATES_S = 1.0
"""How soon after one announcement of the sources' states the next one follows."""

Publish = Callable[[ListAdvance], None]

_DESK_STORIES: "weakref.WeakKeyDictionary[Ledger, DeskStories]" = weakref.WeakKeyDictionary()
"""What each ledger knows of the desk's stories: read once a process, for all the people it owns."""


class Sources:
    """Runs the sources of the list `term` is of, until somebody else writes it. `lost` is set then."""

    def __init__(self, term: Term, ledger: Ledger, publish: Publish) -> None:
        self.term = term
        self.lost = asyncio.Event()
        self._ledger = ledger
        self._publish = publish
        self._tasks = Tasks(f"news of {term.owner or 'the desk'}")
        self._runners: dict[tuple[str, str], tuple[SourceRunner, asyncio.Task[None]]] = {}
        self._states_due = asyncio.Event()
        self._version = 0
        self._stories = StoryMemory(_desk_stories(ledger) if term.owner != DESK else None)
        self._told_at = 0
        """When the sources' states were announced last, in ms."""

    def __repr__(self) -> str:
        return f"<Sources of {self.term.owner or 'the desk'} {len(self._runners)} running>"

    @property
    def states(self) -> States:
        """How many run of each kind and state."""
        statuses = (runner.record.status for runner, _ in self._runners.values())
        return collections.Counter((status.kind, status.state) for status in statuses)

    def start(self, version: int) -> None:
        """Begin; the list stands at `version`."""
        self._version = version
        counts.running.add(self)
        self._tasks.supervise(self._announce_states, "states")

    def follow(self, wanted: Sequence[SourceSpec]) -> None:
        """Run these sources, and no others. Those that are gone took their items with them."""
        by_key = {spec.key: spec for spec in wanted}
        ids = {spec.origin.source for spec in wanted}
        if any(runner.spec.origin.source not in ids for runner, _ in self._runners.values()):
            self.forget_stories()
        for key in [key for key in self._runners if key not in by_key]:
            self._runners.pop(key)[1].cancel()
            self._states_due.set()
        for key, spec in by_key.items():
            if key not in self._runners:
                runner = SourceRunner(spec, self.term, self._ledger, self._grow, self._states_due.set, self._stories)
                self._runners[key] = runner, self._tasks.start(self._run(runner), spec.origin.source)
                self._states_due.set()

    async def _run(self, runner: SourceRunner) -> None:
        try:
            await runner.run()
        except FencedError as error:
            logger.info("%r ends: %s", runner, error)
            self.lost.set()

    def _grow(self, growth: Growth) -> None:
        """Announce what was stored."""
        self._version = growth.version
        self._announce(growth.prev, growth.items)

    def _announce(self, prev: int, items: Sequence[str] = (), note: str = "") -> None:
        owner = self.term.owner
        self._publish(
            ListAdvance(
                topic=TOPIC, person=owner, prev=prev, number=self._version, items=list(items), note=note,
                note_kind=f"sources {owner}",
            )
        )  # fmt: skip

    async def fold(self) -> None:
        """Fold what the desk's list brought since into a person's stories. Raises LedgerError."""
        version = await self._ledger.read(desk_version)
        while self._stories.folded < version:
            growth = await self._ledger.write(fold, self.term, self._stories)
            if growth is not None:
                self._grow(growth)

    def forget_stories(self) -> None:
        """Know no more which stories there are: items were deleted."""
        self._stories.forget()

    def remind(self) -> None:
        """Announce where the list stands, for those that missed the last announcement."""
        self._announce(self._version)

    def statuses(self) -> list[dict[str, object]]:
        """Return how each source is."""
        return [msgspec.to_builtins(runner.record.status) for runner, _ in self._runners.values()]

    async def _announce_states(self) -> None:
        """Announce states when they change, or time changes them."""
        while True:
            await self._states_due.wait()
            self._states_due.clear()
            found = self.statuses()
            try:
                await self._ledger.write(store_statuses, self.term.owner, found)
            except LedgerError as error:
                logger.info("%r: how the sources are cannot be stored now: %s", self, error)
            self._told_at = now_ms()
            self._announce(self._version, note=sources_note("desk" if self.term.owner == DESK else "me", found))
            await asyncio.sleep(STATES_S)

    def review(self) -> None:
        """Look whether time alone changed how a source is."""
        now = now_ms()
        for runner, _ in self._runners.values():
            if runner.record.review(now) or now - self._told_at > ALIVE_S * 1000:
                self._states_due.set()

    async def stop(self) -> None:
        """End every source."""
        counts.running.discard(self)
        await self._tasks.cancel()
        self._runners.clear()


def _desk_stories(ledger: Ledger) -> DeskStories:
    return _DESK_STORIES.setdefault(ledger, DeskStories())
