"""DXLink's candles: how a series is named there, and rows put together into whole states of it. Pure.

A candle's symbol carries its series, `QQQ{=5m}` or `QQQ{=d,tho=true}`; the venue answers with the normalised form, in
which a leading 1 is dropped. A series is an indexed time series: a snapshot from the newest candle to the oldest, then
changes, each a transaction of one or more rows. Flags as in dxFeed's IndexedEvent: a row with TX_PENDING waits for the
next one, a snapshot counts when its END (or SNIP, where the venue cut it off) is in.
"""

import datetime

import msgspec

from brokers.adapter.candle_slot import LENGTHS, Bars, Whole
from brokers.contract.broker import Series
from brokers.contract.events import Candle
from brokers.instruments.symbols import parse_option
from brokers.tastytrade.market_data.parsing import to_candle
from brokers.tastytrade.market_data.rows import Row

TX_PENDING, REMOVE, BEGIN, END, SNIP = 0x1, 0x2, 0x4, 0x8, 0x10

_ALL_HOURS = frozenset({"1m", "5m", "15m", "30m", "1h", "4h"})


def candle_symbol(streamer: str, series: Series) -> str:
    """Return the normalised name of a series, for the instrument that DXLink calls `streamer`."""
    interval = series.interval.removeprefix("1") if not series.interval[1].isdigit() else series.interval
    is_regular = series.interval not in _ALL_HOURS and _has_sessions(series.symbol)
    return f"{streamer}{{={interval}{',tho=true' if is_regular else ''}}}"


def _has_sessions(symbol: str) -> bool:
    """Whether a symbol trades outside regular hours too, so that a day's candle must choose: no future, no coin."""
    return parse_option(symbol) is not None or not (symbol.startswith(("/", "./")) or symbol.endswith("/USD"))


class Transactions:
    """Rows of one series on one connection, put together. Rows before the first snapshot are of no use."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self._pending: list[tuple[int, Candle]] = []
        self._is_snapshot = False
        self._is_begun = False

    def apply(self, row: Row, at: int, delayed: bool) -> Whole | None:
        """Take one row. Returns the state it completes, if it does. Raises ValueError or TypeError."""
        flags = row[1] if row[1].__class__ is int else 0
        candle = to_candle(self.series, row, at, delayed)
        if flags & BEGIN:
            self._pending.clear()
            self._is_snapshot = self._is_begun = True
        if not self._is_begun:
            return None
        self._pending.append((flags, candle))
        is_complete = bool(flags & (END | SNIP))
        if flags & TX_PENDING or (self._is_snapshot and not is_complete):
            return None
        pending, self._pending = self._pending, []
        is_snapshot, self._is_snapshot = self._is_snapshot, False
        last = {candle.time: (flags, candle) for flags, candle in pending}
        return Whole(
            bars={time: candle for time, (flags, candle) in last.items() if not flags & REMOVE},
            removed=frozenset(time for time, (flags, _) in last.items() if flags & REMOVE),
            is_snapshot=is_snapshot,
            at=at,
        )


class CandleHistory:
    """The answer to one request for a series: rows until the snapshot is whole."""

    def __init__(self, series: Series) -> None:
        self._transactions = Transactions(series)
        self.bars: Bars | None = None
        """The candles, once they are all there."""

    def apply(self, row: Row, at: int, delayed: bool) -> None:
        """Take one row. Raises ValueError or TypeError."""
        whole = self._transactions.apply(row, at, delayed)
        if whole is not None and whole.is_snapshot:
            self.bars = whole.bars
        elif whole is not None and self.bars is not None:
            self.bars = {time: bar for time, bar in self.bars.items() if time not in whole.removed} | whole.bars


def oldest_first(bars: Bars, start: datetime.datetime, now: int) -> list[Candle]:
    """Return the candles from `start` on, each with whether it is closed at `now` (ms)."""
    times = sorted(time for time in bars if time >= start.timestamp() * 1000)
    return [
        msgspec.structs.replace(bars[time], closed=time < times[-1] or time + LENGTHS[bars[time].interval] <= now)
        for time in times
    ]
