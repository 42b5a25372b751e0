"""Amounts, times and errors are written as Alpaca writes them."""

import datetime
import decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.alpaca import format
from simulator.market import calendar

Decimal = decimal.Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("10.50", "10.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("0.00", "0"),
        ("-0", "0"),
        ("-2.50", "-2.5"),
        ("1E-9", "0.000000001"),
    ],
)
def test_a_decimal_is_a_text_without_needless_zeros_or_exponents(value: str, text: str):
    assert format.text(Decimal(value)) == text


@given(some.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9))
def test_no_digit_of_a_decimal_is_lost(value: Decimal):
    assert Decimal(format.text(value)) == value


def test_only_the_decimals_of_a_body_become_texts():
    body = {"qty": Decimal("1.0"), "filled": None, "legs": 2, "symbol": "AAPL"}
    assert format.texts(body) == {"qty": "1", "filled": None, "legs": 2, "symbol": "AAPL"}


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1_795_000_000_000_000, "2026-11-18T11:06:40Z"),
        (1_795_000_000_120_000, "2026-11-18T11:06:40.12Z"),
        (1_795_000_000_000_001, "2026-11-18T11:06:40.000001Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_told_to_the_microsecond_without_needless_digits(at: int, text: str):
    assert format.micro_text(at) == text
    assert datetime.datetime.fromisoformat(text).timestamp() == at / 1_000_000


def test_a_time_that_there_is_not_is_none():
    assert format.stamp(None) is None
    assert format.stamp(1_795_000_000_500) == "2026-11-18T11:06:40.5Z"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (datetime.date(2026, 11, 18), "2026-11-18T12:00:00.007000042-05:00"),
        (datetime.date(2026, 7, 15), "2026-07-15T12:00:00.007000042-04:00"),
    ],
)
def test_new_yorks_time_has_nanoseconds_and_its_offset_of_the_season(day: datetime.date, text: str):
    assert format.local(calendar.at_clock(day, 12) + 7, 42) == text


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (format.forbidden("no", symbol="AAPL"), 403, 40310000),
        (format.missing("no"), 404, 40410000),
        (format.invalid("no"), 422, 42210000),
        (format.error(42910000, "no"), 429, 42910000),
    ],
)
def test_the_first_digits_of_an_errors_code_are_its_status(refusal: format.SimAlpacaRefusal, status: int, code: int):
    body = msgspec.json.decode(refusal.answer.body)
    assert (refusal.answer.status, body["code"], body["message"], str(refusal)) == (status, code, "no", "no")
    assert body.get("symbol", "AAPL") == "AAPL"


def test_a_lasting_id_is_that_of_its_words():
    assert format.lasting_id("order", "7") == format.lasting_id("order", "7") != format.lasting_id("order", "8")
    assert len(format.lasting_id()) == 36
