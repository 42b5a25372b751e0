"""Claims about what tastytrade says of orders: each word on one is read whole, and no word can make another's fills."""

import decimal
import json

import pytest

from brokers.contract.reports import FillReport, Leg, OrderReport
from brokers.tastytrade.account.executions import millis, to_happenings

D = decimal.Decimal
FILLED = json.loads("""
{"id":270602,"account-number":"5WX06827","cancellable":false,"editable":false,"edited":false,
"ext-client-order-id":"0a000000d40004210a","ext-exchange-order-number":"910533337354","ext-global-order-number":212,
"global-request-id":"cac193dce95dd480f7c191e8655f54a9","order-type":"Market","received-at":"2025-05-28T16:00:01.651+00:00",
"size":1,"status":"Filled","terminal-at":"2025-05-28T16:00:02.550+00:00","time-in-force":"Day",
"underlying-instrument-type":"Equity","underlying-symbol":"AAPL","updated-at":1748448002553,
"legs":[{"action":"Buy to Open","instrument-type":"Equity","quantity":1,"remaining-quantity":0,"symbol":"AAPL",
"fills":[{"destination-venue":"TEST_A","ext-exec-id":"134","ext-group-fill-id":"0",
"fill-id":"2_TW::TEST_A1::20250528.135-TEST_FILL","fill-price":"1.0","filled-at":"2025-05-28T16:00:01.953+00:00",
"quantity":1}]}]}
""")
"""A notification as the venue sent it."""


def order(**fields) -> OrderReport:
    (word,) = (each for each in to_happenings(FILLED | fields, "L", "stream") if isinstance(each, OrderReport))
    return word


def fill(id: str, quantity: int, price: str, at: str = "2025-05-28T16:00:01.953+00:00") -> dict:
    return {"fill-id": id, "quantity": quantity, "fill-price": price, "filled-at": at}


def leg(symbol: str, action: str, quantity: int, *fills: dict, kind: str = "Equity Option") -> dict:
    return {"symbol": symbol, "action": action, "quantity": quantity, "instrument-type": kind, "fills": [*fills]}


def test_a_filled_order_of_the_wire_is_a_fill_and_how_the_order_stands():
    bought, word = to_happenings(FILLED, "L", "read")
    assert bought == FillReport(
        link="L", account="5WX06827", id="2_TW::TEST_A1::20250528.135-TEST_FILL", at=1748448001953, found="read",
        order="270602", symbol="AAPL", quantity=D(1), price=D("1.0"), underlying="AAPL", instrument="Equity",
        multiplier=D(1),
    )  # fmt: skip
    assert word == OrderReport(
        link="L", account="5WX06827", id="270602:1748448002553:filled:1", at=1748448002553, found="read",
        order="270602", version=1748448002553, status="filled", venue_status="Filled", kind="market",
        time_in_force="day", legs=(Leg("AAPL", "buy", D(1), D(1), "open", D(1)),), submitted_at=1748448001651,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "Received"}, "pending"),
        ({"status": "Contingent"}, "pending"),
        ({"status": "Replace Requested"}, "pending"),
        ({"status": "Live", "legs": [leg("AAPL", "Buy to Open", 1)]}, "working"),
        ({"status": "Live"}, "partially_filled"),
        ({"status": "Cancelled"}, "canceled"),
        ({"status": "Cancelled", "replacing-order-id": 9}, "replaced"),
        ({"status": "Partially Removed"}, "canceled"),
        ({"status": "Rejected", "reject-reason": "no"}, "rejected"),
        ({"status": "Awaiting Review"}, "unknown"),
        ({"status": None}, "unknown"),
    ],
)
def test_a_status_of_the_venue_is_one_of_ours(fields, status):
    assert order(**fields).status == status


def test_a_limit_of_one_leg_is_a_price_and_of_several_what_is_paid_or_got():
    assert order(price="4.0", **{"price-effect": "Credit"}).price == 4
    spread = [leg("SPY   260116C00500000", "Sell to Open", 1), leg("SPY   260116C00510000", "Buy to Open", 1)]
    assert order(price="1.2", legs=spread, **{"price-effect": "Credit"}).price == D("-1.2")
    assert order(price="1.2", legs=spread, **{"price-effect": "Debit"}).price == D("1.2")
    assert order().price is None


def test_each_leg_of_a_spread_has_fills_of_its_own():
    legs = [
        leg("SPY   260116C00500000", "Sell to Close", 3, fill("a", 1, "2.00"), fill("c", 2, "2.30")),
        leg("SPY   260116C00510000", "Buy to Open", 3, fill("b", 3, "1.10", "2025-05-28T16:00:00.000+00:00")),
    ]
    *fills, word = to_happenings(FILLED | {"legs": legs, "status": "Live"}, "L", "stream")
    assert [
        (each.id, each.symbol, each.quantity, each.multiplier) for each in fills if isinstance(each, FillReport)
    ] == [
        ("b", "SPY260116C00510000", D(3), D(100)),
        ("a", "SPY260116C00500000", D(-1), D(100)),
        ("c", "SPY260116C00500000", D(-2), D(100)),
    ]
    assert isinstance(word, OrderReport)
    assert [(part.side, part.effect, part.filled, part.average_price) for part in word.legs] == [
        ("sell", "close", D(3), D("2.20")),
        ("buy", "open", D(3), D("1.10")),
    ]


def test_an_order_that_is_filled_before_its_fills_are_known_is_told_again_when_they_are():
    early = order(legs=[leg("AAPL", "Buy to Open", 2, fill("a", 1, "1.0"))])
    late = order(legs=[leg("AAPL", "Buy to Open", 2, fill("a", 1, "1.0"), fill("b", 1, "1.0"))])
    assert (early.status, early.version) == (late.status, late.version)
    assert early.id != late.id, "what the first word left out would never be stored"


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"account-number": None},
        {"updated-at": 0, "terminal-at": None, "received-at": "soon"},
        {"legs": [leg("AAPL", "Buy to Open", 1, fill("a", 1, "1.0") | {"fill-id": None})]},
        {"legs": [leg("AAPL", "Buy to Open", 1, fill("a", 1, "NaN"))]},
        {"legs": [leg("AAPL", "Buy to Open", 1, fill("a", 1, "1.0", "now"))]},
        {"legs": [leg("AAPL", "Hold", 1)]},
        {"legs": [leg("", "Buy to Open", 1)]},
    ],
)
def test_an_order_that_cannot_be_read_whole_tells_nothing(fields):
    with pytest.raises(ValueError):  # noqa: PT011 - which word of it is bad is not the point
        to_happenings(FILLED | fields, "L", "stream")


def test_times_are_numbers_or_iso_and_else_none():
    assert millis(1748448002553) == 1748448002553
    assert millis("2025-05-28T16:00:02.553Z") == millis("2025-05-28T12:00:02.553-04:00") == 1748448002553
    assert [millis(value) for value in (0, True, None, "yesterday", 1.5)] == [None] * 5
