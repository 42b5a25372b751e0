"""Says what alerts should have fired, from the whole tape. It shares no code with the desk, and knows cents alone."""

import typing
from collections.abc import Sequence

from tests.alerts.law.tape import Alert, Tick


class Told(typing.NamedTuple):
    """A firing as the desk told it. `between` is given for one that was found in a candle; times in ms."""

    alert: str
    at: int
    between: tuple[int, int] | None
    late_ms: int | None
    is_order_unknown: bool


class Verdict(typing.NamedTuple):
    """What was wrong, in words, by kind; and how many firings there should have been."""

    expected: int
    missed: list[str]
    doubled: list[str]
    early: list[str]
    unmarked: list[str]
    untold: list[str]
    """Where nobody looked, and nobody says so."""

    @property
    def wrong(self) -> list[str]:
        """Everything that was wrong."""
        return [*self.missed, *self.doubled, *self.early, *self.unmarked, *self.untold]


def holds(word: str, levels: Sequence[float], cents: int) -> bool:
    """Whether a price is where an alert waits for it."""
    if word in ("crosses_up", "above"):
        return cents > levels[0]
    if word in ("crosses_down", "below"):
        return cents < levels[0]
    is_inside = levels[0] < cents < levels[1]
    return is_inside if word in ("enters", "inside") else not is_inside


def times(alert: Alert, ticks: Sequence[Tick]) -> list[int]:
    """Return when an alert should fire: when what it waits for becomes true, not while it stays so."""
    found: list[int] = []
    own: bool | None = None
    beside: bool | None = None
    was: bool | None = None
    for tick in ticks:
        turned = False
        if tick.symbol == alert.symbol:
            now = holds(alert.word, alert.levels, tick.cents)
            if own and not now and found and alert.is_each and not _is_back(alert, tick.cents):
                now = True
            turned, own = own is False and now, now
        if alert.other is not None and tick.symbol == alert.other[0]:
            beside = holds(alert.other[1], alert.other[2:], tick.cents)
        also = True if alert.other is None else beside
        is_moment = alert.word in ("crosses_up", "crosses_down", "enters", "exits")
        if is_moment:
            fires = turned and also is True
        else:
            whole = None if own is None or also is None else own and also
            whole = False if own is False or also is False else whole
            fires = whole is True and was is False
            was = whole if whole is not None else was
        if fires:
            found.append(tick.at)
            if not alert.is_each:
                break
    return found


def _is_back(alert: Alert, cents: int) -> bool:
    """Whether a price went far enough back for an alert to count again."""
    level = alert.levels[0]
    return cents < level - alert.back if alert.word in ("crosses_up", "above") else cents > level + alert.back


def judge(
    alerts: Sequence[Alert], ticks: Sequence[Tick], gaps: Sequence[tuple[int, int]], told: Sequence[Told],
    unchecked: Sequence[tuple[str, int, int]] = (),
) -> Verdict:  # fmt: skip
    """Compare what was told with what should have been. What is told as not checked may have been anything."""
    verdict = Verdict(0, [], [], [], [], [])
    expected = 0
    for alert in alerts:
        should = times(alert, ticks)
        mine = [one for one in told if one.alert == alert.id]
        expected += len(should)
        if not gaps:
            _compare_ticks(alert, should, mine, verdict)
        else:
            blind = [(since, until) for name, since, until in unchecked if name == alert.id]
            if not any(since <= at < until for at in should for since, until in blind):
                _compare_once(alert, should, mine, ticks, gaps, verdict)
    return verdict._replace(expected=expected)


def _compare_ticks(alert: Alert, should: list[int], mine: list[Told], verdict: Verdict) -> None:
    found = [one.at for one in mine]
    verdict.missed.extend(f"{alert} at {at}" for at in should if at not in found)
    verdict.early.extend(f"{alert} at {at}" for at in found if at not in should)
    verdict.doubled.extend(f"{alert} at {at}" for at in set(found) if found.count(at) > 1)


def _compare_once(
    alert: Alert, should: list[int], mine: list[Told], ticks: Sequence[Tick], gaps: Sequence[tuple[int, int]],
    verdict: Verdict,
) -> None:  # fmt: skip
    if len(mine) > 1:
        verdict.doubled.append(f"{alert}: {mine}")
    if not mine:
        verdict.missed.extend(f"{alert} at {at}" for at in should)
        return
    one = mine[0]
    if one.is_order_unknown:
        if one.between is None or not could(alert, ticks, one.between):
            verdict.early.append(f"{alert}: {one} could not have been")
        return
    if not should:
        verdict.early.append(f"{alert}: {one}, and it should not fire")
        return
    at = should[0]
    if not any(since <= at < until for since, until in gaps):
        if one.at != at or one.between is not None:
            (verdict.early if one.at < at else verdict.missed).append(f"{alert} at {at}: {one}")
    elif one.between is None:
        verdict.unmarked.append(f"{alert} at {at}: {one} says nothing of being late")
    elif not one.between[0] <= at < one.between[1] or one.late_ms is None:
        verdict.early.append(f"{alert} at {at}: {one}")


def could(alert: Alert, ticks: Sequence[Tick], between: tuple[int, int]) -> bool:
    """Whether an alert could have fired in a minute, by how far the price went: a candle says no more."""
    mine = [tick for tick in ticks if tick.symbol == alert.symbol and tick.at < between[1]]
    before = [tick.cents for tick in mine if tick.at < between[0]][-1:]
    cents = [*before, *(tick.cents for tick in mine if tick.at >= between[0])]
    low, high, first, last = min(cents), max(cents), alert.levels[0], alert.levels[-1]
    if alert.word in ("crosses_up", "above"):
        return high > first
    if alert.word in ("crosses_down", "below"):
        return low < first
    return low < last and high > first if alert.word in ("enters", "inside") else low < first or high > last
