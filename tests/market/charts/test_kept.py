"""What a chart shows of kept bars: the newest, of links that the person has, and of nobody else."""

import json

import pytest

from accounts.models import BrokerLink
from brokers.contract.events import Bar
from market.charts.kept import kept_bars, kept_page
from market.history.writer import VenueAnswer, record_answer
from tests.market.history.made_bars import DAY, MINUTE, MONDAY, answer, session


@pytest.fixture
def link(alice):
    return BrokerLink.objects.create(person=alice, venue="tastytrade", environment="simulated", label="one")


@pytest.fixture
def told(alice, link):
    """Two days of bars of a minute."""
    bars = [*session(3, MONDAY), *session(4, MONDAY + DAY)]
    record_answer(alice.pk, answer(*bars, link=str(link.pk)), 1)
    return bars


def test_the_newest_are_read_across_days_oldest_first_with_their_numbers(alice, told):
    bars = kept_bars(alice.pk, "QQQ", "1m", 500)
    assert [bar.time for bar in bars] == [one.time for one in told[-500:]]
    newest = told[-1]
    assert bars[-1] == Bar(
        time=newest.time, open=float(newest.open), high=float(newest.high), low=float(newest.low),
        close=float(newest.close), volume=float(newest.volume), vwap=float(newest.vwap), trades=None,
    )  # fmt: skip


@pytest.mark.usefixtures("told")
def test_an_answer_is_marked_kept_and_has_the_form_of_the_venues(alice):
    found = json.loads(kept_page(alice.pk, "QQQ", "1m", 2))
    assert {name: found[name] for name in ("symbol", "interval", "more", "kept")} == {
        "symbol": "QQQ", "interval": "1m", "more": False, "kept": True,
    }  # fmt: skip
    assert [list(one) for one in found["candles"]] == [
        ["time", "open", "high", "low", "close", "volume", "vwap", "trades"]
    ] * 2


@pytest.mark.usefixtures("told")
def test_a_revision_is_shown_as_it_was_kept_last(alice, link, told):
    last = told[-1]
    revised = type(last)(last.time, close=last.close + 1)
    record_answer(
        alice.pk, VenueAnswer("QQQ", "1m", str(link.pk), last.time, last.time + MINUTE, [revised]), last.time + MINUTE
    )
    assert kept_bars(alice.pk, "QQQ", "1m", 1)[0].close == float(revised.close)


@pytest.mark.usefixtures("told")
def test_nothing_is_shown_of_others_of_a_removed_link_or_of_other_intervals(alice, bob, link):
    assert kept_bars(bob.pk, "QQQ", "1m", 5) == []
    assert kept_bars(alice.pk, "QQQ", "15m", 5) == []
    assert kept_bars(alice.pk, "SPY", "1m", 5) == []
    link.delete()
    assert kept_bars(alice.pk, "QQQ", "1m", 5) == []
