"""What leaves for clients: exact digits, missing values as null, documented forms."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.list_position import ListPosition


def said(item):
    """What the plain dialect says of `item`."""
    text = frames.plain(item)
    assert text is not None
    return text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15))
def test_money_keeps_its_exact_digits(amount):
    text = frames.dumps({"balance": amount})
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["balance"] == amount


@given(st.text(), st.text(max_size=64))
def test_whatever_a_text_holds_a_message_is_one_line_of_json_with_that_text_in_it(text, ref):
    """Quotes, ends of lines and markup in it end no message and begin none; in an event stream a line is a message."""
    one = frames.error("bad_message", text, ref)
    assert json.loads(one) == {"type": "error", "code": "bad_message", "detail": text, "ref": ref}
    inside = frames.poll(None, False, 1, [one], None)
    assert json.loads(inside)["frames"] == [json.loads(one)]
    assert not {"\n", "\r"} & {*one, *inside}


def test_the_plain_dialect_is_as_the_protocol_shows_it():
    quote = {"type": "quote", "symbol": "QQQ", "bid": 450.24, "ask": 450.26, "last": 450.25, "at": 1758450600000}
    assert json.loads(said({**quote, "source": "dxfeed_stream"})) == {
        "type": "quote_update",
        "symbol": "QQQ",
        "bid": 450.24,
        "ask": 450.26,
        "last": 450.25,
        "updated_at": "2025-09-21T10:30:00.000Z",
        "source": "dxfeed_stream",
    }
    balance = {"type": "balance", "link": "l", "account": "5WX00001", "at": 1726919400000}
    assert frames.plain({**balance, "balance": Decimal("100000.00"), "buying_power": Decimal("50000.00")}) == (
        '{"type":"balance_update","account":"5WX00001","balance":100000.00,"buying_power":50000.00,'
        '"timestamp":1726919400000}'
    )


def test_a_missing_value_is_null_or_absent_never_zero():
    told = json.loads(said({"type": "quote", "symbol": "QQQ", "bid": None}))
    assert told["bid"] is None
    assert "ask" not in told
    assert told["updated_at"] is None
    assert json.loads(said({"type": "balance", "link": "l", "account": "5WX", "balance": None}))["balance"] is None


def test_a_symbol_the_venue_does_not_list_is_an_error_in_the_plain_dialect():
    profile = {"type": "profile", "symbol": "QQQQQ", "status": "unlisted", "link": "l"}
    assert json.loads(said(profile)) == {
        "type": "error",
        "code": "unknown_symbol",
        "detail": "The venue does not list QQQQQ.",
        "symbol": "QQQQQ",
    }
    assert frames.plain({**profile, "status": "halted"}) is None
    assert frames.plain({"type": "profile", "symbol": "QQQQQ", "gone": True}) is None


def test_a_cursor_reads_back():
    assert frames.parse_cursor(frames.cursor("7-a3f1", 811, 5512)) == frames.Cursor("7-a3f1", 811, 5512)
    reading = frames.Cursor("", 0, 0, ListPosition(812, 45))
    assert frames.cursor(*reading) == "-:0:0:d812.p45", "no board answered this client yet"
    assert frames.parse_cursor("-:0:0:d812.p45") == reading


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a:b:c",
        "a:1",
        ":1:2",
        "a:1:2:3",
        "a:1:2:d1",
        "a:1:2:d1.p",
        "a:1:2:d1.p2:3",
        "a:1:2:d-1.p2",
        "a:-1:2",
        "a:1:²",
        "x" * 80 + ":1:2",
    ],
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match=r"cursor|unpack"):
        frames.parse_cursor(text)


def test_close_codes_say_whether_to_come_back():
    assert {code for code in Close if code.come_back} == {4008, 4012, 4013, 4029, 1012}
