"""Claims about silence: SPY's in the regular session, everything's at any time, and nobody else's."""

import datetime

import pytest

from brokers.adapter.freshness import TICKING, Freshness, usually_open
from brokers.adapter.market_hours import ASK_S, OVERDUE_S
from brokers.tastytrade.timeouts import TastytradeTimeouts, to_session

LIMITS = TastytradeTimeouts(pulse_s=13.0, inbound_s=65.0)


@pytest.fixture
def feed() -> Freshness:
    feed = Freshness(LIMITS)
    feed.start(100.0)
    return feed


def test_a_feed_whose_pulse_beats_is_alive(feed: Freshness):
    feed.beat(110.0)
    assert feed.mute(122.0, heard=122.0, is_open=True) is None


def test_a_silent_pulse_means_mute_while_the_market_is_open(feed: Freshness):
    assert feed.mute(112.0, heard=112.0, is_open=True) is None
    assert "SPY" in (feed.mute(113.5, heard=113.5, is_open=True) or "")


def test_silence_is_noticed_within_fifteen_seconds():
    assert TastytradeTimeouts().pulse_s + 2 * TastytradeTimeouts().tick_s <= 15.0


def test_outside_the_session_a_silent_pulse_says_nothing(feed: Freshness):
    assert feed.mute(160.0, heard=160.0, is_open=False) is None


def test_total_silence_means_mute_at_any_time(feed: Freshness):
    assert feed.mute(166.0, heard=100.0, is_open=False) is not None


def test_at_the_opening_the_silence_begins_to_count(feed: Freshness):
    assert feed.mute(500.0, heard=500.0, is_open=False) is None
    assert feed.mute(501.0, heard=501.0, is_open=True) is None
    assert feed.mute(513.0, heard=513.0, is_open=True) is None
    assert feed.mute(515.0, heard=515.0, is_open=True) is not None


def test_a_halted_pulse_is_silent_for_a_reason(feed: Freshness):
    feed.halted = True
    assert feed.mute(160.0, heard=160.0, is_open=True) is None


def test_on_what_may_be_a_holiday_only_a_ticking_pulse_is_missed(feed: Freshness):
    feed.beat(101.0)
    assert feed.mute(160.0, heard=160.0, is_open=True, certain=False) is None
    for _ in range(TICKING):
        feed.beat(160.0)
    assert feed.mute(161.0, heard=161.0, is_open=True, certain=False) is None
    assert feed.mute(175.0, heard=175.0, is_open=True, certain=False) is not None


def test_the_pulse_of_yesterday_does_not_say_that_there_is_a_session_today(feed: Freshness):
    for _ in range(TICKING):
        feed.beat(101.0)
    assert feed.mute(110.0, heard=110.0, is_open=False, certain=False) is None
    assert feed.mute(160.0, heard=160.0, is_open=True, certain=False) is None


def test_a_new_connection_starts_afresh(feed: Freshness):
    assert feed.mute(120.0, heard=120.0, is_open=True) is not None
    feed.start(120.0)
    assert feed.mute(121.0, heard=121.0, is_open=True) is None


NOW = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
TODAY = {
    "start-at": "2026-11-20T13:15:00.000+00:00",
    "open-at": "2026-11-20T14:30:00.000+00:00",
    "close-at": "2026-11-20T21:00:00.000+00:00",
    "close-at-ext": "2026-11-21T01:00:00.000+00:00",
    "next-session": {"start-at": "2026-11-23T13:15:00.000+00:00", "open-at": "2026-11-23T14:30:00.000+00:00"},
}


@pytest.mark.parametrize(
    ("state", "phase", "until"),
    [("Open", "open", "20T21:00"), ("Closed", "closed", "23T13:15"), ("Extended", "post", "21T01:00")],
)
def test_the_session_is_the_venues_own_word(state: str, phase: str, until: str):
    session = to_session(TODAY | {"state": state}, NOW)
    assert session is not None
    assert (session.phase, f"{session.until:%dT%H:%M}") == (phase, until)


@pytest.mark.parametrize(
    ("at", "seconds"),
    [("14:00", ASK_S), ("20:59", 63), ("21:00", OVERDUE_S), ("21:00:02", OVERDUE_S), ("21:02", 120), ("23:00", ASK_S)],
)
def test_a_session_is_looked_at_when_it_should_change_and_the_more_rarely_the_longer_it_does_not(
    at: str, seconds: float
):
    now = datetime.datetime.fromisoformat(f"2026-11-20T{at}+00:00")
    session = to_session(TODAY | {"state": "Open"}, now)
    assert session is not None
    assert session.look_again_s(3.0) == seconds


def test_a_state_nobody_knows_is_no_session():
    assert to_session(TODAY | {"state": "Lunch"}, NOW) is None


def test_a_session_without_times_has_no_end():
    session = to_session({"state": "Closed"}, NOW)
    assert session is not None
    assert session.until is None
    assert session.look_again_s(3.0) == ASK_S


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("20T14:29", False),
        ("20T14:30", True),
        ("20T20:59", True),
        ("20T21:00", False),
        ("21T15:00", False),
        ("26T15:00", False),
        ("27T17:59", True),
        ("27T18:00", False),
    ],
)
def test_new_york_has_usual_hours(at: str, is_open: bool):
    """The 26th is Thanksgiving, the day after it a half day."""
    assert usually_open(datetime.datetime.fromisoformat(f"2026-11-{at}+00:00")) is is_open
