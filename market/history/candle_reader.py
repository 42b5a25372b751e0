"""Past candles for what runs beside a person's streams: kept bars first, and from the venue what is missing.

Bars are kept of minutes and of five minutes, each as the venue told it: no bar is the sum of others. What is missing
is asked for in one question, from where the kept bars end.
"""

import datetime
import decimal
import logging
import typing
from collections.abc import Collection

from brokers.adapter.candle_slot import LENGTHS
from brokers.contract.broker import Series
from brokers.contract.events import Candle
from lib.clock import now_ms
from market.history.kept_bar import KeptBar
from market.history.reader import read_stretch
from market.history.writer import KEPT_DAYS
from streaming.feeds.allowance import BACKGROUND_LEAVES
from streaming.ledger.ledger import Ledger, LedgerError
from streaming.rpc.venue_queries import LinkSource, VenueQueries

logger = logging.getLogger(__name__)

RECENT = 10
"""Bars so new that they are asked of the venue without a look at those that are kept, which end a while ago."""


class CandleSource(typing.Protocol):
    """What tells past candles."""

    async def candles(self, series: Series, since: int, until: int | None = None) -> list[Candle]:
        """Return the candles of a series that began from `since` (ms) on, oldest first. Raises RpcError.

        They reach until now; where `until` (ms) is given, at least to the last one that is over by then.
        """


class CandleHost(LinkSource, typing.Protocol):
    """What a reader needs of the manager it runs beside."""

    person: int
    ledger: Ledger


class CandleReader(CandleSource):
    """The past candles of one person. `leaves` is what it leaves of the allowance of a feed to others."""

    def __init__(self, desk: CandleHost, leaves: int = BACKGROUND_LEAVES) -> None:
        self._desk = desk
        self._queries: VenueQueries[list[Candle]] = VenueQueries(
            desk, "candles", "histories", lambda offered: offered.candles, bool
        )
        self._leaves = leaves

    def __repr__(self) -> str:
        return f"<CandleReader person={self._desk.person}>"

    async def candles(self, series: Series, since: int, until: int | None = None) -> list[Candle]:
        """Return the candles of a series that began from `since` (ms) on, oldest first. Raises RpcError.

        Kept ones are closed, and as they are known now. A gap among them is what the venue left out.
        """
        end, kept = since, list[Candle]()
        if series.interval in KEPT_DAYS and since < now_ms() - RECENT * LENGTHS[series.interval]:
            end, bars = await self._kept(series, since, now_ms() if until is None else until)
            kept = [kept_candle(series, bar) for bar in bars]
            if until is not None and until <= end:
                return kept
        start = datetime.datetime.fromtimestamp(end / 1000, datetime.UTC)
        _, told = await self._queries.query(lambda broker: broker.candles(series, start), leaves=self._leaves)
        return [*kept, *(one for one in told if one.time >= end or end == since)]

    async def _kept(self, series: Series, since: int, until: int) -> tuple[int, list[KeptBar]]:
        """Return until when (ms) bars are known from `since` on without a break, and these bars."""
        links = (await self._desk.sources()).keys()
        try:
            return await self._desk.ledger.read(_read, self._desk.person, series, since, until, links)
        except LedgerError as error:
            logger.info("kept bars of person %d cannot be read now: %s", self._desk.person, error)
            return since, []


def _read(person: int, series: Series, since: int, until: int, links: Collection[str]) -> tuple[int, list[KeptBar]]:
    return read_stretch(person, series.symbol, series.interval, since, until, links)


def kept_candle(series: Series, bar: KeptBar) -> Candle:
    """Return a kept bar as a candle of its series."""
    return Candle(
        symbol=series.symbol, interval=series.interval, time=bar.time, open=_number(bar.open), high=_number(bar.high),
        low=_number(bar.low), close=_number(bar.close), volume=_number(bar.volume), vwap=_number(bar.vwap), closed=True,
    )  # fmt: skip


def _number(value: decimal.Decimal | None) -> float | None:
    return None if value is None else float(value)
