"""What came, by rules that leave nothing to be gained by not looking."""

import pytest

from signals.record.outcome import WAYS, EndPrices, VoidRule, resolve
from tests.signals.record.support import BAR, HORIZON, a_batch

DUE_AT = BAR + HORIZON * 1000


def ends(mid=(100.1, 200.0, 49.9), at=(DUE_AT,) * 3, **said):
    return EndPrices(mid=list(mid), spread=[0.02, 0.04, 0.02], at=list(at), **said)


def test_up_is_one_down_nothing_and_unchanged_a_half():
    outcome = resolve(a_batch(), ends())
    assert outcome.y == [1.0, 0.5, 0.0]
    assert outcome.move == [pytest.approx(10), 0.0, pytest.approx(-20)]
    assert outcome.cost == [pytest.approx(2), pytest.approx(2), pytest.approx(4)]


def test_fees_and_the_spread_at_the_end_are_in_the_cost():
    wide = EndPrices(mid=[100.0] * 3, spread=[0.1, None, 0.02], at=[DUE_AT] * 3)
    assert resolve(a_batch(), wide, fees_bps=1.5).cost[:2] == [pytest.approx(7.5), pytest.approx(3.5)]


def test_the_market_is_taken_off():
    batch = a_batch(beta=[1.0, 0.5, 0.0], market=400.0)
    assert resolve(batch, ends(market=400.4)).move == [pytest.approx(0), pytest.approx(-5), pytest.approx(-20)]


def test_where_the_market_is_not_known_moves_beyond_it_count_as_lost():
    outcome = resolve(a_batch(beta=[1.0, 0.0, 0.0], market=400.0), ends())
    assert outcome.y == [1.0, 0.5, 0.0]
    assert outcome.move == [-10.0, 0.0, pytest.approx(-20)]


@pytest.mark.parametrize(
    ("at", "way"),
    [
        (DUE_AT, "due"), (DUE_AT + 5_000, "due"), (DUE_AT + 5_001, "next"),
        (DUE_AT + HORIZON * 1000, "next"), (DUE_AT + HORIZON * 1000 + 1, "lost"), (DUE_AT - 1, "lost"),
    ],
)  # fmt: skip
def test_a_late_mid_counts_within_the_length_of_the_horizon(at, way):
    assert WAYS[resolve(a_batch(), ends(at=(at, DUE_AT, DUE_AT))).way[0]] == way


def test_what_is_never_seen_counts_as_wrong():
    outcome = resolve(a_batch(), ends(mid=(None, None, None)))
    assert [WAYS[way] for way in outcome.way] == ["lost"] * 3
    assert outcome.y == [0.0, 1.0, 0.5]  # up was said, down was said, nothing was said
    assert outcome.move == [-10.0, 8.0, 0.0]


def test_a_void_is_decided_at_the_bar_and_is_never_zero():
    outcome = resolve(a_batch(void=[4, 0, 0]), ends(actions=[1]))
    assert [WAYS[way] for way in outcome.way] == ["void", "void", "due"]
    assert outcome.y[:2] == outcome.move[:2] == outcome.cost[:2] == outcome.mid[:2] == [None, None]


def test_candles_are_marked():
    assert [WAYS[way] for way in resolve(a_batch(), ends(is_candle=True)).way] == ["candle"] * 3


def test_where_candles_told_some_those_are_marked():
    outcome = resolve(a_batch(), ends(candles=[1]))
    assert [WAYS[way] for way in outcome.way] == ["due", "candle", "due"]


@pytest.mark.parametrize(
    ("mid", "spread", "age", "obstacle", "void"),
    [
        (100.0, 0.3, 5_000, 0, 0), (None, 0.02, 0, 0, 1), (100.0, None, 0, 0, 1), (100.0, 0.02, None, 0, 1),
        (100.0, 0.02, 5_001, 0, 2), (100.0, 0.31, 0, 0, 3), (100.0, 0.02, 0, 4, 4),
    ],
)  # fmt: skip
def test_what_cannot_be_traded_on_is_void(mid, spread, age, obstacle, void):
    assert VoidRule().judge(mid, spread, age, obstacle) == void


def test_every_number_of_an_outcome_is_in_its_digest():
    outcome = resolve(a_batch(), ends())
    assert outcome.digest == resolve(a_batch(), ends()).digest
    assert outcome.digest != resolve(a_batch(), ends(mid=(100.1, 200.0, 49.900000001))).digest
    assert outcome.digest != resolve(a_batch(), ends(), digest="another").digest
