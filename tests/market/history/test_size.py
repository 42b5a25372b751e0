"""What bars take in the database."""

import pytest

from market.history.size import history_size
from market.history.writer import record_answer
from tests.market.history.made_bars import DAY, MINUTE, MONDAY, answer, session

MOST_BYTES = 30.6 * 1.1
"""A bar as integer columns took 30.6 bytes in SQLite; what is kept may take a tenth more."""


def test_no_bar_takes_no_bytes_of_its_own(db):
    assert history_size().bytes_a_bar is None


@pytest.mark.long
def test_a_bar_takes_no_more_than_as_integers_in_columns(alice):
    for symbol in range(6):
        for day in range(5):
            bars = list(session(10 * symbol + day, MONDAY + day * DAY))
            told = answer(*bars, symbol=f"S{symbol}")
            record_answer(alice.pk, told, MONDAY + day * DAY + 400 * MINUTE)
    size = history_size()
    assert size.bars == 6 * 5 * 390
    assert size.bytes_a_bar is not None
    assert size.bytes_a_bar <= MOST_BYTES
