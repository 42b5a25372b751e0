"""An order comes in only for what trades, in its quantities, on its ticks, with the effect it can have."""

import contextlib
import decimal
import typing

import msgspec
import pytest

from simulator.exchange.order_intake import Intake
from simulator.exchange.orders import Action, OrderType, Rejection, SimOrderWish, SimTicket
from tests.simulator.trading import Desk, ticket

Decimal = decimal.Decimal


def intake(desk: Desk | None = None) -> Intake:
    return Intake((desk or Desk()).exchange.blotter)


def test_a_closing_order_without_a_position_opens_one_unless_it_is_strict():
    desk = Desk()
    assert desk.sell("1").legs[0].action == "Sell to Open"
    with pytest.raises(Rejection) as refused:
        desk.sell("1", is_strict=True)
    assert refused.value.errors[0][0] == "no_position_to_close"


def test_an_order_of_nothing_or_of_nothing_known_is_refused():
    desk = Desk()
    for wish in (
        SimOrderWish("AAPL", "Buy to Open", Decimal(0)),
        SimOrderWish("AAPL", "Buy to Open"),
        SimOrderWish("VIX", "Buy to Open", Decimal(1)),
    ):
        with pytest.raises(Rejection):
            desk.exchange.place(desk.account, SimTicket((wish,), "Market"))
    assert not desk.exchange.is_busy


def test_a_price_between_ticks_is_refused():
    desk = Desk()
    for price in ("226.405", "226.4001"):
        with pytest.raises(Rejection) as refused:
            desk.buy("1", price=price)
        assert refused.value.errors[0][0] == "invalid_price_increment"
    with pytest.raises(Rejection):
        desk.sell("1", type="Stop", stop=Decimal("220.001"))
    order = desk.buy("1", price="0.5001")
    with pytest.raises(Rejection):
        desk.exchange.replace(desk.account, order.id, msgspec.structs.replace(order.ticket, price=Decimal("-1.0001")))


def test_shares_already_being_sold_are_not_sold_twice():
    desk = Desk(cash="60000", margin=False)
    desk.buy("100", "SPY")
    desk.wait(1)
    desk.sell("60", "SPY", "900.00")
    with pytest.raises(Rejection):
        desk.sell("60", "SPY", "900.00")
    assert desk.sell("40", "SPY", "900.00").status == "Routed"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ([], "duplicate_leg_symbols"),
        ([("AAPL", "1"), ("AAPL", "2")], "duplicate_leg_symbols"),
        ([("AAPL", "1.5"), ("MSFT", "1")], "invalid_quantity"),
        ([("AAPL", "-1")], "invalid_quantity"),
        ([("AAPL", "1"), ("NOPE", "1")], "instrument_validation_failed"),
        ([("VIX", "1")], "instrument_validation_failed"),
    ],
)
def test_legs_are_of_different_symbols_that_trade_in_quantities_that_can_be_had(
    wishes: list[tuple[str, str]], code: str
):
    legs = tuple(SimOrderWish(symbol, "Buy to Open", Decimal(quantity)) for symbol, quantity in wishes)
    with pytest.raises(Rejection) as refused:
        intake().check(SimTicket(legs, "Market"))
    assert refused.value.errors[0][0] == code


@pytest.mark.parametrize(
    ("type", "quantity", "value"),
    [("Notional Market", "1", "-500"), ("Notional Market", None, None), ("Market", None, "-500")],
)
def test_an_order_has_a_quantity_or_is_of_a_value(type: OrderType, quantity: str | None, value: str | None):
    wish = SimOrderWish("AAPL", "Buy to Open", Decimal(quantity) if quantity else None)
    with pytest.raises(Rejection) as refused:
        intake().check(SimTicket((wish,), type, value=Decimal(value) if value else None))
    assert refused.value.errors[0][0] == "invalid_quantity"


def test_a_share_alone_may_be_a_fraction():
    intake().check(ticket("Buy to Open", "0.5"))


@pytest.mark.parametrize(
    ("symbol", "price", "is_taken"),
    [
        ("AAPL", "0.9999", True),
        ("AAPL", "1.0001", False),
        ("AAPL", "0.99995", False),
        ("SPY261218C00545000", "0.0001", False),
        ("/ESZ6", "5000.25", True),
        ("/ESZ6", "5000.10", False),
    ],
)
def test_a_price_is_on_the_tick_of_what_it_is_for(symbol: str, price: str, is_taken: bool):
    outcome = contextlib.nullcontext() if is_taken else pytest.raises(Rejection, match="is no multiple of the tick")
    with outcome:
        intake().check(ticket("Buy to Open", "1", symbol, f"-{price}"))


def test_the_price_of_a_spread_is_on_the_finest_tick_of_its_legs():
    legs = tuple(SimOrderWish(symbol, "Buy", Decimal(1)) for symbol in ("/ESZ6", "AAPL"))
    intake().check(SimTicket(legs, "Limit", price=Decimal("-5000.01")))


def test_a_leg_opens_what_is_not_held_and_closes_what_is():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    actions = [
        intake(desk).legs(desk.account, ticket(action, "1", symbol))[0].action
        for action, symbol in typing.cast(
            list[tuple[Action, str]],
            [("Sell to Open", "AAPL"), ("Buy to Close", "AAPL"), ("Sell to Close", "MSFT"), ("Sell", "AAPL")],
        )
    ]
    assert actions == ["Sell to Close", "Buy to Open", "Sell to Open", "Sell"]


def test_nothing_is_sold_for_a_value_that_is_not_held():
    desk = Desk()
    wanted = SimTicket((SimOrderWish("AAPL", "Sell to Close"),), "Notional Market", value=Decimal(500))
    with pytest.raises(Rejection) as refused:
        intake(desk).legs(desk.account, wanted)
    assert refused.value.errors[0][0] == "no_position_to_close"
