"""Reads the items of news that rules wait for, as soon as they are stored, each once."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec

from alerts.evaluation.firing import Firing
from alerts.evaluation.news_gates import ArrivedItem
from alerts.rules.state import Status
from alerts.watch.fact_reader import Evaluation
from lib.clock import now_ms
from news.models import NewsItem
from news.store import reader
from news.store.wire import item_id
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost
from streaming.wire.list_position import ListPosition

logger = logging.getLogger(__name__)

TOPIC = "news"
PAGE = 200
"""Items of a list that are read at a time."""
RETRY_S = 2.0
LOOK_S = 5.0
"""How often it is looked how sources are, while a rule waits for news."""
SILENT_MS = 15_000
"""Lists say every 2 s where they stand: when none did for longer, nobody runs their sources."""
BROKEN = frozenset({"failing", "refused", "unusable"})
"""How a source is that brings nothing."""
NO_SOURCE = "no source of news runs"
NO_ANSWER = "no source of news answers"


class NewsReader:
    """The news of one person, read when their lists are announced: items are numbered, so that none is missed.

    Both lists say every 2 s where they stand, so that an announcement that was lost is made up for.
    """

    def __init__(
        self, desk: ExtensionHost, evaluation: Evaluation, publish: Callable[[Iterable[Firing]], None]
    ) -> None:
        self._desk = desk
        self._evaluation = evaluation
        self._publish = publish
        self._due = asyncio.Event()
        self._position: ListPosition | None = None
        """How far all rules have come; None while it has to be found where to begin."""
        self._changes = 0
        self._rules: frozenset[str] = frozenset()
        self._heard_at = self._looked_at = 0
        self._is_answered = True
        self._silent_since: int | None = None

    def __repr__(self) -> str:
        return f"<NewsReader person={self._desk.person}>"

    def follow(self, rules: frozenset[str], now: int) -> None:
        """Read for these rules, by id, and look again from where: they are others than before."""
        if rules and not self._rules:
            self._heard_at = now
        self._position, self._rules = None, rules
        self._changes += 1
        self._due.set()

    def note_advance(self) -> None:
        """Note that a list grew, or said where it stands."""
        self._heard_at = now_ms()
        self._due.set()

    def statuses(self, told: Mapping[str, Status], now: int) -> dict[str, Status]:
        """Return how rules of news stand that nothing can come for now; items that are late are not lost."""
        reason = NO_SOURCE if now - self._heard_at > SILENT_MS else "" if self._is_answered else NO_ANSWER
        self._silent_since = (self._silent_since or now) if reason else None
        mine = (told[id_] for id_ in self._rules & told.keys()) if reason else ()
        return {
            one.rule: msgspec.structs.replace(one, state="cannot_check", reason=reason, since=self._silent_since)
            for one in mine
            if one.state == "armed"
        }

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if self._rules else None):
                    await self._due.wait()
            self._due.clear()
            try:
                await self._read()
                await self._look_at_sources()
            except LedgerError as error:
                logger.info("the news of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def _read(self) -> None:
        """Take what was stored since the newest item that every rule has seen."""
        while (engine := self._evaluation.engine) is not None and (rules := engine.news_positions()):
            changes, at = self._changes, self._position
            if at is None:
                at = await self._beginning(rules)
            rows = await self._desk.ledger.read(_arrived, self._desk.person, at)
            if self._evaluation.engine is not engine or self._changes != changes:
                continue  # the rules changed meanwhile: another beginning may be theirs
            self._position = at
            if not rows:
                return
            for item in rows:
                self._publish(engine.take_news(item, now_ms()))
                place = ListPosition(own=item.number) if item.is_own else ListPosition(shared=item.number)
                at = at.at_least(place)
            self._position = at

    async def _look_at_sources(self) -> None:
        """Look whether any source answers, every now and then."""
        now = now_ms()
        if self._rules and now - self._looked_at >= LOOK_S * 1000:
            self._looked_at = now
            found = await self._desk.ledger.read(reader.statuses, self._desk.person)
            self._is_answered = not found or any(one.get("state") not in BROKEN for one in found)

    async def _beginning(self, rules: list[tuple[int, list[int]]]) -> ListPosition:
        """Return after which items to begin: what came before a rule was armed, or what it has seen, is skipped."""
        fresh = min((armed_at for armed_at, seen in rules if not seen), default=None)
        found = [ListPosition(*seen) for _, seen in rules if seen]
        if fresh is not None:
            found.append(await self._desk.ledger.read(reader.arrived_before, self._desk.person, fresh))
        return ListPosition(min(one.shared for one in found), min(one.own for one in found))


def _arrived(person: int, after: ListPosition) -> list[ArrivedItem]:
    return [_item(row) for row in reader.arrivals(person, after, PAGE)]


def _item(row: NewsItem) -> ArrivedItem:
    return ArrivedItem(
        id=item_id(row),
        number=row.number,
        is_own=bool(row.list_id),
        received_at=row.received_at,
        headline=row.headline,
        summary=row.summary or "",
        symbols=tuple(row.symbols),
        category=row.category,
        sentiment=row.sentiment,
        source_name=row.source_name,
        url=row.url,
        recovered=row.is_recovered,
    )
