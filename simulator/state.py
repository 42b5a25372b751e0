"""Keeps what the simulated venues know in a file, and has them go on from it.

`keep` writes what changed since the last time, in one transaction: it is called before anybody is told of it. Prices,
which change all the time, are written once in a while; after a kill they are those of some seconds before.
"""

import datetime
import logging
import pathlib
import typing

import msgspec

from simulator.alpaca.state import AlpacaState
from simulator.archive.archive import Archive, ArchiveRow, ArchiveTable, Records, Unreadable, find, set_aside
from simulator.archive.market_state import MarketRecord, market_record, restored_market
from simulator.clock import WallClock
from simulator.market.market import SimMarket
from simulator.news.state import NewsState
from simulator.tastytrade.state import TastytradeState
from simulator.tastytrade.venue import now
from simulator.tradier.state import TradierState
from simulator.venues import Venues

logger = logging.getLogger("simulator")
PRICES_S = 5.0
"""Seconds between two records of the prices."""


class ClockRecord(msgspec.Struct, frozen=True):
    """When something was written last, in ms since the epoch, and how far the venues' clock was ahead then."""

    at: int
    ahead_s: float


class SimState:
    """What some venues know, in a file."""

    def __init__(self, venues: Venues, archive: Archive) -> None:
        self.venues = venues
        self._archive = archive
        self._market = ArchiveTable("market", MarketRecord)
        self._clock = ArchiveTable("clock", ClockRecord)
        self._parts = (
            TastytradeState(venues.tastytrade),
            TradierState(venues.tradier),
            AlpacaState(venues.alpaca),
            NewsState(venues.news),
        )
        self._priced_at = -PRICES_S
        self._day: datetime.date | None = None
        venues.tastytrade.save = self.save

    def save(self) -> None:
        """Write what changed. Raises ArchiveError."""
        rows = [row for part in self._parts for row in part.changes()]
        moment, market = now(), self.venues.market
        if rows or moment - self._priced_at >= PRICES_S or self._day != market.day:
            self._write(rows, with_prices=moment - self._priced_at >= PRICES_S or self._day != market.day)

    def _write(self, rows: list[ArchiveRow], *, with_prices: bool) -> None:
        market = self.venues.market
        if with_prices:
            self._priced_at, self._day = now(), market.day
            rows += self._market.put("", market_record(market))
        rows += self._clock.put("", ClockRecord(market.at, self.venues.clock.ahead_s))
        self._archive.write(rows)

    def restore(self, records: Records) -> None:
        """Let the venues know what is in these records, and what time has done since. Raises Unreadable."""
        clock = find(self._clock.read(records), "")
        self.venues.clock.advance(clock.ahead_s)
        for part in self._parts:
            part.restore(records)
        self.venues.make_up(max(clock.at, self.venues.market.at))

    def close(self) -> None:
        """Write the rest, the prices too, and let the file go. Raises ArchiveError."""
        self._write([row for part in self._parts for row in part.changes()], with_prices=True)
        self._archive.close()


def open_state(
    path: pathlib.Path,
    seed: int,
    clock: WallClock,
    *,
    terms: dict[str, typing.Any] | None = None,
    **options: typing.Any,
) -> SimState:
    """Return venues that go on from what is in a file, or new ones where there is nothing in it.

    `terms` are options of `SimMarket`, which hold either way, the others those of `Venues`. A file that cannot be read
    is given another name, and its venues begin anew. Raises ArchiveError.
    """
    try:
        return _opened(path, seed, clock, terms or {}, **options)
    except Unreadable as error:
        aside = set_aside(path, datetime.datetime.now(datetime.UTC))
        logger.warning("%s cannot be read (%s). It is %s now, and the venues begin anew.", path, error, aside.name)
    return _opened(path, seed, clock, terms or {}, **options)


def _opened(
    path: pathlib.Path, seed: int, clock: WallClock, terms: dict[str, typing.Any], **options: typing.Any
) -> SimState:
    archive = Archive(path)
    try:
        records, begun_at = archive.read(), clock()
        kept = ArchiveTable("market", MarketRecord).read(records).get("")
        if kept is None:
            market = SimMarket(seed, begun_at, **terms)
            state = SimState(Venues(market, clock, **options), archive)
        else:
            if kept.seed != seed:
                logger.warning("The venues in %s are of the seed %d, and %d has no effect.", path, kept.seed, seed)
            market = restored_market(kept, begun_at, **terms)
            state = SimState(Venues(market, clock, **options), archive)
            state.restore(records)
        state.save()
    except BaseException:
        archive.close()
        raise
    return state
