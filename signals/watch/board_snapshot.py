"""What is known beside bars when one closes: read from the board, from the news, and from what venues compute."""

import datetime
import logging
from collections.abc import Iterable

from django.db.models import Count, Max

from alerts.evaluation.hours import new_york_day
from brokers.contract.broker import Metrics
from lib.clock import now_ms
from news.store import reader
from signals.features.snapshot import OPTIONS_OLD_MS, QUOTE_OLD_MS, MarketSnapshot, told_number
from streaming.board.board import Item
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import VenueQueries

logger = logging.getLogger(__name__)

NEWS_MS = 3_600_000
METRICS_MS = 3_600_000
"""How often venues are asked what they compute: it is of days."""
FoundNews = tuple[int | None, int | None]
"""How many items there are, and when the newest came, in ms."""


class SnapshotReader:
    """Reads snapshots of one person's symbols. What nobody tells is missing."""

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._metrics: dict[str, Metrics] = {}
        self._asked: dict[str, int] = {}
        self._queries: VenueQueries[list[Metrics]] = VenueQueries(
            desk, "metrics", "metrics", lambda offered: offered.metrics, bool
        )

    def __repr__(self) -> str:
        return f"<SnapshotReader person={self._desk.person} {len(self._metrics)} symbols>"

    def forget(self, symbols: Iterable[str]) -> None:
        """Forget what venues computed of symbols that nobody looks at any more."""
        for symbol in symbols:
            self._metrics.pop(symbol, None)
            self._asked.pop(symbol, None)

    async def read(self, symbol: str) -> MarketSnapshot:
        """Return what is known of a symbol now."""
        metrics = await self._metrics_of(symbol)
        news, news_at = await self._news_of(symbol)
        now = now_ms()
        quote = self._fresh("quote", symbol, now, QUOTE_OLD_MS)
        options = self._fresh("underlying", symbol, now, OPTIONS_OLD_MS)
        rank = told_number(options, "iv_rank")
        return MarketSnapshot(
            at=now, bid=told_number(quote, "bid"), ask=told_number(quote, "ask"),
            bid_size=told_number(quote, "bid_size"), ask_size=told_number(quote, "ask_size"),
            iv=told_number(options, "iv"), front_iv=told_number(options, "front_iv"),
            back_iv=told_number(options, "back_iv"),
            iv_rank=rank if rank is not None or metrics is None else metrics.iv_rank,
            earnings_days=days_until(metrics.earnings, now) if metrics is not None else None,
            news=news, news_at=news_at,
        )  # fmt: skip

    def _fresh(self, kind: str, symbol: str, now: int, old_ms: int) -> Item | None:
        """Return a slot that speaks of now; None of one that is old, delayed or not there."""
        item = self._desk.board.whole((kind, symbol))
        if item is None or item.get("delayed") is True or item.get("at") is None:
            return None
        return item if now - item["at"] <= old_ms else None

    async def _metrics_of(self, symbol: str) -> Metrics | None:
        """Return what a venue computes of a symbol, asked for once an hour at most."""
        now = now_ms()
        if now - self._asked.get(symbol, 0) >= METRICS_MS:
            self._asked[symbol] = now
            try:
                _, found = await self._queries.query(lambda broker: broker.metrics([symbol]))
            except RpcError as error:
                logger.debug("no metrics of %s for person %d: %s", symbol, self._desk.person, error.detail)
            else:
                self._metrics |= {one.symbol: one for one in found}
        return self._metrics.get(symbol)

    async def _news_of(self, symbol: str) -> FoundNews:
        """Return how many items about a symbol came within the hour, and when the newest did."""
        try:
            found: FoundNews = await self._desk.ledger.read(count_news, self._desk.person, symbol, now_ms() - NEWS_MS)
        except LedgerError as error:
            logger.info("the news of person %d cannot be counted now: %s", self._desk.person, error)
            return None, None
        return found


def count_news(person: int, symbol: str, since: int) -> FoundNews:
    """Return how many items that a person may see came since a time (ms), and when the newest did.

    The count is None where no source brings them any.
    """
    if not reader.statuses(person):
        return None, None
    items = reader.visible(person).filter(found_symbols__symbol=symbol, found_symbols__received_at__gte=since)
    found = items.aggregate(count=Count("pk", distinct=True), newest=Max("found_symbols__received_at"))
    return int(found["count"]), found["newest"]


def days_until(day: datetime.date | None, now: int) -> int | None:
    """Return in how many days of the exchange a day comes; None of one that is over."""
    if day is None:
        return None
    left = (day - new_york_day(now)).days
    return left if left >= 0 else None
