"""What is packed comes back exactly, whatever a venue told."""

import decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from market.history.kept_bar import KeptBar, exact
from market.history.packing import Batch, PackingError, last_time, pack, unpack
from tests.market.history.made_bars import MINUTE, bar, session

NUMBERS = (
    st.none()
    | st.floats(-1e12, 1e12).map(exact)
    | st.decimals(-(10**12), 10**12, places=2)
    | st.integers(-(10**20), 10**20).map(decimal.Decimal)
)
BARS = st.lists(
    st.builds(KeptBar, st.integers(0, 2**32).map(lambda minute: minute * MINUTE), *[NUMBERS] * 6), max_size=5
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2**45), BARS), max_size=4))
def test_whatever_was_packed_comes_back(told):
    batches = [Batch(known_at, tuple(bars)) for known_at, bars in told]
    assert unpack(b"".join(pack(batch, MINUTE) for batch in batches), MINUTE) == batches


def test_a_price_that_is_missing_stays_missing_beside_others():
    batch = Batch(1, (bar(0), bar(1, None), KeptBar(bar(5).time, close=decimal.Decimal("0")), bar(6, volume=None)))
    assert unpack(pack(batch, MINUTE), MINUTE) == [batch]


def test_a_minute_takes_a_third_of_what_it_may():
    packed = pack(Batch(1, tuple(session(7))), MINUTE)
    assert len(packed) / 390 < 15


@given(st.integers(1, 60))
def test_bytes_that_end_within_a_bar_are_no_bars(cut):
    packed = pack(Batch(1, tuple(session(7, minutes=6))), MINUTE)
    with pytest.raises(PackingError):
        unpack(packed[: -min(cut, len(packed) - 1)], MINUTE)


def test_batches_that_are_too_old_are_passed_over():
    bars = list(session(7, minutes=30))
    batches = [Batch(1, tuple(bars[20:])), Batch(2, tuple(bars[:10])), Batch(3, tuple(bars[10:20]))]
    packed = b"".join(pack(batch, MINUTE) for batch in batches)
    assert unpack(packed, MINUTE, bars[19].time) == [batches[0], batches[2]]
    assert last_time(packed, MINUTE) == bars[29].time
    assert last_time(b"", MINUTE) == 0


def test_another_form_is_no_form():
    with pytest.raises(PackingError, match="form 9"):
        unpack(b"\x09", MINUTE)
