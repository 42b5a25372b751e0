"""An order comes in only for what trades, in its quantities, on its ticks, with the effect it can have."""

import decimal

import msgspec
import pytest

from simulator.exchange.orders import Rejection, SimOrderWish, SimTicket
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


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
