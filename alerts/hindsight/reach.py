"""Which rules past candles say enough of, and how far back. Pure. Times are in ms."""

import decimal

from alerts.evaluation.lookback import MINUTE, symbol_of
from alerts.evaluation.study_walk import DAY_MS, is_walked, lead_ms, series_of
from alerts.hindsight.bounds import bounded_symbol
from alerts.rules.fields import LENGTHS
from alerts.rules.spec import MOVES, RuleSpec
from brokers.contract.broker import Series
from brokers.contract.events import Interval

MONTH_MS = 30 * DAY_MS
FINE: Interval = "1m"
COARSE: Interval = "5m"
REACH_MS: dict[str, int] = {"1m": 8 * DAY_MS}
"""How far back bars of a length are asked for, where that is less than a month: of minutes there are too many."""


def refusal(spec: RuleSpec) -> str:
    """Return why candles cannot tell what a rule would have done, as a sentence; empty where they can."""
    if is_walked(spec) or (past_symbol(spec) and _least_within(spec) >= MINUTE):
        return ""
    if any(ref.is_study for ref in spec.fields):
        return "Studies beside prices, or of several lengths of bars, cannot be looked back at."
    if any(ref.window_s for ref in spec.fields):
        return "A move against one moment cannot be looked back at: candles tell no price of a moment."
    unknown = dict.fromkeys(ref.field.title for ref in spec.fields if ref.field.name != "last")
    if unknown:
        names = " and ".join(unknown)
        return f"{names[0].upper()}{names[1:]} cannot be looked back at: venues tell no past values of it."
    if why := _refusal_of_moves(spec):
        return why
    if any(not isinstance(bound, decimal.Decimal) for leaf in spec.leaves for bound in leaf.bounds):
        return "One field beside another cannot be looked back at."
    return "Rules about several symbols cannot be looked back at."


def _refusal_of_moves(spec: RuleSpec) -> str:
    if not any(leaf.comparator in MOVES for leaf in spec.leaves):
        return ""
    if _least_within(spec) < MINUTE:
        return "A move within less than a minute cannot be looked back at: candles tell no times within a minute."
    if spec.for_s:
        return "For how long a move stood cannot be looked back at: candles tell no times within a minute."
    return "A move within a time beside other conditions cannot be looked back at." if len(spec.leaves) > 1 else ""


def past_symbol(spec: RuleSpec) -> str:
    """Return the symbol whose bars say what a rule about its last price did; empty for any other rule."""
    return symbol_of(spec) or bounded_symbol(spec)


def _least_within(spec: RuleSpec) -> int:
    """Return the shortest time, in ms, within which a rule waits for a move; a day where it waits for none."""
    return min((leaf.within_s * 1000 for leaf in spec.leaves if leaf.within_s), default=DAY_MS)


def since_of(spec: RuleSpec, now: int) -> int:
    """Return from when on a rule is looked back at."""
    if is_walked(spec):
        return now - min(MONTH_MS, REACH_MS.get(series_of(spec).interval, MONTH_MS))
    return now - (MONTH_MS if _least_within(spec) >= LENGTHS[COARSE] * 1000 else REACH_MS[FINE])


def questions_of(spec: RuleSpec, now: int) -> list[tuple[Series, int]]:
    """Return the series that are asked for, each with from when on, coarse ones first."""
    since = since_of(spec, now)
    if not is_walked(spec):
        symbol, fine = past_symbol(spec), now - REACH_MS[FINE]
        coarse = [(Series(symbol, COARSE), _begin(since, COARSE))] if since < fine else []
        return [*coarse, (Series(symbol, FINE), _begin(fine, COARSE))]
    series = series_of(spec)
    return [(series, _begin(since - lead_ms(spec.fields, series), series.interval))]


def _begin(at: int, interval: str) -> int:
    length = LENGTHS[interval] * 1000
    return at // length * length
