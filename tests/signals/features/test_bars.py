"""Candles become bars with their place in the exchange's day; what is not over, or has no close, is none."""

import datetime

import pytest

from brokers.contract.events import Candle
from signals.features.bars import LENGTH_MS, day_bars, feature_bars
from tests.support.moments import new_york
from tests.support.walked_bars import walked_candles


def candle(moment: str, symbol: str = "QQQ", **told: object) -> Candle:
    at = int(new_york(moment).timestamp() * 1000)
    named = {"close": 100.0, "high": 101.0, "low": 99.0, "volume": 5.0, "closed": True, **told}
    return Candle(symbol=symbol, interval="5m", time=at, **named)  # type: ignore[arg-type]


def place(moment: str, symbol: str = "QQQ") -> tuple[int, float]:
    (bar,) = feature_bars([candle(moment, symbol)])
    return bar.part, round(bar.elapsed, 3)


@pytest.mark.parametrize(
    ("moment", "part", "elapsed"),
    [
        ("2026-11-18 09:25", -1, 0.0),
        ("2026-11-18 09:30", 0, 0.013),
        ("2026-11-18 09:55", 0, 0.077),
        ("2026-11-18 10:00", 1, 0.09),
        ("2026-11-18 15:55", 12, 1.0),
        ("2026-11-18 16:00", -1, 0.0),
        ("2026-11-21 12:00", -1, 0.0),  # a Saturday
        ("2026-11-27 12:55", 12, 1.0),  # the day after Thanksgiving
        ("2026-11-27 13:00", -1, 0.0),
    ],
)
def test_a_bar_has_its_place_in_the_session(moment, part, elapsed):
    assert place(moment) == (part, elapsed)


def test_what_has_no_session_has_all_of_new_yorks_day():
    assert place("2026-11-21 00:00", "BTC/USD") == (0, 0.003)
    assert place("2026-11-21 23:55", "BTC/USD") == (11, 1.0)
    assert place("2026-11-01 23:55", "BTC/USD") == (11, 1.0), "a day of 25 hours"


def test_the_day_is_that_of_new_york():
    (late,) = feature_bars([candle("2026-11-18 23:55", "BTC/USD")])
    assert datetime.date.fromordinal(late.day) == datetime.date(2026, 11, 18)


@pytest.mark.parametrize("told", [{"closed": False}, {"close": None}, {"close": 0.0}, {"gone": True}])
def test_what_is_not_over_or_has_no_price_is_no_bar(told):
    assert feature_bars([candle("2026-11-18 10:00", **told)]) == []


def test_bars_come_in_order_and_the_last_word_on_one_counts():
    found = feature_bars([
        candle("2026-11-18 10:05"), candle("2026-11-18 10:00", close=1.0), candle("2026-11-18 10:00", close=2.0),
    ])  # fmt: skip
    assert [bar.close for bar in found] == [2.0, 100.0]
    assert found[0].end == found[0].time + LENGTH_MS


def test_a_bar_of_a_day_is_of_that_day_whichever_midnight_it_begins_with():
    day = datetime.date(2026, 11, 18)
    (told,) = walked_candles("QQQ", "1d", day, 1)
    for hours in (0, -5, 5):
        (bar,) = day_bars(
            [Candle(symbol="QQQ", interval="1d", time=told.time + hours * 3_600_000, close=1.0, closed=True)]
        )
        assert datetime.date.fromordinal(bar.day) == day
        assert bar.end == int(new_york("2026-11-18 16:00").timestamp() * 1000)
