"""Looks into one-minute candles, the kept ones and those of a person's venues, for what no quote told: how far a price
had gone before an item was known, and where it was when a window ended while nobody looked.
"""

import asyncio
import logging
import typing
from collections.abc import Callable, Mapping

from brokers.contract.broker import Series
from lib.clock import now_ms
from market.history.candle_reader import CandleSource
from news.impact.measurement import Measurement, MoveWindow
from news.impact.rules import BEFORE_MS, MARKET, MINUTE_MS, move_of, price_at
from streaming.rpc.client import RpcError

logger = logging.getLogger(__name__)

REACH_MS = 30 * 60_000
"""How much more is asked for than is needed: of a quiet symbol a minute may be missing."""
TRIES = 3
RETRY_S = 5.0
MOST_KEPT = 60
"""Symbols whose candles are kept for the next question."""
UNWATCHED = "unwatched"

Closes = Mapping[int, float]
"""The close of each minute, by when the minute began, in ms."""


class _Asked(typing.NamedTuple):
    """What is known of a symbol from `since` on, until `at`."""

    since: int
    at: int
    closes: Closes


class ImpactHistory:
    """The questions of one person, answered one after the other. `found` is called with what changed."""

    def __init__(self, source: CandleSource, found: Callable[[Measurement], None]) -> None:
        self._found = found
        self._waiting: dict[str, Measurement] = {}
        self._current: Measurement | None = None
        """What is being looked up."""
        self._kept: dict[str, _Asked] = {}
        self._due = asyncio.Event()
        self._source = source

    def __repr__(self) -> str:
        return f"<ImpactHistory {len(self._waiting)} waiting>"

    def ask(self, one: Measurement) -> None:
        """Look a measurement up. There are never more than are measured at once."""
        if self._current is one:
            return
        self._waiting[one.item] = one
        self._due.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            while self._waiting:
                self._current = self._waiting.pop(next(iter(self._waiting)))
                try:
                    await self._look_up(self._current)
                finally:
                    self._current = None

    async def _look_up(self, one: Measurement) -> None:
        changed = False
        if one.before is None and one.since is not None and one.mid is not None:
            at = one.since - BEFORE_MS
            close = price_at(await self._closes(one.symbol, at), at)
            if close is not None:
                one.before, changed = move_of(close, one.mid), True
        for window in one.unwatched(now_ms()):
            await self._finish(one, window)
            changed = True
        if changed:
            self._found(one)

    async def _finish(self, one: Measurement, window: MoveWindow) -> None:
        """End a window by what candles say, or as not watched."""
        if window.ends_at is None:
            return
        at = window.ends_at
        end, market_end = [price_at(await self._closes(name, at), at) for name in (one.symbol, MARKET)]
        if end is None or market_end is None:
            window.finish(None, UNWATCHED)
        else:
            window.by = "candles"
            window.finish(one.move_to(end, market_end))

    async def _closes(self, symbol: str, at: int) -> Closes:
        """Return the closes until a time, and for a while after it; none where no venue tells."""
        kept, since = self._kept.get(symbol), at - REACH_MS
        if kept is not None and kept.since <= since and kept.at > at + MINUTE_MS:
            return kept.closes
        for tries in range(TRIES):
            try:
                until = min(now_ms(), at + 2 * MINUTE_MS)
                closes = await self._ask(symbol, since, until)
            except RpcError as error:
                logger.info("%r: no candles of %s: %s", self, symbol, error.detail)
                if error.code == "no_feed" or tries + 1 == TRIES:
                    return {}
                await asyncio.sleep(RETRY_S)
            else:
                self._keep(symbol, _Asked(since, max(until, *closes, since), closes))
                return closes
        return {}

    def _keep(self, symbol: str, asked: _Asked) -> None:
        self._kept.pop(symbol, None)
        self._kept[symbol] = asked
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    async def _ask(self, symbol: str, since: int, until: int) -> Closes:
        """Return the closes of the minutes from a time on, and at least until another. Raises RpcError."""
        candles = await self._source.candles(Series(symbol, "1m"), since // MINUTE_MS * MINUTE_MS, until)
        if any(one.delayed is True for one in candles):
            return {}
        return {
            one.time: float(one.close)
            for one in candles
            if one.gone is not True and isinstance(one.close, int | float) and one.close > 0
        }
