"""Splits and dividends: what is kept stays raw, what is read may be seen from after them."""

import datetime
import decimal

import pytest

from lib.clock import now_ms
from market.history.actions import note_action, start_of
from market.history.reader import read_bars
from market.history.writer import record_answer
from tests.market.history.made_bars import MONDAY, answer, bar

D = decimal.Decimal
MONDAYS = datetime.date(2025, 11, 17)
TUESDAY = MONDAYS + datetime.timedelta(days=1)
DAY_MIN = 24 * 60


def closes(person, **options):
    bars = read_bars(person.pk, "QQQ", "1m", 0, 2**52, **options)
    return [(one.close, one.volume) for one in bars]


@pytest.fixture
def told(alice):
    """A close of 100 on Monday, one of 25.50 on Tuesday."""
    record_answer(alice.pk, answer(bar(0), bar(DAY_MIN, "25.50")), 1)


def test_days_are_those_of_new_york():
    assert start_of(MONDAYS) == MONDAY - (9 * 60 + 30) * 60_000


@pytest.mark.usefixtures("told")
def test_prices_of_before_a_split_are_divided_and_volumes_multiplied(alice):
    note_action(alice.pk, "QQQ", TUESDAY, "split", D(4), 5)
    assert closes(alice, is_adjusted=True) == [(D("25"), D(400)), (D("25.50"), D(100))]
    assert closes(alice) == [(D("100.00"), D(100)), (D("25.50"), D(100))], "what is kept is raw"
    assert closes(alice, is_adjusted=True, as_known_at=4) == closes(alice), "nobody knew of it then"


@pytest.mark.usefixtures("told")
def test_prices_of_before_a_dividend_are_less_by_its_part_of_the_last_close(alice):
    note_action(alice.pk, "QQQ", TUESDAY, "dividend", D(9), 5)
    note_action(alice.pk, "QQQ", TUESDAY, "dividend", D(2), 6)
    assert closes(alice, is_adjusted=True) == [(D("98"), D(100)), (D("25.50"), D(100))]


@pytest.mark.usefixtures("told")
def test_what_a_venue_told_of_before_a_split_once_it_was_in_force_is_in_new_shares(alice):
    note_action(alice.pk, "QQQ", TUESDAY, "split", D(4), 5)
    since = start_of(TUESDAY)
    record_answer(alice.pk, answer(bar(0, "25.01"), bar(1, "25.02"), bar(DAY_MIN, "25.50")), since)
    revised = [(D("25.01"), D(100)), (D("25.02"), D(100)), (D("25.50"), D(100))]
    assert closes(alice, is_adjusted=True) == revised, "once, not twice"
    before = closes(alice, is_adjusted=True, as_known_at=since - 1)
    assert before == [(D("100.00"), D(100)), (D("25.50"), D(100))], "it was not in force"
    note_action(alice.pk, "QQQ", TUESDAY, "dividend", D("2.502"), 6)
    less = [(D("22.509"), D(100)), (D("22.518"), D(100))]
    assert closes(alice, is_adjusted=True)[:2] == less, "nobody tells bars anew after a dividend"


@pytest.mark.usefixtures("told")
def test_one_that_is_not_in_force_yet_changes_nothing(alice, bob):
    ahead = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.UTC).date() + datetime.timedelta(days=3)
    note_action(alice.pk, "QQQ", ahead, "split", D(4), 5)
    note_action(bob.pk, "QQQ", TUESDAY, "split", D(4), 5)
    assert closes(alice, is_adjusted=True) == closes(alice)


def test_a_split_is_above_nothing(alice):
    with pytest.raises(ValueError, match="above 0"):
        note_action(alice.pk, "QQQ", TUESDAY, "split", D(0), 5)
