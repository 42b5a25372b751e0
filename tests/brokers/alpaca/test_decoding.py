"""What the venue answers is read for what it means, and its limits are read from its headers."""

import decimal

import pytest

from brokers.adapter.rate_limits import RateLimitHeaders
from brokers.alpaca.decoding import AlpacaRefusal, objects, rate_limit_headers, read
from brokers.instruments.decimals import money


def test_what_is_good_is_returned_and_nothing_is_none():
    assert read(200, b'{"id": "1"}') == {"id": "1"}
    assert read(200, b"[]") == []
    assert read(204, b"") is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"code": 40110000, "message": "request is not authorized"}', "key"),
        (403, b'{"message": "forbidden."}', "key"),
        (403, b'{"code": 40310000, "message": "insufficient buying power"}', "refused"),
        (404, b'{"code": 40410000, "message": "order not found"}', "refused"),
        (422, b'{"code": 42210000, "message": "qty must be > 0"}', "refused"),
        (429, b'{"code": 42910000, "message": "rate limit exceeded"}', "quota"),
        (429, b"", "quota"),
        (500, b'{"message": "internal server error occurred"}', "passing"),
        (503, b"<html>", "passing"),
        (200, b"<html>", "passing"),
    ],
)
def test_an_error_is_what_it_comes_to(status, body, kind):
    refusal = read(status, body)
    assert isinstance(refusal, AlpacaRefusal)
    assert refusal.kind == kind


def test_the_words_of_a_refusal_are_kept_and_its_code_can_be_shown():
    refusal = read(403, b'{"code": 40310000, "message": "insufficient buying power", "buying_power": "0"}')
    assert refusal == AlpacaRefusal("refused", "40310000", "insufficient buying power")


def test_the_allowance_is_read_in_seconds_and_senseless_headers_tell_nothing():
    whole = {"x-ratelimit-limit": "200", "x-ratelimit-remaining": "198", "x-ratelimit-reset": "1700000060"}
    assert rate_limit_headers(whole) == RateLimitHeaders(200, 2, 1700000060000)
    assert rate_limit_headers(whole | {"x-ratelimit-reset": "soon"}) is None
    assert rate_limit_headers({}) is None


def test_amounts_are_exact_and_what_is_none_stays_missing():
    assert money("0.055138950") == decimal.Decimal("0.055138950")
    assert money(1.02) == decimal.Decimal("1.02")
    assert [money(value) for value in (None, "", "NaN", "Infinity", "much", True)] == [None] * 6


def test_a_list_that_is_none_is_no_empty_list():
    with pytest.raises(ValueError, match="no list"):
        objects({"message": "odd"})
