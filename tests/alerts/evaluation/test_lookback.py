"""What bars show of a gap: found once, marked, never invented, and what they leave open is said."""

import datetime

import pytest

from alerts.evaluation.engine import Engine
from alerts.evaluation.lookback import MINUTE, Bar, catch_up, look_back, symbol_of
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from brokers.contract.events import Quote

T = int(datetime.datetime(2026, 11, 24, 15, 0, tzinfo=datetime.UTC).timestamp() * 1000)
"""Ten in the morning in New York, a Tuesday."""


def rule(body: str, more: str = "") -> Rule:
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{body}]}}{more}}}'), T - 3_600_000)


UP = '{"field": "QQQ.last", "is": "crosses_up", "value": 100}'
EACH = ', "trigger": "each", "rearm": {"by": 1}'


def watched(one: Rule, *prices: float):
    """The state of an engine that saw these prices before T."""
    engine = Engine([one], T - 60_000)
    for at, price in enumerate(prices):
        now = T - 50_000 + at
        engine.take(Quote(symbol="QQQ", last=price, last_at=now, at=now), "link", now)
    return engine.checkpoint(T)


def bars(*prices: tuple[float, float, float, float], begin: int = T) -> list[Bar]:
    return [Bar(begin + at * MINUTE, *one) for at, one in enumerate(prices)]


def found(one: Rule, state, told, until: int = 10):
    return look_back(one, state, told, T, T + until * MINUTE)


def test_a_cross_that_nobody_saw_is_found_once_and_says_where_and_how_late():
    one = rule(UP)
    result = found(one, watched(one, 99.0), bars((99, 99.5, 98, 99), (99, 101, 98.5, 99.2), (99, 102, 99, 101)))
    (firing,) = result.firings
    assert (firing.key, firing.recovered, firing.seen_in, firing.evidence) == ("once", True, "candle", "candle 1m")
    assert firing.between == (T + MINUTE, T + 2 * MINUTE)
    assert (firing.at, firing.late_ms) == (T + MINUTE, 8 * MINUTE)
    assert not firing.is_order_unknown
    assert result.state.fired == 1
    assert result.unchecked is None


def test_a_price_that_stayed_away_fires_nothing():
    one = rule(UP)
    assert found(one, watched(one, 99.0), bars((99, 99.99, 98, 99))).firings == []


def test_a_jump_over_the_level_between_two_bars_is_a_cross_over_a_gap():
    one = rule(UP)
    (firing,) = found(one, watched(one, 99.0), bars((103, 104, 102, 103))).firings
    assert (firing.gap, firing.before, firing.after) == (True, 99.0, 103.0)


def test_what_was_beyond_its_level_has_to_come_back_first():
    one = rule(UP)
    assert found(one, watched(one, 101.0), bars((101, 103, 100.5, 102))).firings == []


def test_up_and_down_in_one_minute_says_that_the_order_is_not_known():
    one = rule(UP)
    (firing,) = found(one, watched(one, 101.0), bars((101, 101.5, 99, 99.5))).firings
    assert firing.is_order_unknown


def test_each_time_means_each_time_it_came_back():
    one = rule(UP, EACH)
    told = bars((99, 101, 99, 101), (101, 101, 98.5, 98.5), (98.5, 100.5, 98.5, 100.5))
    result = found(one, watched(one, 99.0), told)
    assert [firing.key for firing in result.firings] == ["1", "2"]


def test_outside_its_session_nothing_counts():
    one = rule(UP)
    night = bars((99, 105, 99, 99), begin=T + 8 * 60 * MINUTE)
    assert look_back(one, watched(one, 99.0), night, T, T + 9 * 60 * MINUTE).firings == []


def test_a_bar_that_began_before_the_gap_counts_as_far_as_it_must_have_come_later():
    one = rule(UP)
    torn = [Bar(T - 30_000, 99, 101, 98, 99)]
    (firing,) = found(one, watched(one, 99.0), torn).firings
    assert firing.between == (T - 30_000, T + 30_000)


def test_a_bar_in_which_it_fired_before_the_gap_is_told_as_not_checked():
    one = rule(UP, EACH)
    state = watched(one, 99.0, 101.0, 98.0)
    assert state.rules["1"].fired == 1
    result = found(one, state, [Bar(T - 55_000, 99, 101, 98, 98)])
    assert result.firings == []
    assert result.unchecked == (T, T + 5_000)


def test_a_second_look_back_over_the_same_gap_finds_the_same_firings():
    one = rule(UP, EACH)
    told = bars((99, 101, 99, 101), (101, 101, 98.5, 98.5), (98.5, 100.5, 98.5, 100.5))
    state = watched(one, 99.0)
    assert [firing.venue_id for firing in found(one, state, told).firings] == [
        firing.venue_id for firing in found(one, state, told).firings
    ]


def test_ticks_that_came_while_it_looked_back_count_once_and_are_told_as_late():
    one = rule(UP)
    result = found(one, watched(one, 99.0), bars((99, 99.5, 98, 99)))
    ticks = [(Quote(symbol="QQQ", last=price, last_at=at, at=at), at) for price, at in ((99.2, T + 1), (101.0, T + 2))]
    (firing,), state = catch_up(one, result.state, ticks, T + 900)
    assert (firing.after, firing.recovered, firing.late_ms, firing.received) == (101.0, True, 898, T + 2)
    assert state.fired == 1
    assert catch_up(one, state, ticks, T + 900) == ([], state)
    assert catch_up(one, state, [], T) == ([], state)


@pytest.mark.parametrize(
    ("body", "symbol"),
    [
        (UP, "QQQ"),
        ('{"field": "QQQ.last", "is": "inside", "value": [1, 2]}', "QQQ"),
        ('{"field": "QQQ.bid", "is": "above", "value": 1}', ""),
        ('{"field": "QQQ.last", "is": "above", "value": "SPY.last"}', ""),
        (UP + ', {"field": "SPY.last", "is": "above", "value": 1}', ""),
        (UP + ', {"field": "QQQ.iv_rank", "is": "above", "value": 1}', ""),
    ],
)
def test_bars_say_enough_of_one_last_price_alone(body, symbol):
    assert symbol_of(rule(body).spec) == symbol


def test_what_has_to_hold_for_seconds_is_not_read_off_minutes():
    assert symbol_of(rule('{"field": "QQQ.last", "is": "above", "value": 1}', ', "for_s": 10').spec) == ""


def test_a_busy_bar_that_may_have_turned_twice_in_the_gap_is_told_as_not_checked():
    """It was below, went above, and ended there: whether it was below once more meanwhile, the bar does not say."""
    one = rule('{"field": "QQQ.last", "is": "below", "value": 100}')
    result = found(one, watched(one, 99.0), [Bar(T - 55_000, 99.5, 101, 98, 100.5)])
    assert result.firings == []
    assert result.unchecked == (T, T + 5_000)
