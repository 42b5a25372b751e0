"""Figures of the scoreboard as people read them."""

import math

import pytest

from signals.display import figures


@pytest.mark.parametrize(
    ("value", "seen", "spoken"),
    [
        (0.45, "0.45", "0.45"),
        (3126.0, "3,126", "3,126"),
        (7.6e6, "7.6 · 10⁶", "7.6 million"),
        (43_000.0, "4.3 · 10⁴", "43.0 thousand"),
        (9.99e6, "1.0 · 10⁷", "10.0 million"),
        (3.1e48, "3.1 · 10⁴⁸", "3.1 times 10 to the 48"),
        (2e-6, "2.0 · 10⁻⁶", "2.0 times 10 to the minus 6"),
        (1.0, "1.00", "1.00"),
    ],
)
def test_evidence_is_written_with_powers_and_read_aloud_in_words(value, seen, spoken):
    assert figures.format_evidence(math.log(value)) == seen
    assert figures.speak_evidence(math.log(value)) == spoken


def test_evidence_that_is_ruined_is_nothing_and_not_an_error():
    assert (figures.format_evidence(-math.inf), figures.speak_evidence(-math.inf)) == ("0", "nothing left")


def test_evidence_beyond_what_a_float_holds_is_written():
    assert figures.format_evidence(2_000.0) == "3.9 · 10⁸⁶⁸"


def test_what_is_not_known_is_a_dash_and_never_a_zero():
    assert {write(None) for write in (figures.format_share, figures.format_signed, figures.format_skill)} == {"–"}


@pytest.mark.parametrize(("value", "text"), [(0.08, "+0.08"), (-0.92, "−0.92"), (0.001, "0.00"), (-0.001, "0.00")])
def test_a_return_has_its_sign_unless_it_rounds_to_zero(value, text):
    assert figures.format_signed(value) == text


@pytest.mark.parametrize(
    ("session", "short", "long"),
    [("2026-11-02", "2 Nov", "Mon 2 Nov 2026"), ("day 003", "day 003", "day 003")],
)
def test_a_session_is_a_day_where_its_name_is_one(session, short, long):
    assert figures.format_session(session) == short
    assert figures.format_session(session, with_weekday=True) == long


def test_a_horizon_is_in_minutes_where_it_is_whole():
    assert [figures.format_horizon(seconds) for seconds in (300, 3600, 90)] == ["5 min", "60 min", "90 s"]
