"""Claims about the venue's JSON that was XML once, and about errors that are anything."""

import datetime
import decimal
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.instruments.decimals import money
from brokers.tradier import decoding
from brokers.tradier.decoding import Objects, TradierRefusal


@pytest.mark.parametrize("nothing", [None, "null", ""])
def test_nothing_is_no_rows(nothing):
    assert decoding.rows({"positions": nothing}, "positions", "position") == []
    assert decoding.rows({"positions": {"position": nothing}}, "positions", "position") == []
    assert decoding.rows(nothing, "positions", "position") == []


def test_one_element_is_an_object_and_several_are_a_list():
    one, other = {"symbol": "A"}, {"symbol": "B"}
    assert decoding.rows({"quotes": {"quote": one}}, "quotes", "quote") == [one]
    assert decoding.rows({"quotes": {"quote": [one, other]}}, "quotes", "quote") == [one, other]
    assert decoding.texts({"expirations": {"date": "2026-01-16"}}, "expirations", "date") == ["2026-01-16"]


def test_what_is_no_row_is_left_out():
    assert decoding.rows({"quotes": {"quote": [7, "x", {"symbol": "A"}]}}, "quotes", "quote") == [{"symbol": "A"}]
    assert decoding.rows({"quotes": [1]}, "quotes", "quote") == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(281.85, 281.85), ("281.85", 281.85), ("null", None), (None, None), ("NaN", None), ("", None), (0, 0)]
)  # fmt: skip
def test_numbers_may_be_texts_and_missing(value, expected):
    assert decoding.number(value) == expected


@pytest.mark.parametrize("value", [True, [], {}, "abc"])
def test_what_is_no_number_is_an_error(value):
    with pytest.raises((TypeError, ValueError)):
        decoding.number(value)


def test_a_price_of_nothing_is_none():
    assert (decoding.price(0), decoding.price("0.0"), decoding.price(0.01)) == (None, None, 0.01)


def test_money_is_exact():
    assert money(17798.36) == decimal.Decimal("17798.36")
    assert money("-4813.0") == decimal.Decimal("-4813.0")
    assert [money(value) for value in (None, "null", "x", True, float("inf"))] == [None] * 5


def test_times_are_utc_milliseconds_whatever_they_were():
    assert decoding.millis("1557757189000") == decoding.millis(1557757189000) == 1557757189000
    assert (decoding.millis(0), decoding.millis("0"), decoding.millis(None), decoding.millis(1e300)) == (None,) * 4
    expected = datetime.datetime(2024, 1, 12, 15, 59, 3, tzinfo=datetime.UTC).timestamp() * 1000
    assert decoding.utc("2024-01-12 15:59:03") == expected
    assert decoding.utc("2024-01-12T15:59:03.250Z") == expected + 250
    assert decoding.eastern("2024-01-12T10:59:03") == expected
    assert decoding.eastern("2024-07-12T11:59:03") == decoding.utc("2024-07-12 15:59:03")
    assert (decoding.utc("yesterday"), decoding.utc(None)) == (None, None)


messages = some.lists(
    some.dictionaries(some.text(max_size=4), some.text(max_size=6) | some.integers() | some.none(), max_size=3),
    max_size=6,
)


@settings(max_examples=60)
@given(messages, some.data(), some.sampled_from(["", "\n", "\n\n", " \r\n"]))
def test_a_stream_comes_apart_into_its_objects_wherever_it_was_cut(said, data, between):
    stream = "".join(json.dumps(each, ensure_ascii=False) + between for each in said).encode()
    cuts = sorted(data.draw(some.sets(some.integers(0, len(stream)), max_size=8)))
    objects, found = Objects(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += objects.feed(stream[start:end])
    objects.finish()
    assert found == said
    assert objects.bad == 0


def test_a_chunk_may_end_behind_a_space_within_a_text():
    objects = Objects()
    assert [objects.feed(part) for part in (b'{"a":"b ', b' c"} ', b'\n{"d":1}')] == [[], [{"a": "b  c"}], [{"d": 1}]]


def test_garbage_costs_itself_only():
    objects = Objects()
    assert objects.feed(b'{"a":1}\nxx{"b":2}\n{"c":\n{"d":4}\n') == [{"a": 1}, {"b": 2}, {"d": 4}]
    assert objects.bad == 2
    assert objects.feed(b"[1,2]\n") == []
    assert objects.feed(b'{"e":5}') == [{"e": 5}]


def test_an_object_without_an_end_is_given_up():
    objects = Objects()
    objects.feed(b'{"a":"' + b"x" * (decoding.REST_MAX + 1))
    assert objects.bad == 1
    assert objects.feed(b'\n{"b":2}\n') == [{"b": 2}]


QUOTA = "policies.ratelimit.QuotaViolation"
DATASTORE = "datastore.ErrorWhileAccessing"
FAULT = '{"fault":{"faultstring":"%s","detail":{"errorcode":"%s"}}}'


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '{"quotes":null}', {"quotes": None}),
        (401, "Invalid Access Token", TradierRefusal("token", "the access token is not valid")),
        (
            401,
            FAULT % ("Access Token expired", "keymanagement.service.access_token_expired"),
            TradierRefusal("token", "the access token has expired"),
        ),
        (
            401,
            FAULT % ("Invalid API call as no apiproduct match found", "keymanagement.service.other"),
            TradierRefusal("passing", "keymanagement.service.other"),
        ),
        (
            401,
            "invalid api call as no apiproduct match found",
            TradierRefusal("token", "the token belongs to the other environment"),
        ),
        (500, FAULT % ("Datastore Error", DATASTORE), TradierRefusal("passing", DATASTORE)),
        (429, FAULT % ("Quota", QUOTA), TradierRefusal("quota", QUOTA)),
        (500, FAULT % ("Quota", QUOTA), TradierRefusal("quota", QUOTA)),
        (403, FAULT % ("Quota", QUOTA), TradierRefusal("quota", QUOTA)),
        (429, "Too many", TradierRefusal("quota", "quota")),
        (503, "<html>Maintenance</html>", TradierRefusal("passing", "")),
        (502, "", TradierRefusal("passing", "")),
        (404, "Not Found", TradierRefusal("passing", "")),
        (200, "<html>Maintenance</html>", TradierRefusal("passing", "no JSON")),
        (200, '<?xml version="1.0"?><quotes/>', TradierRefusal("passing", "no JSON")),
        (200, "[]", TradierRefusal("passing", "no JSON")),
        (200, '{"errors":{"error":"AccountDisabled"}}', TradierRefusal("refused", "errors")),
        (400, "Invalid parameter, duration: no", TradierRefusal("refused", "")),
    ],
)  # fmt: skip
def test_an_error_is_told_by_what_it_says(status, body, expected):
    assert decoding.read(status, body.encode()) == expected


def test_what_an_error_quotes_is_never_shown():
    body = FAULT % ("Identifier : s3cr3t-token", "x s3cr3t-token")
    assert "s3cr3t" not in str(decoding.read(429, body.encode()))


def test_the_venue_says_how_far_back_it_goes():
    body = b"Invalid parameter, start: must be on or after 2024-01-15 00:00:00."
    assert decoding.earliest(body) == "2024-01-15 00:00"
    assert decoding.earliest(b"Invalid parameter, symbol: unknown") is None
