"""Where a price stands in the middle of its day, and where it was left when its market was last closed. Pure."""

import datetime
import math
import typing

from simulator.market import calendar
from simulator.market.moves import activity
from simulator.market.moves.price_path import PricePath

ROUND_THE_CLOCK: typing.Final = frozenset({"crypto", "future"})


class DayMoves(typing.NamedTuple):
    """Logarithms of the day's first, present, highest and lowest price over the previous close."""

    opened: float
    fair: float
    high: float
    low: float


def previous_close(path: PricePath, kind: str, day: datetime.date) -> float:
    """Return the level at the end of the session before `day`."""
    if kind not in ROUND_THE_CLOCK:
        return closing_level(path, calendar.before(day))
    day -= datetime.timedelta(days=1)
    while kind == "future" and day.weekday() >= 5:
        day -= datetime.timedelta(days=1)
    return path.level(activity.number_of(day), activity.SLOTS)


def closing_level(path: PricePath, day: datetime.date) -> float:
    """Return the level at which the session of a trading day ends."""
    return path.level(*slot_of(calendar.closing(day)))


def slot_of(at: float) -> tuple[int, int]:
    """Return the day's number and the slot of a moment."""
    number, minute = activity.position(at)
    return number, minute // activity.SLOT_MINUTES


def day_so_far(path: PricePath, kind: str, at: int, *, is_lively: bool) -> DayMoves:
    """Return the day up to `at`. Before it begins nothing has moved; after its session it stands still."""
    day = calendar.day_of(at)
    number, minute = activity.position(at)
    first = 0 if is_lively else activity.OPEN_SLOT
    if not is_lively:
        minute = min(minute, activity.position(calendar.closing(day))[1])
        if not calendar.is_trading_day(day) or minute <= first * activity.SLOT_MINUTES:
            return DayMoves(0.0, 0.0, 0.0, 0.0)
    slot, rest = divmod(minute, activity.SLOT_MINUTES)
    reference = previous_close(path, kind, day)
    levels = path.lively(number, slot) if is_lively else path.levels(number)[: slot + 1]
    inside = path.minutes(number, slot).values
    boost = activity.boost(number, slot) if is_lively else 1.0
    fair = levels[-1] + boost * (inside[rest] - inside[0])
    seen = [*levels[first:], fair]
    reach = 0.3 * math.sqrt(max(path.variances(number)[activity.OPEN_SLOT : activity.CLOSE_SLOT]))
    return DayMoves(seen[0] - reference, fair - reference, max(seen) - reference + reach, min(seen) - reference - reach)
