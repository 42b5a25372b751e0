"""Says whether what a ledger holds is what alerts should have fired, however often nobody was there to look.

It shares no code with the desk. It knows the venue's tape, what was done to the desk and when, and what was told.
"""

import typing
from collections.abc import Sequence

from tests.alerts.law.judge import Verdict, could, holds, times
from tests.alerts.law.tape import Alert, Tick

MINUTE = 60_000
LATE_MS = 10_000
"""A firing that was found later than this after it happened has to say so."""
Stretch = tuple[int, int]


class Fired(typing.NamedTuple):
    """A firing as the ledger has it; times in ms. `fact` is the number of the fact that it was about, or 0."""

    alert: str
    key: str
    at: int
    seen_at: int
    between: Stretch | None
    late_ms: int | None
    is_gap: bool
    is_order_unknown: bool
    fact: int


class Trouble(typing.NamedTuple):
    """What was done to the desk. `dark`: times in which it may not have looked, generously; `blind`: moments at which
    it certainly did not."""

    dark: list[Stretch]
    blind: list[int]


class Case(typing.NamedTuple):
    """One alert with what was told of it. `unchecked`: the stretches that were told as not checked."""

    alert: Alert
    fired: list[Fired]
    unchecked: list[Stretch]
    is_in_candles: bool
    """Whether the venue's candles answer for it."""

    def is_told(self, at: int) -> bool:
        """Whether a moment is within what was told as not checked. The end is: whoever sees a price then for the first
        time does not know what it was before."""
        return any(since <= at <= until for since, until in self.unchecked)


def judge_case(case: Case, ticks: Sequence[Tick], trouble: Trouble, verdict: Verdict) -> int:
    """Add to a verdict what is wrong with an alert, and return how many firings there should have been."""
    should = times(case.alert, ticks)
    for one in case.fired:
        if one.late_ms is None and one.seen_at - one.at > LATE_MS and not one.is_gap:
            verdict.unmarked.append(f"{case.alert}: {one} says nothing of being late")
        if one.between is not None and one.late_ms is None:
            verdict.unmarked.append(f"{case.alert}: {one} was found in a candle and does not say so")
    if case.alert.is_each:
        _judge_each(case, should, ticks, trouble, verdict)
    else:
        _judge_once(case, should, ticks, trouble, verdict)
    if not case.is_in_candles:
        _judge_silence(case, trouble, verdict)
    return len(should)


def _judge_silence(case: Case, trouble: Trouble, verdict: Verdict) -> None:
    """Whoever cannot look back has to say when nobody looked."""
    over = min((one.at for one in case.fired), default=2**53) if not case.alert.is_each else 2**53
    for at in trouble.blind:
        if at < over and not case.is_told(at):
            verdict.untold.append(f"{case.alert}: nobody looked at {at}, and nobody says so")


def _judge_once(
    case: Case, should: list[int], ticks: Sequence[Tick], trouble: Trouble, verdict: Verdict
) -> None:  # fmt: skip
    alert, told = case.alert, case.fired
    verdict.doubled.extend(f"{alert}: {told}" for _ in told[1:])
    if not told:
        missed = should[0] if should else None
        while missed is not None and (stretch := _told_stretch(case, missed)) is not None:
            missed = next(iter(times(alert, [tick for tick in ticks if tick.at > stretch[1]])), None)
        if missed is not None:
            verdict.missed.append(f"{alert} at {missed}")
        return
    one, first = told[0], should[0] if should else None
    is_excused = first is not None and case.is_told(first)
    if one.between is not None:
        is_right = first is not None and one.between[0] <= first < one.between[1]
        is_possible = could(alert, ticks, one.between) and (one.is_order_unknown or is_excused)
        if not is_right and not is_possible:
            (verdict.early if first is None or one.at < first else verdict.missed).append(f"{alert} at {first}: {one}")
    elif one.at != first:
        is_late_ok = first is not None and first < one.at and (
            is_excused or (one.is_gap and _is_within(trouble.dark, first))
        )  # fmt: skip
        if not is_late_ok or not _holds_at(alert, ticks, one.at):
            (verdict.early if first is None or one.at < first else verdict.missed).append(f"{alert} at {first}: {one}")


def _told_stretch(case: Case, at: int) -> Stretch | None:
    return next((one for one in case.unchecked if one[0] <= at <= one[1]), None)


def _is_within(stretches: Sequence[Stretch], at: int) -> bool:
    return any(since <= at < until for since, until in stretches)


def _holds_at(alert: Alert, ticks: Sequence[Tick], at: int) -> bool:
    return any(
        holds(alert.word, alert.levels, tick.cents) for tick in ticks if tick.at == at and tick.symbol == alert.symbol
    )


def _judge_each(
    case: Case, should: list[int], ticks: Sequence[Tick], trouble: Trouble, verdict: Verdict
) -> None:  # fmt: skip
    """Compare where the desk must know how the alert stands: once the price went back after the last time that nobody
    may have looked. Elsewhere a firing must have been possible, and of one crossing there is one."""
    alert, found = case.alert, {one.at for one in case.fired if one.between is None}
    certain = _certain(alert, ticks, trouble.dark)
    verdict.missed.extend(
        f"{alert} at {at}" for at in should if at in certain and at not in found and not case.is_told(at)
    )
    verdict.early.extend(f"{alert} at {at}" for at in found if at in certain and at not in should)
    names = [one.at for one in case.fired if one.between is None]
    verdict.doubled.extend(f"{alert} at {at}" for at in found if names.count(at) > 1)
    for one in case.fired:
        is_possible = could(alert, ticks, one.between) if one.between else _holds_at(alert, ticks, one.at)
        if not is_possible:
            verdict.early.append(f"{alert}: {one} could not have been")
        elif one.between is not None and not one.is_order_unknown and len(_within(should, one.between)) < 2:
            verdict.doubled.extend(f"{alert}: {other} and {one}" for other in _within(names, one.between))


def _within(times_: Sequence[int], stretch: Stretch) -> list[int]:
    return [at for at in times_ if stretch[0] <= at < stretch[1]]


def _certain(alert: Alert, ticks: Sequence[Tick], dark: Sequence[Stretch]) -> set[int]:
    """Return the times of ticks at which whoever looks must know whether the alert is armed."""
    found, is_known, level = set(), True, alert.levels[0]
    sign = 1 if alert.word in ("crosses_up", "above") else -1
    for tick in ticks:
        if tick.symbol != alert.symbol:
            continue
        if _is_within(dark, tick.at):
            is_known = False
        elif is_known:
            found.add(tick.at)
        elif sign * (tick.cents - level) < -alert.back:
            is_known = True
    return found


def judge_facts(
    alert: str, trigger: str, facts: Sequence[tuple[int, int]], fired: Sequence[Fired], verdict: Verdict
) -> int:
    """Compare an alert of facts with those that came while it was armed, each a number and when it was recorded."""
    cited = [one.fact for one in fired]
    verdict.doubled.extend(f"alert {alert} of fact {fact}" for fact in set(cited) if cited.count(fact) > 1)
    known = {number for number, _ in facts}
    verdict.early.extend(f"alert {alert} of fact {fact}" for fact in cited if fact not in known)
    for number, recorded in facts:
        if trigger == "per_minute":
            others = [one for one in fired if one.fact < number and int(one.key) + MINUTE > recorded]
            is_told = number in cited or bool(others)
        else:
            is_told = number in cited or (trigger == "once" and bool(cited) and min(cited) < number)
        if not is_told:
            verdict.missed.append(f"alert {alert} ({trigger}) of fact {number}")
    return len(facts) if trigger == "each" else min(1, len(facts))
