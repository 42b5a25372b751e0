"""News in batches, as a stream tells it: what is about one symbol first, then the market's, each item once."""

import asyncio
import datetime
import typing
from collections.abc import AsyncIterator, Iterable

from assistant.contract.outside import clean_text
from lib.clock import now_ms
from news.store import reader
from news.store.reader import Search
from news.store.wire import Fields
from streaming.runtime import runtime
from streaming.wire.list_position import ListPosition

MOST = 3
"""Articles of one batch."""
MOST_WAITING = 100
"""Items that wait for a batch, at most; the oldest of those that came at once are left out."""
FINEST = 10_000
"""Progress of a stream has four decimals, and never reaches 1 before the end."""
LATEST = 2**62
"""A time (ms) that nothing is later than."""

Article = dict[str, str]


class NewsBatches:
    """What one stream tells of news: the newest first, then only what came since."""

    def __init__(self, person: int, symbol: str) -> None:
        self._person = person
        self._symbol = symbol
        self._after: ListPosition | None = None
        self._told: frozenset[str] = frozenset()
        """The ids of the first batch, which may come again as arrivals."""
        self._waiting: list[Fields] = []

    async def has_source(self) -> bool:
        """Whether news come from anywhere. Raises LedgerError."""
        return bool(await runtime().ledger.read(reader.statuses, self._person))

    async def read(self) -> list[Article]:
        """Return the next batch, at most MOST articles; empty where nothing is new. Raises LedgerError."""
        if self._after is None:
            first, self._after = await runtime().ledger.read(_read_newest, self._person, self._symbol)
            self._told = frozenset(item["id"] for item in first)
            return [to_article(item) for item in first]
        came, self._after = await runtime().ledger.read(_read_arrivals, self._person, self._after)
        fresh = [item for item in came if item["id"] not in self._told]
        self._waiting = self._in_order([*fresh, *self._waiting])[:MOST_WAITING]
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return [to_article(item) for item in batch]

    async def read_each(
        self, interval: int, duration: int, gone: asyncio.Future[typing.Any]
    ) -> AsyncIterator[tuple[float, list[Article]]]:
        """Yield after each interval (ms) which part of the duration (ms) is over, below 1, and the next batch.

        It ends with the duration, or as soon as `gone` is done. Raises LedgerError.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for at in (*range(interval, duration, interval), duration):
            await asyncio.wait([gone], timeout=max(0.0, begun + at / 1000 - loop.time()))
            if gone.done():
                return
            if at < duration:
                yield at * FINEST // duration / FINEST, await self.read()

    def _in_order(self, items: Iterable[Fields]) -> list[Fields]:
        """Return items with those about the symbol first."""
        return sorted(items, key=lambda item: self._symbol not in item["symbols"])


def to_article(item: Fields) -> Article:
    """Return an item with the fields of the contract; its time is UTC."""
    return {
        "source": clean_text(item["publisher"] or item["source_name"]),
        "title": clean_text(item["headline"]),
        "url": item["url"] or "",
        "time": iso_time(item["published_at"]),
        "category": item["category"],
    }


def batch_message(articles: list[Article]) -> dict[str, typing.Any]:
    """Return what one batch says."""
    news = {"category": "all", "count": len(articles), "articles": articles}
    return {"timestamp": iso_time(now_ms()), "news": news}


def iso_time(at: int) -> str:
    """Write a time (ms) in ISO 8601, in UTC."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _read_newest(person: int, symbol: str) -> tuple[list[Fields], ListPosition]:
    """Return the first batch, and the position that what comes later follows."""
    after = reader.arrived_before(person, LATEST)
    about = reader.search(person, Search(symbols=(symbol,)), MOST).items
    every = reader.search(person, Search(), 2 * MOST).items
    found = {item["id"]: item for item in [*about, *every]}
    return list(found.values())[:MOST], after


def _read_arrivals(person: int, after: ListPosition) -> tuple[list[Fields], ListPosition]:
    """Return what came after a position, the newest first, and the position that it leads to."""
    rows = reader.arrivals(person, after, MOST_WAITING)
    numbers = {is_own: [row.number for row in rows if bool(row.list_id) is is_own] for is_own in (False, True)}
    reached = ListPosition(max([after.shared, *numbers[False]]), max([after.own, *numbers[True]]))
    return reader.described(person, reversed(rows)), reached
