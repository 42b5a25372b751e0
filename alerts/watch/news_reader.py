"""Reads the items of news that rules wait for, as soon as they are stored, each once."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from alerts.evaluation.firing import Firing
from alerts.evaluation.news_gates import ArrivedItem
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

    def __repr__(self) -> str:
        return f"<NewsReader person={self._desk.person}>"

    def follow(self) -> None:
        """Look again from where to read: the rules are others."""
        self._position = None
        self._due.set()

    def note_advance(self) -> None:
        """Note that a list grew."""
        self._due.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._read()
            except LedgerError as error:
                logger.info("the news of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def _read(self) -> None:
        """Take what was stored since the newest item that every rule has seen."""
        while (engine := self._evaluation.engine) is not None and (rules := engine.news_positions()):
            if (at := self._position) is None:
                at = self._position = await self._beginning(rules)
            rows = await self._desk.ledger.read(_arrived, self._desk.person, at)
            if not rows:
                return
            if self._evaluation.engine is not engine or self._position is not at:
                continue  # the rules changed meanwhile: another beginning may be theirs
            for item in rows:
                self._publish(engine.take_news(item, now_ms()))
                place = ListPosition(own=item.number) if item.is_own else ListPosition(shared=item.number)
                at = at.at_least(place)
            self._position = at

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
