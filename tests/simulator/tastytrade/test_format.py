"""Amounts, times, pages and errors are written as tastytrade writes them."""

import datetime
import decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.asgi import Json
from simulator.tastytrade import format

Decimal = decimal.Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("10.50"), "10.5"),
        (Decimal("100"), "100.0"),
        (Decimal("1E+3"), "1000.0"),
        (Decimal("0"), "0.0"),
        (Decimal("-0.10"), "-0.1"),
        (0.1 + 0.2, "0.3"),
        (110.0078125, "110.0078125"),
        (1e-7, "0.0000001"),
        (3.0, "3.0"),
    ],
)
def test_a_number_is_plain_digits_with_a_fraction(value: Decimal | float, text: str):
    assert format.number(value) == text


@given(some.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8))
def test_an_amount_and_its_effect_say_what_the_signed_amount_said(value: Decimal):
    told = format.signed("net", value)
    signs = {"Credit": 1, "Debit": -1, "None": 0}
    assert Decimal(told["net"]) * signs[told["net-effect"]] == value
    assert not told["net"].startswith("-")
    assert Decimal(format.number(value)) == value


def test_nothing_has_no_effect():
    assert format.signed("net", Decimal("0.00")) == {"net": "0.0", "net-effect": "None"}


@given(some.lists(some.integers(), max_size=50), some.integers(1, 12))
def test_pages_follow_each_other_without_a_gap(numbers: list[int], per_page: int):
    items: list[Json] = [{"n": number} for number in numbers]
    pages = -(-len(items) // per_page)
    read: list[Json] = []
    for page in range(pages):
        part, block = format.paginate(items, per_page, page)
        assert (block["item-offset"], block["current-item-count"]) == (len(read), len(part))
        assert (block["total-items"], block["total-pages"], block["page-offset"]) == (len(items), pages, page)
        read += part
    assert read == items
    assert format.paginate(items, per_page, pages)[0] == []


def test_nothing_has_no_pages():
    part, block = format.paginate([], 250, 0)
    assert (part, block["total-items"], block["total-pages"], block["per-page"]) == ([], 0, 0, 250)


def test_an_envelope_names_its_path_and_has_pages_only_where_there_are_any():
    plain = msgspec.json.decode(format.envelope({"a": 1}, "/customers/me").body)
    assert plain == {"data": {"a": 1}, "context": "/customers/me"}
    paged = format.envelope({"items": []}, "/x", {"page-offset": 0}, status=201)
    body = msgspec.json.decode(paged.body)
    assert (paged.status, body["api-version"], body["pagination"]) == (201, "v1", {"page-offset": 0})


def test_a_refusal_lists_what_it_sums_up_and_only_then():
    alone = format.SimTastytradeRefusal(404, "record_not_found", "no")
    assert msgspec.json.decode(alone.answer.body) == {"error": {"code": "record_not_found", "message": "no"}}
    several = format.SimTastytradeRefusal(422, "preflight", "no", errors=[("margin_check_failed", "too little")])
    error = msgspec.json.decode(several.answer.body)["error"]
    assert error["errors"] == [{"code": "margin_check_failed", "message": "too little"}]
    assert (several.answer.status, str(several), error["code"]) == (422, "no", "preflight")


def test_a_field_that_cannot_be_read_is_named_with_the_reason():
    refused = format.invalid("legs[0].quantity", "is missing")
    error = msgspec.json.decode(refused.answer.body)["error"]
    assert (refused.answer.status, error["code"]) == (400, "validation_error")
    assert error["errors"] == [{"domain": "legs[0].quantity", "reason": "is missing"}]


def test_a_time_is_utc_to_the_millisecond_however_it_is_given():
    new_york = datetime.datetime(2026, 11, 18, 6, 6, 40, 7999, datetime.timezone(datetime.timedelta(hours=-5)))
    assert format.moment(1_795_000_000_007) == format.moment(new_york) == "2026-11-18T11:06:40.007+00:00"


def test_what_does_not_exist_is_left_out_and_nothing_else():
    assert format.present({"a": None, "b": 0, "c": "", "d": False}) == {"b": 0, "c": "", "d": False}
