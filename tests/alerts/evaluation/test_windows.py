"""Moves within a time are those that a list of all prices shows, and a break begins them anew."""

import random

import pytest

from alerts.evaluation.engine import Engine
from alerts.evaluation.windows import PARTS, Window
from alerts.rules.state import decode_state, encode_state
from tests.alerts.evaluation.test_engine import LINK, MIDDAY, last, rule

FALLS = '{"all": [{"field": "QQQ.last", "is": "moves_down", "value": 2, "within_s": 60}]}'
RISES = '{"all": [{"field": "QQQ.last", "is": "moves_up", "value": 3, "within_s": 60, "by": "value"}]}'
MOVED = '{"all": [{"field": "QQQ.move_pct@1m", "is": "below", "value": -1}]}'


def plain(kind: str, prices: list[tuple[int, float]], now: int, length: int) -> float | None:
    """The same of a list of all prices."""
    near = [price for at, price in prices if at > now - length]
    if kind == "rise":
        return near[-1] - min(near)
    if kind == "fall":
        return max(near) - near[-1]
    before = [price for at, price in prices if at <= now - length]
    return near[-1] - before[-1] if before else None


@pytest.mark.parametrize("kind", ["rise", "fall", "since"])
def test_a_window_says_what_all_prices_say(kind):
    """Ticks come slower than a part of the window, so that nothing is left out."""
    draw, length = random.Random(kind), 48_000
    window, prices, now, price = Window(kind, length, is_percent=False), [], MIDDAY, 100.0
    for _ in range(3_000):
        now += draw.randrange(length // PARTS, 3_000) if draw.random() < 0.99 else draw.randrange(100_000)
        price += draw.randrange(-5, 6)
        prices.append((now, price))
        assert window.take(price, now) == plain(kind, prices, now, length)
        assert len(window.state) <= PARTS + 1


def test_a_window_is_bounded_whatever_comes():
    window = Window("rise", 14_400_000, is_percent=True)
    for step in range(50_000):
        window.take(100 + step / 1000, MIDDAY + step * 50)
    assert len(window.state) <= PARTS + 1


def run(engine: Engine, *prices: tuple[int, float]) -> list[tuple[float | None, float | None]]:
    return [
        (firing.before, firing.after)
        for second, price in prices
        for firing in engine.take(last(price, MIDDAY + second * 1000), LINK, MIDDAY + second * 1000)
    ]


def test_a_fall_fires_when_it_is_deep_enough_within_its_time():
    assert run(Engine([rule(FALLS)], MIDDAY), (0, 100), (30, 99), (59, 98)) == [(1.0, 2.0)]
    assert run(Engine([rule(FALLS)], MIDDAY), (0, 100), (30, 99), (61, 98)) == []


def test_a_rise_may_be_in_the_unit_of_the_price():
    assert run(Engine([rule(RISES)], MIDDAY), (0, 100), (10, 99), (20, 102)) == [(0.0, 3.0)]


def test_a_move_is_against_the_price_of_then_and_not_known_before_there_is_one():
    engine = Engine([rule(MOVED)], MIDDAY)
    assert run(engine, (0, 100), (30, 90)) == []
    assert engine.statuses(MIDDAY + 30_000)[0].state == "cannot_check"
    assert run(engine, (61, 100.5), (91, 88)) == [(0.5, -2.222222222)]


def test_a_break_of_the_feed_begins_it_anew():
    engine = Engine([rule(FALLS)], MIDDAY)
    run(engine, (0, 100))
    engine.interrupt(MIDDAY + 1000)
    assert run(engine, (10, 97), (20, 96)) == []


def test_another_process_goes_on_with_the_window():
    first = Engine([rule(FALLS)], MIDDAY)
    run(first, (0, 100), (30, 99))
    stored = decode_state(encode_state(first.checkpoint(MIDDAY + 40_000)))
    second = Engine([rule(FALLS)], MIDDAY + 40_000, state=stored)
    assert run(second, (50, 97.9)) == [(1.0, 2.1)]
