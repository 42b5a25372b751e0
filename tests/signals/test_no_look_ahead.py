"""Nothing that is told of a moment depends on what came after it: every feature, the regime, and both together."""

import itertools
import json
import math
import random
import typing
from collections.abc import Sequence

import msgspec
import pytest

from lib.dispersion import PastMoments
from lib.incremental import count_numbers
from signals.features.bar_features import BAR_FEATURES
from signals.features.feature_set import NAMES
from signals.features.snapshot import SNAPSHOT_FEATURES
from signals.regime.rule import Regime
from signals.watch.symbol_insight import IndexReadings, SymbolInsight, begin_insight, feed
from tests.signals.harness import Entry, LookAheadError, check_no_look_ahead
from tests.signals.tapes import days_before, tape

DAYS = 6
TAPE = tape(DAYS)
CUTS = range(5, len(TAPE), 23)
FEW = range(60, len(TAPE), 97)


def of_feature(name: str):
    def record(entries: Sequence[Entry]) -> list[typing.Any]:
        feature, moments = BAR_FEATURES[name](), PastMoments()
        values = [feature.take(bar) for bar, _ in entries]
        return [(value, None if value is None else moments.add(value)) for value in values]

    return record


def of_regime(entries: Sequence[Entry]) -> list[typing.Any]:
    regime = Regime()
    for day in days_before(DAYS, 120):
        regime.take_day(day)
    found = []
    for bar, _ in entries:
        regime.take(bar)
        found.append(regime.reading)
    return found


def of_insight(entries: Sequence[Entry]) -> list[typing.Any]:
    """What is told of a symbol and of SPY, which has its bars a little otherwise."""
    index, found = IndexReadings(), []
    bars = [bar for bar, _ in entries]
    both = [begin_insight(symbol, days_before(DAYS, 120), bars) for symbol in ("SPY", "QQQ")]
    for bar, snapshot in entries:
        for insight, scale in zip(both, (1.01, 1.0), strict=True):
            feed(insight, bar._replace(close=bar.close * scale), index, snapshot)
        found.append(msgspec.to_builtins(both[1].told(snapshot.at)))
    return found


@pytest.mark.parametrize("name", BAR_FEATURES)
def test_a_feature_of_bars_knows_its_past_alone(name):
    values = check_no_look_ahead(of_feature(name), TAPE, CUTS)
    assert sum(score is not None for _, score in values) > len(TAPE) / 4, "it says too little to be judged"


@pytest.mark.parametrize("name", SNAPSHOT_FEATURES)
def test_a_feature_of_snapshots_knows_its_past_alone(name):
    read = SNAPSHOT_FEATURES[name]

    def record(entries: Sequence[Entry]) -> list[typing.Any]:
        moments = PastMoments()
        values = [read(snapshot) for _, snapshot in entries]
        return [None if value is None else moments.add(value) for value in values]

    scores = check_no_look_ahead(record, TAPE, CUTS)
    assert sum(score is not None for score in scores) > len(TAPE) / 2


def test_the_regime_knows_its_past_alone():
    readings = check_no_look_ahead(of_regime, TAPE, FEW)
    assert len({one.percentile for one in readings}) > 10
    assert readings[-1].volatility != "unknown"


def test_what_is_told_of_a_symbol_knows_its_past_alone():
    told = check_no_look_ahead(of_insight, TAPE, FEW)
    assert {name for one in told for name, score in one["features"].items() if score is not None} == {*NAMES}


# The harness refuses what looks ahead


def next_return(entries: Sequence[Entry]) -> list[typing.Any]:
    """What everybody would like to know."""
    closes = [bar.close for bar, _ in entries]
    return [*(math.log(after / before) for before, after in itertools.pairwise(closes)), None]


def position_in_the_whole_day(entries: Sequence[Entry]) -> list[typing.Any]:
    """The range of the day, before it is over."""
    highs = {bar.day: max(one.close for one, _ in entries if one.day == bar.day) for bar, _ in entries}
    return [bar.close / highs[bar.day] for bar, _ in entries]


def scored_by_the_whole_sample(entries: Sequence[Entry]) -> list[typing.Any]:
    """The commonest of them: a mean that knows how it ends."""
    closes = [bar.close for bar, _ in entries]
    mean = sum(closes) / len(closes)
    return [close - mean for close in closes]


def regime_by_the_day_that_is_not_over(entries: Sequence[Entry]) -> list[typing.Any]:
    """The bar of a day, before the day is over."""
    found = []
    for bar, _ in entries:
        regime = Regime()
        for day in days_before(DAYS, 120):
            regime.take_day(day)
        last = [one for one, _ in entries if one.day == bar.day][-1]
        regime.take(last)
        found.append(regime.reading.percentile)
    return found


@pytest.mark.parametrize(
    "leak", [next_return, position_in_the_whole_day, scored_by_the_whole_sample, regime_by_the_day_that_is_not_over]
)
def test_a_planted_leak_is_refused(leak):
    with pytest.raises(LookAheadError):
        check_no_look_ahead(leak, TAPE[:120], [20, 50, 77])


def test_a_leak_of_snapshots_is_refused():
    with pytest.raises(LookAheadError):
        check_no_look_ahead(lambda entries: [entries[-1][1].iv] * len(entries), TAPE[:80], [40])


# State is put down and taken up, and has a bound


@pytest.mark.parametrize("name", BAR_FEATURES)
def test_a_feature_goes_on_from_what_it_dumped_with_equal_numbers(name):
    one, moments = BAR_FEATURES[name](), PastMoments()
    draw = random.Random(name)
    for bar, _ in TAPE:
        if draw.random() < 0.05:
            other, others = BAR_FEATURES[name](), PastMoments()
            other.restore(json.loads(json.dumps(one.dump())))
            others.restore(json.loads(json.dumps(moments.dump())))
            assert (other.dump(), others.dump()) == (one.dump(), moments.dump())
            one, moments = other, others
        value = one.take(bar)
        if value is not None:
            moments.add(value)
        assert count_numbers(one.dump()) + count_numbers(moments.dump()) <= 50
    straight = BAR_FEATURES[name]()
    assert [straight.take(bar) for bar, _ in TAPE][-1] == value
    assert straight.dump() == one.dump()


def test_a_symbol_goes_on_from_what_it_dumped_with_equal_words():
    straight, index, again = SymbolInsight("QQQ"), IndexReadings(), IndexReadings()
    carried = SymbolInsight("QQQ")
    for day in days_before(DAYS, 120):
        straight.take_day(day)
        carried.take_day(day)
    sizes = []
    for number, (bar, snapshot) in enumerate(TAPE):
        feed(straight, bar, index, snapshot)
        if number % 50 == 7:
            kept = json.loads(json.dumps(carried.dump()))
            carried = SymbolInsight("QQQ")
            carried.restore(kept)
        feed(carried, bar, again, snapshot)
        sizes.append(count_numbers(straight.dump()))
    assert carried.told(5) == straight.told(5)
    assert sizes[-1] <= 1_000


def test_what_something_else_dumped_is_refused():
    with pytest.raises(ValueError, match="PastMoments has 3 fields, not 2"):
        PastMoments().restore([1, 2])
