"""What bars say of rules that have to hold for a time, or that wait for a move within one. Pure. Times are in ms.

A bar says how far a price went, and not when. So a rule is walked through bars twice: with what it waits for as late
and as short as they allow, and as early and as long. What the first walk finds is certain; what the second alone finds
may have been.
"""

import bisect
import collections
import decimal
import itertools
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.gates import zone_of
from alerts.evaluation.lookback import Bar
from alerts.evaluation.windows import DIGITS
from alerts.evaluation.zones import Sides
from alerts.rules.spec import MOVES, Group, Leaf, Rule, RuleSpec
from alerts.rules.state import EngineState
from brokers.contract.events import Quote
from lib.stoppable import IsStopped, iter_until, never

Step = tuple[int, float]
"""A price, and when it is there."""
Steps = Callable[[Iterable[Bar]], Iterator[Step]]
Truth = Callable[[float], bool]
WHATEVER = decimal.Decimal(10) ** 12


class BoundedFiring(typing.NamedTuple):
    """A firing between two times; it is certain that there was one only where `is_certain`."""

    since: int
    until: int
    is_certain: bool


def bounded_symbol(spec: RuleSpec) -> str:
    """Return the symbol whose bars bound what a rule did; empty for one that is no such rule."""
    leaves = spec.leaves
    is_plain = all(leaf.field.field.name == "last" and leaf.comparator != "happens" for leaf in leaves)
    if not is_plain or not all(isinstance(bound, decimal.Decimal) for leaf in leaves for bound in leaf.bounds):
        return ""
    moves = sum(leaf.comparator in MOVES for leaf in leaves)
    is_bounded = len(leaves) == 1 and not spec.for_s if moves else bool(spec.for_s)
    return leaves[0].field.symbol if is_bounded and len(spec.symbols) == 1 else ""


def find_between(
    rule: Rule, bars: Sequence[Bar], since: int, until: int, is_stopped: IsStopped = never
) -> list[BoundedFiring]:
    """Walk a rule through bars, the oldest first, as if it had been armed at `since`. Raises WorkStopped."""
    leaf, is_move = rule.spec.leaves[0], rule.spec.leaves[0].comparator in MOVES
    walks = _move_walks(leaf) if is_move else _hold_walks(rule.spec)
    told = _as_level(rule, leaf) if is_move else rule
    certain, *others = [_run(told, steps(iter_until(bars, is_stopped)), since, until) for steps in walks]
    possible = sorted(itertools.chain(*others))
    if is_move or rule.spec.trigger == "once":
        return list(_paired(certain, possible if is_move else possible[:1], bars))
    return sorted(_merged(certain, possible, bars, rule.spec.for_s * 1000))


def _run(rule: Rule, steps: Iterable[Step], since: int, until: int) -> list[int]:
    """Return when a rule fires that sees these prices."""
    engine, symbol = Engine([rule], since, state=EngineState(at=since)), rule.spec.symbols[0]
    found: list[Firing] = []
    for at, price in steps:
        found += _advance(engine, at)
        found += engine.take(Quote(symbol=symbol, last=price, last_at=at, at=at), "", at)
    return [one.received for one in [*found, *_advance(engine, until)]]


def _advance(engine: Engine, now: int) -> Iterator[Firing]:
    """Yield what fires by the clock alone, each at its time."""
    while (due := engine.due) <= now:
        yield from engine.advance(due)


def _paired(certain: Sequence[int], possible: Sequence[int], bars: Sequence[Bar]) -> Iterator[BoundedFiring]:
    """Yield each possible firing, until the first certain one before the next, as far as there is one."""
    for at, follower in itertools.zip_longest(possible, possible[1:], fillvalue=2**53):
        known = next((one for one in certain if at <= one < follower), None)
        yield BoundedFiring(at, at + _length(bars, at) if known is None else known + 1, known is not None)


def _merged(
    certain: Sequence[int], possible: Sequence[int], bars: Sequence[Bar], for_ms: int
) -> Iterator[BoundedFiring]:
    """Yield what is certain, each within the length of the bar in which it began to hold, and what else is possible."""
    known = [BoundedFiring(at + 1 - _length(bars, at - for_ms), at + 1, True) for at in certain]
    yield from known
    group: BoundedFiring | None = None
    for at in possible:
        if any(one.since - 1 <= at <= one.until for one in known):
            continue
        length = _length(bars, at - for_ms)
        if group is not None and at - group.since <= length:
            group = group._replace(until=at + length)
            continue
        if group is not None:
            yield group
        group = BoundedFiring(at, at + length, False)
    if group is not None:
        yield group


def _length(bars: Sequence[Bar], at: int) -> int:
    """Return how long the bar is that a time is in, or the one before it."""
    return bars[max(0, bisect.bisect_right(bars, at, key=lambda bar: bar.time) - 1)].length


# What has to hold


def _hold_walks(spec: RuleSpec) -> tuple[Steps, ...]:
    """Return the walk in which the condition holds as short as bars allow, then those in which it does so long.

    Where a hold ends within a bar, it ends at its beginning in one of these, and at its end in the other: of two such
    bars in a row what lies between is as long as can be in one of them.
    """
    truth = _truth(spec.when)
    levels = sorted({float(typing.cast(decimal.Decimal, bound)) for leaf in spec.leaves for bound in leaf.bounds})
    return (
        lambda bars: _late(bars, truth, levels),
        lambda bars: _long(bars, truth, is_first=True),
        lambda bars: _long(bars, truth, is_first=False),
    )


def _late(bars: Iterable[Bar], truth: Truth, levels: Sequence[float]) -> Iterator[Step]:
    """Yield prices that turn true as a bar ends, and untrue as one begins: its first trade may be as late, or early."""
    was = False
    for bar in bars:
        broken = next((price for price in _points(bar, levels) if not truth(price)), None)
        if broken is not None:
            yield bar.time, broken
            yield bar.end - 1, broken
        elif was:
            yield bar.time, bar.open
        yield bar.end - 1, bar.close
        was = truth(bar.close)


def _points(bar: Bar, levels: Sequence[float]) -> list[float]:
    """Return prices that stand for all that a bar may have been at: its own, levels between them, and the middles."""
    edges = [bar.low, *(level for level in levels if bar.low < level < bar.high), bar.high]
    return [bar.open, bar.close, *edges, *((one + other) / 2 for one, other in itertools.pairwise(edges))]


def _long(bars: Iterable[Bar], truth: Truth, *, is_first: bool) -> Iterator[Step]:
    """Yield prices that are untrue at the beginning of bars, but in every other one that a hold ends in: at its end.

    `is_first` says at which of them the first one of these is.
    """
    was = False
    for bar in bars:
        prices = sorted((bar.open, bar.low, bar.high), key=truth)
        is_early = True
        if (was or truth(bar.open)) and not truth(prices[0]):
            is_early, is_first = is_first, not is_first
        if not is_early:
            prices.reverse()
        yield from ((bar.time if is_early or truth(price) else bar.end - 1, price) for price in prices)
        yield bar.end - 1, bar.close
        was = truth(bar.close)


def _truth(group: Group) -> Truth:
    """Return what says whether a condition holds at a price."""
    tests = [_truth(part) if isinstance(part, Group) else _holds(part) for part in group.parts]
    how = all if group.how == "all" else any
    return lambda price: how(test(price) for test in tests)


def _holds(leaf: Leaf) -> Truth:
    zone = zone_of(leaf, [float(typing.cast(decimal.Decimal, bound)) for bound in leaf.bounds])
    assert not isinstance(zone, Sides)  # noqa: S101 (what has to hold is no cross)
    return zone.holds


# Moves within a time


def _as_level(rule: Rule, leaf: Leaf) -> Rule:
    """Return the rule that waits for moves as one that waits for a level of what is told of them."""
    level = msgspec.structs.replace(
        leaf, comparator="inside", value=(typing.cast(decimal.Decimal, leaf.value), WHATEVER), within_s=0
    )
    return msgspec.structs.replace(rule, spec=msgspec.structs.replace(rule.spec, when=Group("all", (level,))))


def _move_walks(leaf: Leaf) -> tuple[Steps, ...]:
    """Return the walk of the moves that there were for certain, each when its bar ends, then that of those there may
    have been, each as its bar begins."""
    return (
        lambda bars: _from_rest((bar.end - 1, certain) for bar, certain, _ in _moves(leaf, bars)),
        lambda bars: _from_rest((bar.time, possible) for bar, _, possible in _moves(leaf, bars)),
    )


def _from_rest(steps: Iterator[Step]) -> Iterator[Step]:
    """Begin with no move: that is what the first price of all is."""
    for number, (at, moved) in enumerate(steps):
        if not number:
            yield at, 0.0
        yield at, moved


def _moves(leaf: Leaf, bars: Iterable[Bar]) -> Iterator[tuple[Bar, float, float]]:
    """Yield each bar with how far the price moved within the time until some moment of it: for certain, and perhaps."""
    sign, within = (1 if leaf.comparator == "moves_up" else -1), leaf.within_s * 1000
    near: collections.deque[Step] = collections.deque()
    far: collections.deque[Step] = collections.deque()
    for bar in bars:
        base, reach = (bar.low, bar.high) if sign > 0 else (bar.high, bar.low)
        _expire(near, bar.time + 1 - within)
        _expire(far, bar.end - 1 - within)
        pairs = [(bar.open, reach), (base, bar.close)] if bar.length <= within else []
        pairs += [(far[0][1], reach)] if far else []
        certain = [_moved(leaf, begun, price, sign) for begun, price in pairs]
        begins = [base, near[0][1]] if near else [base]
        possible = [_moved(leaf, begun, reach, sign) for begun in begins]
        yield bar, max(certain, default=0.0), max(possible)
        _keep(near, (bar.end, base), sign)
        _keep(far, (bar.time, base), sign)


def _expire(kept: collections.deque[Step], before: int) -> None:
    while kept and kept[0][0] <= before:
        kept.popleft()


def _keep(kept: collections.deque[Step], step: Step, sign: int) -> None:
    """Keep the prices that may yet be the extreme one: each is beyond all that came after it."""
    while kept and sign * kept[-1][1] >= sign * step[1]:
        kept.pop()
    kept.append(step)


def _moved(leaf: Leaf, begun: float, price: float, sign: int) -> float:
    """Return how far a price moved, 0 where it did not: in percent of where it began, or in its unit."""
    if leaf.by != "percent":
        return max(0.0, round(sign * (price - begun), DIGITS))
    return 0.0 if begun <= 0 else max(0.0, round(sign * (price / begun - 1) * 100, DIGITS))
