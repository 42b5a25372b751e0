"""Keeps the bars of what a person watches, in the process that owns them: asks their venues for what is not kept yet.

Watched is what the person holds, what stands on their watchlists and what they look at, options apart. A bar is asked
for once it is over. What a venue does not tell is a gap, and is told apart from what nobody asked for.
"""

import asyncio
import datetime
import logging
import typing
from collections.abc import Iterable, Mapping

import msgspec

from brokers.adapter.candle_slot import DAY, LENGTHS
from brokers.contract.broker import Series
from brokers.contract.events import Candle, Event, Interval
from brokers.instruments.symbols import is_symbol, parse_option
from lib.clock import now_ms
from market.history.kept_bar import KeptBar, closed_bars
from market.history.reader import asked_spans
from market.history.writer import Recorded, VenueAnswer, prune, record_answer
from market.models import Watchlist
from streaming.bus.messages import ListAdvance
from streaming.feeds.allowance import BACKGROUND_LEAVES
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.candles import DEPTH
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import VenueQueries

logger = logging.getLogger(__name__)

QUESTION = "history_fill"
PERIOD_MS: Mapping[Interval, int] = {"1m": 5 * 60_000, "5m": 6 * 3_600_000}
"""How often the bars of an interval are asked for."""
PATIENCE_MS = 30 * 60_000
"""How long it takes at most until a symbol is asked for again that told nothing new, if that is above its period."""
FIRST_S = 60.0
"""How long after a person's streams began: what they look at comes first."""
PACE_S = 3.0
"""How long is waited between two questions: half of what the venues of a person may be asked in a minute."""
KEEPER_LEAVES = 20
"""Unless somebody asks it to fill, it leaves so many of a minute's questions to all that works with candles now."""
LOOK_S = 30.0
"""How often it is looked what the person watches."""
GRACE_MS = 60_000
"""How long after a bar is over it is certain that a venue that does not tell it has none."""
AGAIN = 30
"""So many bars are asked for again: a venue corrects them, and tells some late."""
MOST_SYMBOLS = 500
"""Symbols whose bars are kept for one person: those held first, then those on watchlists."""


class FilledInterval(msgspec.Struct, frozen=True):
    """What came of asking for the bars of one interval."""

    interval: Interval
    added: int
    revised: int


class HistoryKeeper(Extension):
    """Fills the history of one person, and answers `history_fill` of a symbol by filling it at once."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self.finders: Mapping[str, RpcHandler] = {QUESTION: self._answer}
        self._queries: VenueQueries[list[Candle]] = VenueQueries(
            desk, "candles", "histories", lambda offered: offered.candles, bool
        )
        self._turn = asyncio.Lock()
        self._due: dict[Series, int] = {}
        """When each series is asked for next, in ms."""
        self._quiet: dict[Series, int] = {}
        """How often each told nothing new in a row."""
        self._prune_due = 0

    def __repr__(self) -> str:
        return f"<HistoryKeeper person={self._desk.person} {len(self._due)} series>"

    def on_event(self, event: Event, origin: str) -> None:
        """It sees nothing."""

    def on_settings_changed(self) -> None:
        """Which links there are is looked at when something is asked."""

    def on_list_advanced(self, message: ListAdvance) -> None:
        """It hears of no list."""

    async def run(self) -> None:
        """Ask until cancelled, one series after the other."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self._follow()
                await self._fill_due()
            except LedgerError as error:
                logger.info("bars of person %d cannot be kept now: %s", self._desk.person, error)
                await asyncio.sleep(LOOK_S)

    async def _follow(self) -> None:
        """Look what is watched by now, and delete what is too old."""
        now = now_ms()
        if now >= self._prune_due:
            while await self._desk.ledger.write(prune, now):
                pass  # facts are stored in between
            self._prune_due = now + DAY
        listed = await self._desk.ledger.read(listed_symbols, self._desk.person)
        symbols = [*self._on_board("position", 3), *listed, *self._on_board("quote", 1), *self._on_board("candle", 1)]
        wanted = [one for one in dict.fromkeys(symbols) if is_symbol(one) and parse_option(one) is None]
        series = [Series(symbol, interval) for interval in PERIOD_MS for symbol in wanted[:MOST_SYMBOLS]]
        self._due = {one: self._due.get(one, 0) for one in series}
        self._quiet = {one: times for one, times in self._quiet.items() if one in self._due}

    def _on_board(self, kind: str, place: int) -> Iterable[str]:
        return [slot[place] for slot in self._desk.board.slots(kind)]

    async def _fill_due(self) -> None:
        """Ask for what is due for a while, that which waited longest first."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LOOK_S
        while (left := until - loop.time()) > 0:
            series = min(self._due, key=self._due.__getitem__, default=None)
            wait_s = left if series is None else min(left, max(0.0, (self._due[series] - now_ms()) / 1000))
            if series is None or wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            try:
                self._schedule(series, await self._fill(series, KEEPER_LEAVES))
            except RpcError as error:
                self._due[series] = now_ms() + max(PERIOD_MS[series.interval], int((error.retry_s or 0) * 1000))
                logger.debug("bars of %s are not told now: %s", series.symbol, error.detail)
            await asyncio.sleep(PACE_S)

    def _schedule(self, series: Series, recorded: Recorded) -> None:
        quiet = self._quiet[series] = 0 if recorded.added else self._quiet.get(series, 0) + 1
        self._due[series] = now_ms() + wait_ms(series.interval, quiet)

    async def _fill(self, series: Series, leaves: int) -> Recorded:
        """Ask for what is not kept of a series, and keep what is told. Raises RpcError, LedgerError."""
        async with self._turn:
            now, length, person = now_ms(), LENGTHS[series.interval], self._desk.person
            floor = (now - DEPTH[series.interval] * DAY) // DAY * DAY
            spans = await self._desk.ledger.read(asked_spans, person, series.symbol, series.interval, floor, now)
            since = max(floor, (spans[-1][1] // length - AGAIN) * length) if spans else floor
            start = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
            link, candles = await self._queries.query(lambda broker: broker.candles(series, start), leaves=leaves)
            now = now_ms()
            bars = [bar for bar in closed_bars(candles, series.interval, now) if bar.time >= since]
            until = known_until(candles, bars, since, now, length)
            answer = VenueAnswer(series.symbol, series.interval, link, since, until, bars)
            return await self._desk.ledger.write(record_answer, person, answer, now)

    async def _answer(self, symbol: str) -> str:
        """Fill the history of a symbol now. Raises RpcError."""
        filled = []
        try:
            for interval in PERIOD_MS:
                recorded = await self._fill(Series(symbol, interval), BACKGROUND_LEAVES)
                filled.append(FilledInterval(interval, recorded.added, recorded.revised))
        except LedgerError as error:
            raise RpcError("unavailable", str(error), 5) from error
        return msgspec.json.encode(filled).decode()


def wait_ms(interval: Interval, quiet: int) -> int:
    """Return how long it takes until a series is asked for again that told nothing new so often in a row."""
    period = PERIOD_MS[interval]
    return max(period, min(period << min(quiet, 8), PATIENCE_MS))


def known_until(candles: Iterable[Candle], bars: list[KeptBar], since: int, now: int, length: int) -> int:
    """Return the time (ms) before which a venue has told every bar that it has, by what it told since `since`.

    One that tells late, by what it says of itself, has told nothing beyond its newest bar.
    """
    told = bars[-1].time + length if bars else since
    if any(one.delayed is True for one in candles):
        return told
    return max(told, (now - GRACE_MS) // length * length)


def listed_symbols(person: int) -> list[str]:
    """Return what stands on a person's watchlists, list by list."""
    lists = Watchlist.objects.filter(person=person).values_list("symbols", flat=True)
    return [typing.cast(str, symbol) for symbols in lists for symbol in symbols]
