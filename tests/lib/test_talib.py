"""Indicators say what TA-Lib says, to 1e-9: of any walk, of any length, on every bar that it has a value for.

Its exponential averages begin with a simple one, ours with the first price: they are compared once that has faded, and
from the first bar on where both begin alike.
"""

import collections
import itertools
import math
import random
import typing

import numpy
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.dispersion import EwmaSigma, RollingExtreme, ZScore
from lib.studies import MAKERS, Ema, StudyBar

COUNT = 420
FADED = 340
"""After so many bars it does not show any more, to 1e-9, where averages of 26 began."""
WALKS = st.tuples(st.integers(0, 10**6), st.sampled_from([0.0005, 0.01, 0.08]), st.sampled_from([0.0, 0.3]))
"""A seed, how lively the walk is, and how often it rests."""
LENGTHS = st.integers(2, 30)
LAWS = settings(max_examples=25, deadline=None)


def moves(walk: tuple[int, float, float]) -> list[float]:
    seed, sigma, rests = walk
    draw = random.Random(seed)
    return [0.0 if draw.random() < rests else draw.gauss(0, sigma) for _ in range(COUNT)]


def bars(told: list[float]) -> list[StudyBar]:
    levels = itertools.accumulate(told, lambda one, other: max(-2, min(2, one + other)))
    return [
        StudyBar(at, close, close * (1 + abs(move) / 2), close * (1 - abs(move) / 3))
        for at, (close, move) in enumerate(zip((100 * math.exp(one) for one in levels), told, strict=True))
    ]


def column(known: list[StudyBar], name: str) -> numpy.ndarray:
    return numpy.array([getattr(bar, name) for bar in known], dtype=float)


def told(name: str, length: int, known: list[StudyBar]) -> list[float | None]:
    study = MAKERS[name](length)
    return [study.take(bar) for bar in known]


def compare(ours: list[float | None], theirs: numpy.ndarray, since: int = 0) -> None:
    """Compare on every bar that TA-Lib has a value for."""
    compared = 0
    for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if at >= since and not math.isnan(other):
            assert one is not None, at
            assert one == pytest.approx(float(other), rel=1e-9, abs=1e-9), at
            compared += 1
    assert compared >= 40


CLOSES: dict[str, typing.Callable[[numpy.ndarray, int], numpy.ndarray]] = {
    "sma": talib.SMA, "ema": talib.EMA, "rsi": talib.RSI,
    "bollinger_upper": lambda closes, length: talib.BBANDS(closes, length)[0],
    "bollinger_middle": lambda closes, length: talib.BBANDS(closes, length)[1],
    "bollinger_lower": lambda closes, length: talib.BBANDS(closes, length)[2],
    "macd": lambda closes, length: talib.MACD(closes)[0], "macd_signal": lambda closes, length: talib.MACD(closes)[1],
    "macd_histogram": lambda closes, length: talib.MACD(closes)[2],
}  # fmt: skip


FADING = {"ema", "macd", "macd_signal", "macd_histogram"}


@pytest.mark.parametrize("name", CLOSES)
@given(WALKS, LENGTHS)
@LAWS
def test_an_indicator_of_closes_says_what_talib_says(name, walk, length):
    known = bars(moves(walk))
    theirs = CLOSES[name](column(known, "close"), length)
    since = FADED if name in FADING else 0
    if name == "rsi":  # of prices that never moved it says 0, and charts 100
        since = next(at for at, bar in enumerate(known) if bar.close != known[0].close)
    compare(told(name, length, known), theirs, since)


@given(WALKS, LENGTHS)
@LAWS
def test_an_exponential_average_goes_on_as_talibs_from_where_that_begins(walk, length):
    closes = column(bars(moves(walk)), "close")
    ema, theirs = Ema(length), talib.EMA(closes, length)
    ema.add(float(closes[:length].mean()))
    for one, other in zip(closes[length:], theirs[length:], strict=True):
        ema.add(float(one))
        assert ema.average == pytest.approx(float(other), rel=1e-9)


@given(WALKS, LENGTHS)
@LAWS
def test_an_average_of_true_ranges_says_what_talib_says(walk, length):
    known = bars(moves(walk))
    high, low, close = (column(known, name) for name in ("high", "low", "close"))
    compare(told("atr", length, known), talib.ATR(high, low, close, length))


@given(WALKS, LENGTHS)
@LAWS
def test_a_rolling_extreme_says_what_talib_says(walk, length):
    closes = [typing.cast(float, bar.close) for bar in bars(moves(walk))]
    highest, lowest = RollingExtreme(length, 1), RollingExtreme(length, -1)
    compare([highest.add(one) for one in closes], talib.MAX(numpy.array(closes), length))
    compare([lowest.add(one) for one in closes], talib.MIN(numpy.array(closes), length))


@given(WALKS, LENGTHS)
@LAWS
def test_the_highest_before_a_bar_is_the_highest_that_talib_knew_a_bar_sooner(walk, length):
    known = bars(moves(walk))
    for name, of, judge in (("highest", "high", talib.MAX), ("lowest", "low", talib.MIN)):
        compare(told(name, length, known)[1:], judge(column(known, of), length)[:-1])


@given(WALKS, LENGTHS)
@LAWS
def test_a_score_is_how_many_of_talibs_deviations_a_value_is_from_its_mean(walk, length):
    values = numpy.array(moves(walk)) * 100
    means, deviations = talib.SMA(values, length), talib.STDDEV(values, length)
    score = ZScore(length)
    for one, mean, deviation in zip(values, means, deviations, strict=True):
        found = score.add(float(one))
        if not math.isnan(mean) and deviation > 1e-3:  # it squares and takes apart: of less, little is left
            assert found == pytest.approx((one - mean) / deviation, rel=1e-9, abs=1e-8)


@given(WALKS, LENGTHS)
@LAWS
def test_an_ewma_sigma_is_the_root_of_talibs_average_of_squares(walk, length):
    values = numpy.array(moves(walk)) * 100
    squares = talib.EMA(values**2, length)
    sigma = EwmaSigma(1 - 2 / (length + 1), least=length)
    compare([sigma.add(float(one)) for one in values], numpy.sqrt(squares), FADED)


def test_the_law_of_these_tests_can_fail():
    """An average that begins elsewhere is told apart while it shows."""
    known = bars([0.01, -0.02, 0.03] * 30)
    with pytest.raises(AssertionError):
        compare(told("ema", 9, known), talib.EMA(column(known, "close"), 9))


def test_vwap_is_what_was_paid_for_what_was_traded():
    """TA-Lib has none: by its definition, with exact fractions of what was paid."""
    known = [
        bar._replace(volume=float(1 + at % 7), day=at // 30) for at, bar in enumerate(bars([0.01, -0.03, 0.02] * 30))
    ]
    study = MAKERS["vwap"](0)
    paid: dict[object, list[tuple[float, float]]] = collections.defaultdict(list)
    for bar in known:
        assert bar.high is not None
        assert bar.low is not None
        assert bar.close is not None
        assert bar.volume is not None
        paid[bar.day].append(((bar.high + bar.low + bar.close) / 3, bar.volume))
        wanted = math.fsum(price * volume for price, volume in paid[bar.day]) / sum(
            volume for _, volume in paid[bar.day]
        )
        assert study.take(bar) == pytest.approx(wanted, rel=1e-12)
