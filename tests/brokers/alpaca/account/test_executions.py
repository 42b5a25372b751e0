"""What the venue documents of its events becomes orders, fills and activities, exact and with ids that agree."""

import decimal

import pytest

from brokers.alpaca.account.executions import SeenExecutions, event_ms, status_of
from brokers.alpaca.timestamps import millis
from brokers.contract.reports import FillReport, Leg, OrderReport, order_id
from tests.brokers.alpaca.samples import BUST, DIVIDEND, FILL, NEW, ORDER, SPREAD, TRADE

TOLD = SeenExecutions("link", "PA1")
D = decimal.Decimal


def test_a_new_order_is_told_whole():
    (order,) = TOLD.orders(NEW["order"])
    assert order == OrderReport(
        link="link",
        account="PA1",
        id=order_id(ORDER["id"], 1697203738387, "working", D(0)),
        at=1697203738387,
        order=ORDER["id"],
        version=1697203738387,
        status="working",
        venue_status="new",
        kind="market",
        time_in_force="day",
        legs=(Leg("AAPL", "buy", None, D(0), "open"),),
        client="508789e5",
        submitted_at=1697203738372,
    )
    assert TOLD.fills(NEW) == []


def test_a_fill_has_the_id_of_its_execution_and_says_what_is_held_now():
    (fill,) = TOLD.fills(FILL)
    assert fill == FillReport(
        link="link",
        account="PA1",
        id="a958bb42-b034-4d17-bf07-805cf0820ffe",
        at=1697203800658,
        order=ORDER["id"],
        symbol="AAPL",
        quantity=D("0.05513895"),
        price=D("181.36"),
        underlying="AAPL",
        instrument="Equity",
        multiplier=D(1),
        position=D("0.05513895"),
    )


def test_an_execution_is_the_same_by_event_and_by_activity():
    (live,), asked = TOLD.fills(FILL), TOLD.fill_of_activity(TRADE)
    same = ("id", "at", "order", "symbol", "quantity", "price", "underlying", "instrument", "multiplier", "kind")
    assert [getattr(live, name) for name in same] == [getattr(asked, name) for name in same]
    assert (live.found, asked.found) == ("stream", "read")


def test_what_was_sold_is_negative_however_the_venue_signs_it():
    for quantity in ("2", "-2"):
        for side in ("sell", "sell_short"):
            (fill,) = TOLD.fills(FILL | {"qty": quantity, "order": ORDER | {"side": side}})
            assert fill.quantity == D(-2)


def test_a_bust_takes_back_what_it_names_and_a_correction_says_what_it_was():
    (bust,) = TOLD.fills(BUST)
    assert (bust.kind, bust.of, bust.id, bust.position) == ("bust", FILL["execution_id"], "df61", D(0))
    assert bust.quantity == D("0.05513895")
    (correction,) = TOLD.fills(BUST | {"event": "trade_correct", "qty": "3", "price": "180.00", "execution_id": "e2"})
    assert (correction.kind, correction.of) == ("correction", FILL["execution_id"])
    assert (correction.quantity, correction.price) == (D(3), D("180.00"))


def test_the_legs_of_a_spread_are_fills_of_one_order():
    fills = TOLD.fills(SPREAD)
    assert [(fill.id, fill.order, fill.quantity, fill.price, fill.position) for fill in fills] == [
        ("leg-1", "parent", D(2), D("3.00"), D(2)),
        ("leg-2", "parent", D(-2), D("1.90"), D(-2)),
    ]
    assert {(fill.underlying, fill.instrument, fill.multiplier) for fill in fills} == {
        ("AAPL", "Equity Option", D(100))
    }
    (order,) = TOLD.orders(SPREAD["order"])
    assert [(leg.symbol, leg.side, leg.effect) for leg in order.legs] == [
        ("AAPL250221C00230000", "buy", "open"),
        ("AAPL250221C00240000", "sell", "open"),
    ]


def test_what_hangs_on_a_bracket_stands_for_itself():
    legs = [ORDER | {"id": "take", "status": "held", "side": "sell"}, ORDER | {"id": "stop", "status": "held"}]
    orders = TOLD.orders(ORDER | {"order_class": "bracket", "legs": legs})
    assert [(order.order, order.status) for order in orders] == [
        (ORDER["id"], "working"),
        ("take", "pending"),
        ("stop", "pending"),
    ]


def test_words_that_nobody_knows_are_unknown_and_kept():
    (order,) = TOLD.orders(ORDER | {"status": "restated_again"})
    assert (order.status, order.venue_status) == ("unknown", "restated_again")
    assert status_of(None) == "unknown"


@pytest.mark.parametrize("lacking", ["qty", "price", "execution_id", "order"])
def test_half_a_fill_is_none_and_no_zero(lacking):
    with pytest.raises(ValueError, match="fill"):
        TOLD.fills({name: value for name, value in FILL.items() if name != lacking})


def test_a_dividend_says_what_it_brought_and_per_how_many_shares():
    activity = TOLD.activity(DIVIDEND)
    assert (activity.kind, activity.venue_kind, activity.id) == ("dividend", "DIV SDIV", "5f596936")
    assert (activity.amount, activity.quantity, activity.price, activity.symbol) == (D("1.02"), D(2), D("0.51"), "T")
    assert activity.at == millis("2019-08-01T05:19:55.195Z")


def test_what_came_for_nothing_has_a_price_of_nothing():
    assert TOLD.activity(DIVIDEND | {"activity_type": "OPEXP", "price": "0"}).price == D(0)


def test_one_that_was_taken_back_is_another_activity():
    assert TOLD.activity(DIVIDEND | {"status": "canceled"}).id != TOLD.activity(DIVIDEND).id


@pytest.mark.parametrize(
    ("word", "kind"),
    [("DIVNRA", "dividend"), ("FEE", "fee"), ("CSD", "transfer"), ("OPASN", "assignment"), ("OPEXP", "expiration"),
     ("INT", "interest"), ("JNLC", "journal"), ("SPLIT", "split"), ("NEWS", "other")],
)  # fmt: skip
def test_activities_are_of_our_kinds(word, kind):
    assert TOLD.activity(DIVIDEND | {"activity_type": word}).kind == kind


def test_the_cursor_of_an_event_is_the_time_of_its_ulid():
    assert event_ms(NEW) == millis(NEW["at"])
    assert event_ms(NEW | {"event_id": 12, "event_ulid": NEW["event_id"]}) == millis(NEW["at"])
    assert event_ms({"at": NEW["at"]}) == millis(NEW["at"])
    assert event_ms({}) is None
