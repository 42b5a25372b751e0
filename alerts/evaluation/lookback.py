"""What a rule did while nobody looked, as far as one-minute bars show it. Pure. Times are in ms.

A bar says how far a price went, not in which order. The rule is walked through the bars twice: along the shorter way,
where a bar that closed higher went to its low first, and along the other. What both find in a bar is certain, what one
of them finds is told with its order unknown; the other way counts where the shorter one finds nothing at all.
"""

import decimal
import typing
from collections.abc import Iterable, Sequence

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import Calendar, MarketHours
from alerts.rules.spec import MOVES, Rule, RuleSpec
from alerts.rules.state import EngineState, RuleState
from brokers.contract.events import Quote
from lib.stoppable import IsStopped, iter_until, never

MINUTE = 60_000
EVIDENCE = "candle 1m"


class Bar(typing.NamedTuple):
    """One bar of a symbol from `time` on, of a minute unless `length` (ms) says otherwise."""

    time: int
    open: float
    high: float
    low: float
    close: float
    length: int = MINUTE

    @property
    def end(self) -> int:
        """When it is over."""
        return self.time + self.length


class Found(typing.NamedTuple):
    """What a look back found: firings in their order, the rule's state after them, and what it could not decide."""

    firings: list[Firing]
    state: RuleState
    unchecked: tuple[int, int] | None


def symbol_of(spec: RuleSpec) -> str:
    """Return the symbol whose bars show what a rule did; empty for a rule that bars say too little of."""
    symbols = set()
    for leaf in spec.leaves:
        is_plain = leaf.field.field.name == "last" and leaf.comparator not in MOVES and leaf.comparator != "happens"
        if not is_plain or not leaf.bounds or not all(isinstance(bound, decimal.Decimal) for bound in leaf.bounds):
            return ""
        symbols.add(leaf.field.symbol)
    return symbols.pop() if len(symbols) == 1 and not spec.for_s else ""


def look_back(
    rule: Rule, state: EngineState, bars: Sequence[Bar], since: int, until: int, calendar: Calendar | None = None,
    is_stopped: IsStopped = never,
) -> Found:  # fmt: skip
    """Walk a rule through the bars of a gap, from the state that it had at its beginning. Raises WorkStopped."""
    hours = calendar or MarketHours()
    whole = [bar for bar in bars if bar.end > since and bar.time < until]
    first = whole[0] if whole and whole[0].time < since else None
    is_torn = first is not None and _was_busy(rule, state, first)
    walks = [
        _walk(rule, state, iter_until(whole, is_stopped), since, until, hours, short=short, torn=is_torn)
        for short in (True, False)
    ]
    (firings, after), (others, _) = walks if walks[0][0] else reversed(walks)
    known = {one.between for one in others}
    certain = [one if one.between in known else msgspec.structs.replace(one, is_order_unknown=True) for one in firings]
    unchecked = None
    if is_torn and first is not None:
        ways = [_walk(rule, state, [first], since, until, hours, short=short, torn=False) for short in (True, False)]
        if any(found for found, _ in ways) and not any(one.between == (first.time, first.end) for one in certain):
            unchecked = (since, min(first.end, until))
    return Found(certain, after, unchecked)


def catch_up(
    rule: Rule, state: RuleState, ticks: Iterable[tuple[Quote, int]], now: int
) -> tuple[list[Firing], RuleState]:
    """Take the ticks, each with when it came, that followed a look back until it was done: firings and the state."""
    found: list[Firing] = []
    engine: Engine | None = None
    for quote, at in ticks:
        engine = engine or Engine([rule], at, states={rule.id: state})
        found += [msgspec.structs.replace(one, recovered=True, late_ms=now - at) for one in engine.take(quote, "", at)]
    return found, engine.rule_state(rule.id) if engine is not None else state


def _was_busy(rule: Rule, state: EngineState, bar: Bar) -> bool:
    """Whether a rule was armed, turned or fired within a bar before the gap: how far the bar went says nothing then."""
    known = state.rules.get(rule.id)
    if rule.armed_at > bar.time or known is None or known.version != rule.version:
        return True
    turned = max((gate.since for gate in known.gates), default=0)
    return max(turned, known.fired_at or 0) >= bar.time


def _walk(
    rule: Rule, state: EngineState, bars: Iterable[Bar], since: int, until: int, hours: Calendar, *, short: bool,
    torn: bool,
) -> tuple[list[Firing], RuleState]:  # fmt: skip
    """Walk through bars, along the shorter way or the other. Of a bar that is `torn` only the close counts."""
    symbol = symbol_of(rule.spec)
    engine = Engine([rule], since, calendar=hours, state=state)
    engine.interrupt(since)
    middles = _middles(rule.spec)
    found: list[Firing] = []
    for bar in bars:
        ends = [bar.low, bar.high] if short is (bar.close >= bar.open) else [bar.high, bar.low]
        if not short:  # between its ends a price may have stopped in a range, or jumped over it
            ends[1:1] = [middle for middle in middles if bar.low < middle < bar.high]
        steps = [(bar.open, 0), *((price, bar.length // 2) for price in ends), (bar.close, bar.length - 1)]
        if bar.time < since:
            steps = steps[-1:] if torn else steps[1:]
        for price, part in steps:
            at = min(max(bar.time + part, since), max(until, since))
            quote = Quote(symbol=symbol, last=price, last_at=at, at=at)
            found += [_told(one, bar, until) for one in engine.take(quote, "", at)]
    engine.advance(until)
    after = engine.rule_state(rule.id)
    return found, _dated(after, found[-1].at) if found else after


def _dated(state: RuleState, at: int) -> RuleState:
    """Return a state of which the newest firing was in the minute that began then: nobody knows the instant."""
    return msgspec.structs.replace(state, fired_at=at)


def _middles(spec: RuleSpec) -> list[float]:
    """Return the middle of each range that a rule waits for."""
    ranges = [typing.cast(tuple[decimal.Decimal, ...], leaf.bounds) for leaf in spec.leaves]
    return [float(sum(bounds) / 2) for bounds in ranges if len(bounds) == 2]


def _told(firing: Firing, bar: Bar, until: int) -> Firing:
    """Return a firing as one that was found in a bar afterwards."""
    readings = tuple(
        msgspec.structs.replace(reading, at=None, age_ms=max(0, until - bar.time), source="")
        for reading in firing.readings
    )
    return msgspec.structs.replace(
        firing, at=bar.time, received=until, readings=readings, recovered=True, late_ms=max(0, until - bar.end),
        seen_in="candle", between=(bar.time, bar.end), evidence=EVIDENCE,
        state=None if firing.state is None else _dated(firing.state, bar.time),
    )  # fmt: skip
