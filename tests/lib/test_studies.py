"""Studies that go on bar by bar equal those that are worked out anew, from their textbook formulas, on every prefix."""

import itertools
import json
import random
import statistics

import pytest

from lib.incremental import count_numbers
from lib.studies import MAKERS, StudyBar


def bars(count: int, seed: int = 7) -> list[StudyBar]:
    draw, price, found = random.Random(seed), 450.0, []
    for at in range(count):
        price += draw.gauss(0, 1)
        high, low = price + draw.random(), price - draw.random()
        close = None if draw.random() < 0.03 else draw.uniform(low, high)
        vwap = draw.choice((None, draw.uniform(low, high)))
        found.append(
            StudyBar(at * 60_000, close, high, low, draw.choice((0.0, draw.randrange(1, 900))), vwap, at // 50)
        )
    return found


def ema(values, length):
    weight, average = 2 / (length + 1), values[0]
    for value in values[1:]:
        average = value * weight + average * (1 - weight)
    return average if len(values) >= length else None


def wilder(values, length):
    if len(values) < length:
        return None
    average = statistics.fmean(values[:length])
    for value in values[length:]:
        average = (average * (length - 1) + value) / length
    return average


def rsi(known, length):
    moves = [after.close - before.close for before, after in itertools.pairwise(known)]
    gain, loss = wilder([max(one, 0) for one in moves], length), wilder([max(-one, 0) for one in moves], length)
    return None if gain is None else 100 * gain / (gain + loss)


def atr(known, length):
    return wilder(
        [
            max(one.high - one.low, abs(one.high - before.close), abs(one.low - before.close))
            for before, one in itertools.pairwise(known)
        ],
        length,
    )


def vwap(known, length):
    today = [one for one in known if one.volume and one.day == known[-1].day]
    prices = [(one.high + one.low + one.close) / 3 if one.vwap is None else one.vwap for one in today]
    paid = sum(price * one.volume for price, one in zip(prices, today, strict=True))
    return paid / sum(one.volume for one in today) if known[-1].volume else None


def macd(known, length):
    lines = [ema([one.close for one in known[: end + 1]], 12) - ema([one.close for one in known[: end + 1]], 26)
             for end in range(25, len(known))]  # fmt: skip
    return (lines[-1], ema([*lines[:1] * 9, *lines[1:]], 9)) if lines else None


def bollinger(side):
    def reference(known, length):
        closes = [one.close for one in known[-length:]]
        return statistics.fmean(closes) + side * 2 * statistics.pstdev(closes) if len(closes) == length else None

    return reference


REFERENCES = {
    "close": lambda known, length: known[-1].close,
    "sma": lambda known, length: bollinger(0)(known, length),
    "ema": lambda known, length: ema([one.close for one in known], length),
    "rsi": rsi, "atr": atr, "vwap": vwap,
    "macd": lambda known, length: (found := macd(known, length)) and found[0],
    "macd_signal": lambda known, length: (found := macd(known, length)) and found[1],
    "macd_histogram": lambda known, length: (found := macd(known, length)) and found[0] - found[1],
    "bollinger_upper": bollinger(1), "bollinger_middle": bollinger(0), "bollinger_lower": bollinger(-1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
def test_a_study_equals_its_reference_on_every_prefix(name):
    study, known, compared = MAKERS[name](9), [], 0
    for bar in bars(160):
        told = study.take(bar)
        if bar.close is None:
            assert told is None or (name == "vwap" and bar.vwap is not None)
            if told is None:
                continue
        known.append(bar)
        expected = REFERENCES[name](known, 9)
        assert (told is None) == (expected is None)
        if told is not None:
            assert told == pytest.approx(expected, rel=1e-9, abs=1e-9)
            compared += 1
    assert compared > 60


@pytest.mark.parametrize(("name", "pick"), [("highest", max), ("lowest", min)])
def test_an_extreme_is_that_of_the_bars_before(name, pick):
    study = MAKERS[name](9)
    before: list[float] = []
    for number, bar in enumerate(bars(60)):
        one = bar._replace(high=None, low=None) if number % 7 == 3 else bar
        price = one.high if name == "highest" else one.low
        expected = pick(before[-9:]) if len(before) >= 9 and price is not None else None
        assert study.take(one) == expected
        before += [price] if price is not None else []
    assert len(before) > 50


def test_the_volume_of_a_bar_is_its_own():
    assert MAKERS["bar_volume"](0).take(StudyBar(0, 1.0, volume=7.0)) == 7.0


def test_a_series_that_only_rises_is_as_strong_as_can_be():
    study = MAKERS["rsi"](2)
    assert [study.take(StudyBar(at, float(at))) for at in range(4)] == [None, None, 100.0, 100.0]


@pytest.mark.parametrize("name", MAKERS)
def test_a_study_goes_on_from_what_it_dumped_with_equal_numbers(name):
    straight, carried = MAKERS[name](9), MAKERS[name](9)
    for number, bar in enumerate(bars(160)):
        if number % 30 == 25:
            kept = json.loads(json.dumps(carried.dump()))
            carried = MAKERS[name](9)
            carried.restore(kept)
        assert straight.take(bar) == carried.take(bar)
        assert count_numbers(straight.dump()) <= 50


DAY = 86_400_000


def volumes(*told: float | None, at: int = 36_000_000, begin: int = 0) -> list[StudyBar]:
    """Bars of one time of day, one a day."""
    return [StudyBar((begin + day) * DAY + at, 1.0, volume=volume, time_of_day=at) for day, volume in enumerate(told)]


def test_a_volume_is_compared_with_the_median_of_its_time_of_day_on_the_days_before():
    study, other = MAKERS["volume_spike"](0), 72_000_000
    for bar in volumes(*[9_000.0] * 12, at=other):
        study.take(bar)
    told = [*range(100, 109), 500.0, None, 208.0, 208.0]
    assert [study.take(bar) for bar in volumes(*told)] == [None] * 11 + [208 / 104.5, 208 / 105]
    assert study.take(StudyBar(0, 1.0, volume=5.0)) is None, "its time of day is not known"
    assert [study.take(bar) for bar in volumes(4_500.0, at=other, begin=20)] == [0.5]


def test_a_volume_is_compared_with_no_more_than_twenty_days_also_by_who_goes_on():
    study = MAKERS["volume_spike"](0)
    for bar in volumes(*[1.0] * 20, *[10.0] * 10):
        study.take(bar)
    carried = MAKERS["volume_spike"](0)
    carried.restore(json.loads(json.dumps(study.dump())))
    for one in (study, carried):
        assert [one.take(bar) for bar in volumes(11.0, 20.0, 20.0, begin=30)] == [2.0, 2.0, 2.0]
    assert study.dump() == carried.dump()


def test_a_time_of_day_at_which_nothing_is_usual_has_no_spike():
    study = MAKERS["volume_spike"](0)
    assert [study.take(bar) for bar in volumes(*[0.0] * 10, 5.0)][-1] is None
