"""What a rule would have done in the past, found in bars, and how that is said. Pure. Times are in ms."""

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import Calendar, Hours, MarketHours
from alerts.evaluation.lookback import Bar, look_back
from alerts.evaluation.study_walk import DAY_MS, StudyWalk
from alerts.hindsight.bounds import find_between
from alerts.hindsight.reach import MONTH_MS
from alerts.rules.fields import has_sessions
from alerts.rules.spec import Rule, RuleSpec
from alerts.rules.state import EngineState
from brokers.instruments.calendar import NEW_YORK
from lib.stoppable import IsStopped, never
from lib.studies import StudyBar

MOST_TOLD = 50
"""Firings that are told one by one: the newest."""
MINUTE_MS = 60_000


class PastFiring(msgspec.Struct, frozen=True):
    """When a rule would have fired: between two times, which are the same where the moment is certain.

    `order_unknown`: within the bar the price went both ways, and the other way round it would not have fired, or for as
    long as it may have held, or as quickly as it may have moved, it would have, and for certain it did not.
    """

    since: int
    until: int
    order_unknown: bool = False


class Hindsight(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have done between two times (ms).

    `fired` counts firings, `uncertain` those of them whose order is not known; `firings` are the newest, oldest first.
    Of `sessions` of the rule `missing` have no candle at all: they count for nothing. `now` says how it stands.
    """

    since: int
    until: int
    fired: int
    uncertain: int
    firings: tuple[PastFiring, ...]
    sessions: int
    missing: int
    text: str
    now: str = ""


def find_of_prices(
    rule: Rule, bars: Sequence[Bar], since: int, until: int, is_stopped: IsStopped = never
) -> list[PastFiring]:
    """Walk a rule about prices through bars, the oldest first, as if it had been armed at `since`.

    Raises WorkStopped.
    """
    seen = [bar for bar in bars if bar.time >= since]
    found = look_back(rule, EngineState(at=since), seen, since, until, is_stopped=is_stopped)
    return [_past(one) for one in found.firings]


def find_in_bounds(
    rule: Rule, bars: Sequence[Bar], since: int, until: int, is_stopped: IsStopped = never
) -> list[PastFiring]:
    """Walk a rule that has to hold, or waits for a move within a time, through bars as if armed at `since`.

    Raises WorkStopped.
    """
    found = find_between(rule, [bar for bar in bars if bar.time >= since], since, until, is_stopped)
    return [PastFiring(one.since, one.until, not one.is_certain) for one in found]


def find_of_studies(
    rule: Rule, bars: Sequence[StudyBar], until: int, is_stopped: IsStopped = never
) -> list[PastFiring]:
    """Walk a rule of studies through closed bars, the oldest first; it is armed at its `armed_at`.

    Raises WorkStopped.
    """
    return [PastFiring(one.at, one.at) for one in StudyWalk(rule, None).take(bars, until, is_stopped)]


def _past(firing: Firing) -> PastFiring:
    since, until = firing.between or (firing.at, firing.at)
    return PastFiring(since, until, bool(firing.is_order_unknown))


def join(coarse: Iterable[Bar], fine: Sequence[Bar]) -> list[Bar]:
    """Return coarse bars as far as they were over before the fine ones begin, then those."""
    begin = fine[0].time if fine else 2**53
    return [*(bar for bar in coarse if bar.end <= begin), *fine]


def sessions_of(spec: RuleSpec, since: int, until: int, calendar: Calendar | None = None) -> list[Hours]:
    """Return the sessions of a rule that began between two times; what has none has weekdays instead."""
    symbol = spec.symbols[0]
    if not has_sessions(symbol):
        days = [Hours(at, at + DAY_MS) for at in range(-(-since // DAY_MS) * DAY_MS, until, DAY_MS)]
        return [day for day in days if _weekday(day.opens) < 5]
    hours, found, at = calendar or MarketHours(), [], since
    session = "regular" if spec.session == "always" else spec.session
    while (one := hours.hours(session, at)).opens < until:
        if one.opens >= since:
            found.append(one)
        at = one.closes
    return found


def _weekday(at: int) -> int:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).weekday()


def count_missing(sessions: Iterable[Hours], times: Sequence[int], until: int) -> int:
    """Return how many sessions have no bar at all, of those that are over."""
    over = [one for one in sessions if one.closes <= until]
    return sum(not any(one.opens <= time < one.closes for time in times) for one in over)


def hindsight(
    spec: RuleSpec, firings: Sequence[PastFiring], times: Sequence[int], since: int, until: int, now: str = ""
) -> Hindsight:
    """Put together what was found of a rule in bars that began at `times`."""
    sessions = sessions_of(spec, since, until)
    missing = count_missing(sessions, times, until)
    uncertain = sum(one.order_unknown for one in firings)
    open_text = _open_text(spec, uncertain, missing, sessions)
    text = " ".join(filter(None, (_fired_text(spec, firings, since, until), open_text)))
    return Hindsight(
        since=since, until=until, fired=len(firings), uncertain=uncertain, firings=tuple(firings[-MOST_TOLD:]),
        sessions=len(sessions), missing=missing, text=text, now=now,
    )  # fmt: skip


def _fired_text(spec: RuleSpec, firings: Sequence[PastFiring], since: int, until: int) -> str:
    days = round((until - since) / DAY_MS)
    period = "In the last month" if until - since >= MONTH_MS else f"In the last {days} days"
    if not firings:
        return f"{period} it would not have fired."
    last = firings[-1]
    at = f"{moment(last.since)}{_within(last)}"
    if spec.trigger == "once":
        return f"{period} it would have fired once, on {at}, and been done."
    if len(firings) == 1:
        return f"{period} it would have fired once, on {at}."
    return f"{period} it would have fired {len(firings):,} times, last on {at}."


def _within(firing: PastFiring) -> str:
    minutes = (firing.until - firing.since) // MINUTE_MS
    return f" to within {minutes} minutes" if minutes > 1 else ""


def _open_text(spec: RuleSpec, uncertain: int, missing: int, sessions: Sequence[Hours]) -> str:
    said = []
    if uncertain:
        which = "1 of them is" if uncertain == 1 else f"{uncertain:,} of them are"
        said.append(f"{which} not certain: {_doubt(spec)}.")
    if missing:
        said.append(f"Candles are missing of {missing} of {len(sessions)} sessions: not counted, not guessed.")
    return " ".join(said)


def _doubt(spec: RuleSpec) -> str:
    """Say what bars leave open."""
    if spec.for_s:
        return "bars do not tell for how much of their time a price was there"
    if spec.leaves[0].within_s:
        return "bars do not tell when in them a price was highest or lowest"
    return "up and down in one bar, and which came first is not known"


def moment(at: int) -> str:
    """Write a time by the exchange's clock: "Fri 20 Nov 10:42"."""
    found = datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)
    return f"{found:%a} {found.day} {found:%b %H:%M}"
