"""Runs one source for ever: stores what it delivers, announces it, and tries again with back-off."""

import asyncio
import logging
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence

from lib import backoff
from lib.clock import now_ms
from news.owner.counts import counts
from news.owner.filers import known_filers
from news.owner.status import SourceRecord, SourceStatus, State
from news.sources.contract import KeyRejected, NewsSource, SourceError, SourceItem, SourceLost, SourceUnusable
from news.store.desk_stories import DeskStories
from news.store.writer import Analysed, Growth, Origin, Term, cursor, fold_desk, recent_stories, store
from news.text.analysis import analyse
from news.text.stories import StoryIndex
from streaming.ledger.ledger import FencedError, Ledger, LedgerError

logger = logging.getLogger(__name__)

STORE_WAIT_S = 30.0
"""How long storing is tried again while the database is away, before the source is begun anew."""
SLICE = 25
"""How many items are stored in one transaction: a fill that comes meanwhile waits for so many at most."""
ENDS: Mapping[type[SourceError], State] = {KeyRejected: "refused", SourceUnusable: "unusable"}
"""The errors after which a source is not tried again."""


class SourceSpec(typing.NamedTuple):
    """A source that is to run. Two equal ones are the same source; another one of the same id replaces it."""

    origin: Origin
    owner: typing.Literal["desk", "me"]
    is_socket: bool
    pace_s: float | None
    open: Callable[[], Awaitable[NewsSource]]
    revision: str = ""
    """Another text after each change of its settings or its key."""
    kind: str = "feed"

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others, and from itself before a change."""
        return self.origin.source, self.revision


class SourceRunner:
    """One source of one list. `grown` is called after each change that was stored; `changed` when its state differs."""

    def __init__(
        self,
        spec: SourceSpec,
        term: Term,
        ledger: Ledger,
        grown: Callable[[Growth], None],
        changed: Callable[[], None],
        stories: "StoryMemory",
        waits: Callable[[], backoff.Delays] = backoff.delays,
    ) -> None:
        self.spec = spec
        self._term = term
        self._ledger = ledger
        self._grown = grown
        self._changed = changed
        self._waits = waits
        self._stories = stories
        self._cursor: Mapping[str, str] = {}
        """What is stored of it."""
        origin = spec.origin
        self.record = SourceRecord(
            SourceStatus(
                source=origin.source, name=origin.name, owner=spec.owner, kind=spec.kind, simulated=origin.is_simulated,
                since=now_ms(), pace_s=spec.pace_s,
            ),
            is_socket=spec.is_socket,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<SourceRunner {self.spec.origin.source} {self.record.status.state}>"

    async def run(self) -> None:
        """Run until cancelled, or the source refuses its key or can never work. Raises FencedError."""
        waits, began = self._waits(), asyncio.get_running_loop().time()
        while True:
            try:
                await self._run_once()
            except (KeyRejected, SourceUnusable) as error:
                self._fail(ENDS[type(error)], error.reason)
                return
            except SourceLost as error:
                now = asyncio.get_running_loop().time()
                if now - began > backoff.HEALTHY_S:
                    waits = self._waits()
                pause_s = max(next(waits), error.retry_after or 0.0)
                self._fail("failing", error.reason, now_ms() + round(pause_s * 1000))
                await asyncio.sleep(pause_s)
                began = asyncio.get_running_loop().time()

    async def _run_once(self) -> None:
        """Open the source and run it. Raises SourceError or FencedError."""
        source = await self.spec.open()
        try:
            self._cursor = await self._ledger.read(cursor, self._term.owner, self.spec.origin.source)
            await source.run(self._cursor, self._emit, self)
        except FencedError:
            raise
        except (LedgerError, TimeoutError) as error:
            raise SourceLost("the database is away") from error
        finally:
            await source.close()

    async def _emit(self, items: Sequence[SourceItem], leads_to: Mapping[str, str]) -> None:
        """Store and announce, a slice at a time. Raises LedgerError where the database stays away.

        Where that breaks off the cursor stays where it was: the items come again, and are known.
        """
        for at in range(0, len(items) or 1, SLICE):
            is_last = at + SLICE >= len(items)
            await self._grow(items[at : at + SLICE], leads_to if is_last else self._cursor)
        self._cursor = leads_to

    async def _grow(self, items: Sequence[SourceItem], leads_to: Mapping[str, str]) -> None:
        """Store a few items when it is the source's turn among those of its list, and announce them."""
        async with self._stories.turn, asyncio.timeout(STORE_WAIT_S):
            growth = await self._store(items, leads_to)
        if growth.items:
            counts.items[self.spec.kind] += len(growth.items)
            self.record.mark_items([_lag_s(item) for item in items], len(growth.items), now_ms())
            self._grown(growth)
            self._changed()

    async def _store(self, items: Sequence[SourceItem], leads_to: Mapping[str, str]) -> Growth:
        for pause_s in self._waits():
            try:
                return await self._ledger.write(
                    analyse_and_store, self._term, self.spec.origin, items, leads_to, self._stories
                )
            except FencedError:
                raise
            except LedgerError as error:
                logger.info("%r: storing is tried again: %s", self, error)
                await asyncio.sleep(pause_s)
        raise AssertionError("delays never end")

    def alive(self) -> None:
        """The source answered. See `news.sources.contract.Report`."""
        before = self.record.status.state
        self.record.mark_alive(now_ms())
        if self.record.status.state != before:
            self._changed()

    def keep_pace(self, pace_s: float) -> None:
        """The source is asked every `pace_s` seconds from now on."""
        if self.record.status.pace_s != pace_s:
            self.record.status.pace_s = pace_s
            self._changed()

    def count(self, anomaly: str, number: int = 1) -> None:
        """Count what was odd about what came."""
        counts.anomalies[anomaly] += number
        self.record.count(anomaly, number)

    def _fail(self, state: State, reason: str, retry_at: int | None = None) -> None:
        counts.failures[self.spec.kind] += 1
        logger.warning("news source %s is %s: %s", self.spec.origin.name, state, reason)
        self.record.mark_failed(state, reason, now_ms(), retry_at)
        self._changed()


class StoryMemory:
    """The stories of one list; read from the database when the first item is stored. `desk`: a person's has those too.

    `folded` is the change of the desk's list up to which its headlines were compared with the person's. `turn` is had
    by the one source of the list that stores: what else is to be stored waits for no queue of them.
    """

    def __init__(self, desk: DeskStories | None = None) -> None:
        self.turn = asyncio.Lock()
        self._index: StoryIndex | None = None
        self.desk = desk
        self.folded = 0

    def index(self, owner: int) -> StoryIndex:
        """Return the index. It asks the database the first time."""
        if self._index is None:
            self._index = recent_stories(owner, now_ms())
        return self._index

    def forget(self) -> None:
        """Have them read anew when the next item is stored: some of their items are gone."""
        self._index = None


def analyse_and_store(
    term: Term, origin: Origin, items: Sequence[SourceItem], leads_to: Mapping[str, str], stories: StoryMemory
) -> Growth:
    """Find what items are about, then store them: in one thread, off the event loop."""
    analysed = [Analysed(item, analyse(item, known_filers())) for item in items]
    return store(term, origin, analysed, leads_to, stories.index(term.owner), stories.desk)


def fold(term: Term, stories: StoryMemory) -> Growth | None:
    """Fold the next headlines of the desk into a person's stories. Returns how the person's list grew, if it did."""
    assert stories.desk is not None  # noqa: S101 (only a person's are folded)
    growth, stories.folded = fold_desk(term, stories.index(term.owner), stories.desk, stories.folded)
    return growth


def _lag_s(item: SourceItem) -> float | None:
    if item.published_by not in ("source", "zone_assumed") or item.recovered:
        return None
    return max(0.0, (item.received_at - item.published_at).total_seconds())
