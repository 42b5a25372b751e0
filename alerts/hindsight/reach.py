"""Which rules past candles say enough of, and how far back. Pure. Times are in ms."""

import decimal

from alerts.evaluation.lookback import symbol_of
from alerts.evaluation.study_walk import DAY_MS, bars_needed, is_walked, series_of
from alerts.rules.fields import LENGTHS, has_sessions
from alerts.rules.spec import MOVES, RuleSpec
from brokers.contract.broker import Series
from brokers.contract.events import Interval

MONTH_MS = 30 * DAY_MS
FINE: Interval = "1m"
COARSE: Interval = "5m"
REACH_MS: dict[str, int] = {"1m": 8 * DAY_MS}
"""How far back bars of a length are asked for, where that is less than a month: of minutes there are too many."""
REGULAR_MS = 23_400_000


def refusal(spec: RuleSpec) -> str:
    """Return why candles cannot tell what a rule would have done, as a sentence; empty where they can."""
    if is_walked(spec) or symbol_of(spec):
        return ""
    if any(ref.is_study for ref in spec.fields):
        return "Studies beside prices, or of several lengths of bars, cannot be looked back at."
    unknown = dict.fromkeys(ref.field.title for ref in spec.fields if ref.field.name != "last")
    if unknown:
        names = " and ".join(unknown)
        return f"{names[0].upper()}{names[1:]} cannot be looked back at: venues tell no past values of it."
    if spec.for_s:
        return "For how long a price held cannot be looked back at: candles do not tell it."
    if any(leaf.comparator in MOVES for leaf in spec.leaves):
        return "A move within a time cannot be looked back at: candles do not tell in which order prices came."
    if any(not isinstance(bound, decimal.Decimal) for leaf in spec.leaves for bound in leaf.bounds):
        return "One field beside another cannot be looked back at."
    return "Rules about several symbols cannot be looked back at."


def since_of(spec: RuleSpec, now: int) -> int:
    """Return from when on a rule is looked back at."""
    if not is_walked(spec):
        return now - MONTH_MS
    return now - min(MONTH_MS, REACH_MS.get(series_of(spec).interval, MONTH_MS))


def questions_of(spec: RuleSpec, now: int) -> list[tuple[Series, int]]:
    """Return the series that are asked for, each with from when on, coarse ones first."""
    since = since_of(spec, now)
    if not is_walked(spec):
        symbol = symbol_of(spec)
        fine = now - REACH_MS[FINE]
        return [(Series(symbol, COARSE), _begin(since, COARSE)), (Series(symbol, FINE), _begin(fine, COARSE))]
    series = series_of(spec)
    return [(series, _begin(since - _lead_ms(spec, series), series.interval))]


def _begin(at: int, interval: str) -> int:
    length = LENGTHS[interval] * 1000
    return at // length * length


def _lead_ms(spec: RuleSpec, series: Series) -> int:
    """Return how much earlier bars begin, so that averages do not depend on where they began."""
    needed, length = bars_needed(spec.fields), LENGTHS[series.interval] * 1000
    if length >= DAY_MS:
        return (needed * 7 // 5 + 5) * DAY_MS
    days = -(-needed * length // (REGULAR_MS if has_sessions(series.symbol) else DAY_MS))
    return (days * 7 // 5 + 4) * DAY_MS


def is_month(spec: RuleSpec) -> bool:
    """Whether all of the last month is looked at."""
    return since_of(spec, MONTH_MS) == 0
