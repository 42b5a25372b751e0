"""What bars bound is so on the ticks that they are made of: what is certain happened, and what happened was found."""

import itertools
import random

import pytest

from alerts.evaluation.lookback import MINUTE, Bar
from alerts.hindsight.bounds import BoundedFiring, bounded_symbol, find_between
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from tests.alerts.hindsight.test_finding import NOW

BEGIN = NOW - 6 * 3_600_000
Ticks = list[tuple[int, float]]


def rule(leaf: str, more: str) -> Rule:
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{leaf}]}}, "session": "always"{more}}}'), BEGIN)


def holds(is_: str, value: object, for_s: int, trigger: str = "each") -> Rule:
    more = ', "rearm": {"by": 0}' if trigger == "each" else ""
    leaf = f'{{"field": "QQQ.last", "is": "{is_}", "value": {value}}}'
    return rule(leaf, f', "for_s": {for_s}, "trigger": "{trigger}"{more}')


def moves(is_: str, percent: float, within_s: int, by: str = "percent") -> Rule:
    leaf = f'{{"field": "QQQ.last", "is": "{is_}", "value": {percent}, "within_s": {within_s}, "by": "{by}"}}'
    return rule(leaf, ', "trigger": "each", "rearm": {"by": 0}')


def walk(seed: int, gap_s: float, step: float) -> Ticks:
    """Trades of some hours about 450."""
    draw, at, price, found = random.Random(seed), BEGIN, 450.0, []
    while at < NOW - 10 * MINUTE:
        at += round(draw.expovariate(1 / gap_s) * 1000) + 1
        price = round(price + draw.gauss((450 - price) / 40, step), 2)
        found.append((at, price))
    return found


def bars_of(ticks: Ticks, length: int) -> list[Bar]:
    found = []
    for begin, told in itertools.groupby(ticks, lambda tick: tick[0] // length * length):
        prices = [price for _, price in told]
        found.append(Bar(begin, prices[0], max(prices), min(prices), prices[-1], length))
    return found


def held(ticks: Ticks, is_true, for_ms: int) -> list[int]:
    """When a plain reading of ticks sees a condition that turned true hold for long enough."""
    found, since, was = [], None, None
    for (at, price), (follows, _) in itertools.pairwise([*ticks, (NOW, 0.0)]):
        is_now = is_true(price)
        if is_now and was is False:
            since = at
        elif not is_now:
            since = None
        was = is_now
        if since is not None and since + for_ms < follows:
            found.append(since + for_ms)
            since = None
    return found


def moved(ticks: Ticks, sign: int, percent: float, within_ms: int) -> list[int]:
    """When a plain reading of ticks sees the price begin to be so far from its extreme within the time."""
    found, was = [], None
    for number, (at, price) in enumerate(ticks):
        base = price
        for earlier, before in reversed(ticks[:number]):
            if at - earlier >= within_ms:
                break
            base = min(base, before) if sign > 0 else max(base, before)
        is_now = sign * (price / base - 1) * 100 >= percent
        if is_now and was is False:
            found.append(at)
        was = is_now
    return found


def check(found: list[BoundedFiring], happened: list[int], length: int = MINUTE) -> int:
    """Fail unless all that happened was found, and what is certain happened. Returns how many are certain.

    Of several within the length of a bar one is found.
    """
    for at in happened:
        assert any(one.since <= at <= one.until + length for one in found), (at, found)
    certain = [one for one in found if one.is_certain]
    for one in certain:
        assert any(one.since <= at <= one.until for at in happened), (one, happened)
    return len(certain)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("for_s", "length"), [(30, MINUTE), (90, MINUTE), (600, MINUTE), (300, 5 * MINUTE)])
def test_what_held_for_long_enough_is_found_and_what_is_certain_did(seed, for_s, length):
    ticks = walk(seed, 11, 0.15)
    happened = held(ticks, lambda price: price > 450, for_s * 1000)
    found = find_between(holds("above", 450, for_s), bars_of(ticks, length), BEGIN, NOW)
    certain = check(found, happened, length)
    assert certain >= len(happened) // 3


@pytest.mark.parametrize("seed", range(8))
def test_what_held_within_a_range_is_found(seed):
    ticks = walk(seed, 25, 0.3)
    happened = held(ticks, lambda price: 449.5 <= price <= 450.5, 120_000)
    check(find_between(holds("inside", "[449.5, 450.5]", 120), bars_of(ticks, MINUTE), BEGIN, NOW), happened)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("is_", "percent", "within_s", "length"),
    [
        ("moves_up", 0.25, 60, MINUTE),
        ("moves_up", 0.6, 600, MINUTE),
        ("moves_down", 0.45, 300, MINUTE),
        ("moves_down", 0.7, 900, 5 * MINUTE),
    ],
)
def test_moves_within_a_time_are_found_and_what_is_certain_was_one(seed, is_, percent, within_s, length):
    ticks = walk(seed, 11, 0.25)
    happened = moved(ticks, 1 if is_ == "moves_up" else -1, percent, within_s * 1000)
    found = find_between(moves(is_, percent, within_s), bars_of(ticks, length), BEGIN, NOW)
    certain = [one for one in found if one.is_certain]
    for one in certain:
        assert any(one.since <= at <= one.until for at in happened), (one, happened)
    ends = [*(one.since for one in found), 2**53]
    for at in happened:
        assert any(begin <= at < end for begin, end in itertools.pairwise(ends)), (at, found)
    assert certain, happened


def bar(minute: int, begun: float, high: float, low: float, close: float) -> Bar:
    return Bar(BEGIN + minute * MINUTE, begun, high, low, close)


def test_a_price_that_stood_beyond_its_level_for_whole_bars_held_for_certain():
    told = [
        bar(0, 449, 449, 449, 449),
        bar(1, 449, 451, 449, 451),
        bar(2, 451, 452, 451, 451),
        bar(3, 451, 451, 451, 451),
    ]
    (one,) = find_between(holds("above", 450, 60), told, BEGIN, NOW)
    assert one == (BEGIN + 2 * MINUTE, BEGIN + 3 * MINUTE, True)
    (perhaps,) = find_between(holds("above", 450, 150), [*told[:3], bar(3, 451, 451, 449, 449)], BEGIN, NOW)
    assert not perhaps.is_certain
    assert find_between(holds("above", 450, 180), [*told[:3], bar(3, 449, 449, 449, 449)], BEGIN, NOW) == []


def test_a_rule_that_fires_once_is_found_once():
    told = [bar(at, price, price, price, price) for at, price in enumerate((449, 451, 451, 449, 451, 451, 449))]
    assert len(find_between(holds("above", 450, 60, "once"), told, BEGIN, NOW)) == 1


def test_a_fall_from_one_bar_to_the_next_is_certain_and_one_within_a_bar_only_if_the_order_is_known():
    quiet = bar(0, 450, 450, 450, 450)
    fall = moves("moves_down", 2, 120, by="value")
    (one,) = find_between(fall, [quiet, bar(1, 450, 450, 448, 449)], BEGIN, NOW)
    assert one.is_certain, "the open came before the low"
    (perhaps,) = find_between(fall, [quiet, bar(1, 450, 451, 449, 450.5)], BEGIN, NOW)
    assert not perhaps.is_certain
    assert find_between(fall, [quiet, bar(1, 450, 450, 448.01, 449)], BEGIN, NOW) == []
    late = [bar(at, price, price, price, price) for at, price in enumerate((450, 449, 448))]
    assert [one.is_certain for one in find_between(fall, late, BEGIN, NOW)] == [False], (
        "it may have taken three minutes"
    )


@pytest.mark.parametrize(
    ("one", "symbol"),
    [
        (holds("above", 450, 60), "QQQ"),
        (moves("moves_up", 1, 60), "QQQ"),
        (rule('{"field": "QQQ.last", "is": "above", "value": 450}', ""), ""),
        (rule('{"field": "QQQ.bid", "is": "above", "value": 450}', ', "for_s": 5'), ""),
        (rule('{"field": "QQQ.last", "is": "above", "value": "SPY.last"}', ', "for_s": 5'), ""),
        (
            rule(
                '{"field": "QQQ.last", "is": "above", "value": 4}, {"field": "SPY.last", "is": "above", "value": 4}',
                ', "for_s": 5',
            ),
            "",
        ),
    ],
)
def test_bars_bound_what_holds_or_moves_of_one_last_price_alone(one, symbol):
    assert bounded_symbol(one.spec) == symbol
