"""What the board is told of a watched series of candles, whatever the venue. Pure.

A client has its bars from two sources that must meet without a seam: a history it asks for, and the slot of the series,
which it may see as seldom as it likes. The slot shows the newest candles, `SHOWN` of them, and three promises are kept
about it. From its first candle on, those it shows are all there are. Only the newest `FREE` candles change without a
word. When any other may have changed, or one was taken back, or nobody listened for a while, `revised_at` is another.

So a client whose `revised_at` still holds has missed nothing as long as the slot still shows the older of the
`FREE` that it saw last; otherwise it asks for the history again. docs/protocol.md has this as a rule for clients.
"""

import msgspec

from brokers.contract.broker import Series
from brokers.contract.events import Bar, Candle, Emit

MINUTE, DAY = 60_000, 86_400_000
LENGTHS = {
    "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": 60 * MINUTE, "4h": 240 * MINUTE,
    "1d": DAY, "1w": 7 * DAY, "1mo": 31 * DAY,
}  # fmt: skip
"""How long a candle is, in ms; a month's is its longest."""

SHOWN = 3
"""So many candles of a series are in its slot, with the newest: enough for a client that misses the end of one."""
FREE = 2
"""So many of them change without a new `revised_at`: trades are reported late just after a candle's end."""
BACK = 60
"""A subscription begins at least so many candles back: a venue tells no corrections of what is older than that."""

Bars = dict[int, Candle]
"""Candles by their time, in ms."""


class Whole(msgspec.Struct, frozen=True):
    """A series has arrived at its next state, at `at` (ms): `removed` times are taken back.

    With `is_snapshot` its bars are all there are since the time that was subscribed from.
    """

    bars: Bars
    removed: frozenset[int]
    is_snapshot: bool
    at: int


class Chart:
    """What was told of one watched series, over all connections of a run."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self._length = LENGTHS[series.interval]
        self._shown: Bars = {}
        self._from = 0
        self._revised_at = 0

    def since(self, now: int) -> int:
        """Return the time, in ms, from which a subscription must begin so that nothing shown is missed."""
        self._from = min(now - BACK * self._length, *self._shown, now)
        return self._from

    def apply(self, whole: Whole, emit: Emit) -> None:
        """Tell the next state of the series."""
        if whole.is_snapshot:
            bars = whole.bars
        else:
            changed = {time: bar for time, bar in whole.bars.items() if time >= self._from}
            bars = {time: bar for time, bar in (self._shown | changed).items() if time not in whole.removed}
        times = sorted(bars)[-SHOWN:]
        self._shown = {time: bars[time] for time in times}
        self._from = times[0] if times else self._from
        free = times[-FREE:]
        if whole.is_snapshot or whole.removed or any(time < free[0] for time in whole.bars if free):
            self._revised_at = max(whole.at, self._revised_at + 1)
        emit(self._slot(whole.at))

    def _slot(self, at: int) -> Candle:
        if not self._shown:
            return Candle(symbol=self.series.symbol, interval=self.series.interval, time=at, gone=True)
        *earlier, newest = self._shown.values()
        return msgspec.structs.replace(
            newest,
            closed=newest.time + self._length <= at,
            earlier=tuple(map(_bar, earlier)),
            revised_at=self._revised_at,
            at=at,
        )


def _bar(candle: Candle) -> Bar:
    return Bar(
        time=candle.time,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
        vwap=candle.vwap,
        trades=candle.trades,
    )
