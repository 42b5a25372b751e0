"""When something is said: a fixed delay after each bar of five minutes of the regular session is over. Pure.

Times are in ms. A bar's moment is when it is spoken of, which is when its mids are read.
"""

import bisect
import functools
import typing
from collections.abc import Iterator

from alerts.evaluation.hours import MarketHours, new_york_day
from signals.features.bars import LENGTH_MS

DELAY_MS = 30_000
"""How long after a bar is over something is said of it: until then its candles have come."""
WORDS = f"every bar of five minutes of the regular session, {DELAY_MS // 1000} s after it is over"
"""The same as a registration says it."""
_HOURS = MarketHours()


class ScheduledBar(typing.NamedTuple):
    """A bar to speak of: its session and place there, from 0, when, and when the session ends."""

    session: str
    number: int
    at: int
    close: int

    @property
    def begins(self) -> int:
        """When the bar of five minutes began that it is about."""
        return self.at - DELAY_MS - LENGTH_MS


class Sitting(typing.NamedTuple):
    """One regular session: its date, and the bars to speak of."""

    session: str
    opens: int
    closes: int
    bars: tuple[ScheduledBar, ...]


def sitting(at: int) -> Sitting:
    """Return the regular session that `at` is in, or the next one."""
    return _sitting(_HOURS.hours("regular", at))


@functools.lru_cache(maxsize=64)
def _sitting(hours: tuple[int, int]) -> Sitting:
    opens, closes = hours
    session = new_york_day(opens).isoformat()
    ends = range(opens + LENGTH_MS, closes + 1, LENGTH_MS)
    bars = (ScheduledBar(session, number, end + DELAY_MS, closes) for number, end in enumerate(ends))
    return Sitting(session, opens, closes, tuple(bar for bar in bars if bar.at < closes))


def next_bar(after: int) -> ScheduledBar:
    """Return the first scheduled bar later than `after`."""
    return next(bars_after(after))


def bars_after(after: int) -> Iterator[ScheduledBar]:
    """Yield the scheduled bars later than `after`, without end."""
    at = after
    while True:
        found = sitting(at)
        first = bisect.bisect_right(found.bars, after, key=lambda bar: bar.at)
        yield from found.bars[first:]
        at = found.closes


def bars_between(after: int, before: int) -> Iterator[ScheduledBar]:
    """Yield the scheduled bars later than `after` and earlier than `before`."""
    for bar in bars_after(after) if after < before else ():
        if bar.at >= before:
            return
        yield bar
