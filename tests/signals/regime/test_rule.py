"""The words of the regime begin and end where docs/regime.md says."""

import math
import random

import pytest

from signals.features.bars import DayBar, FeatureBar
from signals.regime.rule import LEAST_DAYS, STAY_MS, RankedDays, Regime, RegimeWords

MINUTE = 60_000
DAY_MS = 86_400_000


def walk(sigmas: list[float], drift: float = 0.0, volume: float | None = 1e6, seed: int = 1) -> list[DayBar]:
    draw, price, found = random.Random(seed), 100.0, []
    for day, sigma in enumerate(sigmas):
        price *= math.exp(draw.choice((-1, 1)) * sigma + drift)
        found.append(DayBar(day, day * DAY_MS, price, volume))
    return found


def after(days: list[DayBar]) -> Regime:
    regime = Regime()
    for day in days:
        regime.take_day(day)
    return regime


def bar(number: int, close: float, part: int = 0) -> FeatureBar:
    time = 1_000 * DAY_MS + number * 5 * MINUTE
    return FeatureBar(time, time + 5 * MINUTE, close, close, close, 1e4, None, 1_000, part, (number + 1) / 78)


def test_it_is_unknown_until_there_are_sixty_days():
    days = walk([0.01] * 62)
    for count in (1, 30, LEAST_DAYS):
        reading = after(days[:count]).reading
        assert {reading.volatility, reading.trend, reading.liquidity} == {"unknown"}
        assert (reading.percentile, reading.days) == (None, count - 1)
    reading = after(days[: LEAST_DAYS + 1]).reading
    assert "unknown" not in {reading.volatility, reading.trend, reading.liquidity}
    assert reading.days == 60


def test_days_that_grow_wild_are_stressed_and_days_that_calm_down_are_calm():
    assert after(walk([0.01] * 200 + [0.05] * 8)).reading.volatility == "stressed"
    assert after(walk([0.02] * 200 + [0.001] * 40)).reading.volatility == "calm"
    draw = random.Random(5)
    words = {
        after(walk([0.01 * math.exp(draw.gauss(0, 1)) for _ in range(200)], seed=n)).reading.volatility
        for n in range(30)
    }
    assert words == {"calm", "normal", "stressed"}


def test_a_wild_day_is_stressed_before_it_is_over_and_a_quiet_morning_is_not_calm():
    draw = random.Random(8)
    days = walk([0.01 * math.exp(draw.gauss(0, 0.7)) for _ in range(200)])
    regime, close = after(days), days[-1].close
    start, before = regime.dump(), regime.reading.percentile
    regime.take(bar(0, close))
    assert regime.reading.percentile == pytest.approx(before, abs=5), "of a bar that rests, little is concluded"
    regime.restore(start)
    for number in range(40):
        close *= math.exp((-1) ** number * 0.02)
        regime.take(bar(number, close))
    assert regime.reading.volatility == "stressed"


def test_a_way_up_is_a_trend_and_one_of_chance_is_flat():
    assert after(walk([0.002] * 100, drift=0.005)).reading.trend == "up"
    assert after(walk([0.002] * 100, drift=-0.005)).reading.trend == "down"
    assert after([DayBar(day, day * DAY_MS, 100 + day % 2, 1e6) for day in range(100)]).reading.trend == "flat"


def test_what_few_dollars_move_is_thin_and_what_trades_without_volume_is_unknown():
    quiet = walk([0.01] * 150)
    busy = [day._replace(volume=1e8) if day.day > 120 else day for day in quiet]
    idle = [day._replace(volume=1e4) if day.day > 140 else day for day in quiet]
    assert after(busy).reading.liquidity == "deep"
    assert after(idle).reading.liquidity == "thin"
    assert after(walk([0.01] * 150, volume=None)).reading.liquidity == "unknown"


def test_bars_outside_the_session_say_nothing():
    regime = after(walk([0.01] * 100))
    before = regime.dump()
    regime.take(bar(0, 500.0, part=-1))
    assert regime.dump() == before


def test_a_day_of_bars_counts_as_a_day_once_the_next_one_begins():
    regime = after(walk([0.01] * 40))
    regime.take(bar(0, 100.0))
    assert regime.reading.days == 39
    tomorrow = bar(0, 101.0)
    regime.take(tomorrow._replace(day=1_001, time=tomorrow.time + DAY_MS, end=tomorrow.end + DAY_MS))
    assert regime.reading.days == 40


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([50, 39.9, 44.9, 45.1], ["normal", "calm", "calm", "normal"]),
        ([50, 85.1, 80.1, 79.9], ["normal", "stressed", "stressed", "normal"]),
        ([39, 86, 50], ["calm", "stressed", "normal"]),
        ([50, None, 39], ["normal", "unknown", "calm"]),
    ],
)
def test_a_word_ends_five_points_past_where_it_began(values, words):
    levels, found = RegimeWords(("calm", "normal", "stressed"), 40, 85, 5), []
    for at, value in enumerate(values):
        levels.step(value, at * STAY_MS)
        found.append(levels.word)
    assert found == words


def test_a_word_stays_for_half_an_hour():
    levels = RegimeWords(("calm", "normal", "stressed"), 40, 85, 5)
    levels.step(50, 0)
    levels.step(90, STAY_MS - 1)
    assert (levels.word, levels.since) == ("normal", 0)
    levels.step(90, STAY_MS)
    assert (levels.word, levels.since) == ("stressed", STAY_MS)


def test_a_percentile_is_among_the_last_250_days():
    days = RankedDays()
    for value in range(59):
        days.add(value)
    assert days.rank(10) is None
    for value in range(59, 400):
        days.add(value)
    assert len(days) == 250
    assert days.rank(150) == 0
    assert days.rank(275) == 50
    assert days.rank(1_000) == 100
