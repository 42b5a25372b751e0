"""Features of bars are what their formulas say, and missing where something is."""

import math
import random

import pytest

from lib.dispersion import EwmaSigma
from signals.features.bar_features import BAR_FEATURES, LEAST_RETURNS
from signals.features.bars import LENGTH_MS, FeatureBar

DAY_MS = 86_400_000


def session(day: int, closes: list[float], volume: float = 100.0) -> list[FeatureBar]:
    return [
        FeatureBar(
            day * DAY_MS + at * LENGTH_MS, day * DAY_MS + (at + 1) * LENGTH_MS, close, close + 1, close - 1, volume,
            None, day, at * 13 // 78, (at + 1) / 78,
        )
        for at, close in enumerate(closes)
    ]  # fmt: skip


def walk(seed: int, count: int = 78, sigma: float = 0.01) -> list[float]:
    draw, price, found = random.Random(seed), 100.0, []
    for _ in range(count):
        found.append(price := price * math.exp(draw.gauss(0, sigma)))
    return found


def values(name: str, bars: list[FeatureBar]) -> list[float | None]:
    feature = BAR_FEATURES[name]()
    return [feature.take(bar) for bar in bars]


@pytest.mark.parametrize("length", [1, 3, 12])
def test_a_return_is_in_deviations_of_those_before_it(length):
    closes = walk(1)
    found, sigma = values(f"return_{length}", session(0, closes)), EwmaSigma()
    for at in range(1, 78):
        before = sigma.value
        if at > LEAST_RETURNS and at >= length:
            assert before is not None
            wanted = math.log(closes[at] / closes[at - length]) / (before * math.sqrt(length))
            assert found[at] == pytest.approx(wanted, rel=1e-12)
        else:
            assert found[at] is None
        sigma.add(math.log(closes[at] / closes[at - 1]))


@pytest.mark.parametrize("length", [1, 3, 12])
def test_no_return_spans_a_night_or_a_bar_that_is_not_there(length):
    bars = session(0, walk(1))
    del bars[40]
    found = values(f"return_{length}", [*bars, *session(1, walk(2))])
    assert [one is None for one in found[39 : 41 + length]] == [False] + [True] * length + [False]
    assert [one is None for one in found[76 : 78 + length]] == [False] + [True] * length + [False]


def test_a_half_hour_is_as_lively_as_it_was_on_the_days_before():
    days = [session(day, walk(day)) for day in range(6)]
    lively = session(6, walk(9, sigma=0.03))
    found = values("sigma_ratio", [bar for bars in [*days, lively] for bar in bars])
    assert set(found[: 3 * 78]) == {None}
    usual = [one for one in found[4 * 78 : 6 * 78] if one is not None]
    assert 0.8 < sum(usual) / len(usual) < 1.3
    now = [one for one in found[6 * 78 :] if one is not None]
    assert 2 < sum(now) / len(now) < 4


def test_the_distance_from_vwap_counts_bars_of_all_hours_in_the_average():
    early = [bar._replace(part=-1, time=bar.time - DAY_MS // 4) for bar in session(0, [90.0] * 6, volume=1_000.0)]
    bars = session(0, walk(3))
    alone, with_early = values("vwap_distance", bars), values("vwap_distance", [*early, *bars])
    assert with_early[:6] == [None] * 6
    assert with_early[-1] is not None
    assert alone[-1] is not None
    assert with_early[-1] > alone[-1]


def test_the_place_in_the_range_is_zero_at_its_low_and_one_at_its_high():
    bars = [bar._replace(high=high, low=low, close=close) for bar, (high, low, close) in zip(
        session(0, [100.0] * 4), [(10, 10, 10), (12, 8, 12), (11, 9, 8), (11, 9, 10)], strict=True,
    )]  # fmt: skip
    assert values("range_position", bars) == [None, 1.0, 0.0, 0.5]
    assert values("range_position", [bars[1]._replace(high=None)]) == [None]


def test_a_volume_is_compared_with_its_part_of_the_day_alone():
    bars = [
        bar._replace(volume=1_000.0 if bar.part == 0 else 10.0) for day in range(9) for bar in session(day, [1.0] * 78)
    ]
    busy = [bar._replace(volume=2_000.0 if bar.part == 0 else 20.0) for bar in session(9, [1.0] * 78)]
    found = values("volume_ratio", [*bars, *busy])
    assert found[9 * 78] == pytest.approx(math.log(2), abs=1e-9)
    assert found[-6] == pytest.approx(math.log(2), abs=1e-9)
    assert values("volume_ratio", [bars[0]._replace(volume=0.0), bars[0]._replace(volume=None)]) == [None, None]


@pytest.mark.parametrize("name", BAR_FEATURES)
def test_outside_the_session_there_are_none(name):
    assert {*values(name, [bar._replace(part=-1) for bar in session(0, walk(4))])} == {None}
