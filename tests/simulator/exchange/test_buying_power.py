"""An order needs the buying power of what it will cost, and says what it changes."""

import decimal
import typing

import pytest

from simulator.exchange.orders import Action, Rejection
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


@pytest.mark.parametrize(
    ("action", "price", "terms"),
    [
        ("Buy to Open", None, {"type": "Stop", "stop": Decimal(1)}),
        ("Sell to Open", "0.01", {}),
        ("Sell to Open", "0.01", {"type": "Stop Limit", "stop": Decimal(220)}),
        ("Sell to Open", None, {"type": "Stop", "stop": Decimal(900)}),
    ],
)
def test_an_order_priced_through_the_market_needs_the_buying_power_of_what_it_will_cost(
    action: Action, price: str | None, terms: dict[str, typing.Any]
):
    desk = Desk(cash="1000")
    with pytest.raises(Rejection, match="insufficient buying power"):
        desk.place(action, "1000", "AAPL", price, **terms)
    desk.wait(0.2)
    assert desk.held() == 0
