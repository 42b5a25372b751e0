"""A filter of positions lets through what was asked for, and nets lots of one symbol."""

import datetime
import decimal

import pytest

from simulator.exchange.accounts import SimHolding
from simulator.tastytrade.rest import positions_filter

Decimal = decimal.Decimal
OPENED = datetime.datetime(2026, 11, 2, 15, tzinfo=datetime.UTC)


def test_net_positions_put_the_lots_of_a_symbol_together():
    later = OPENED + datetime.timedelta(days=3)
    lots = [SimHolding("QQQ", Decimal(10), Decimal(400), later), SimHolding("QQQ", Decimal(30), Decimal(440), OPENED)]
    short = SimHolding("QQQ", Decimal(-40), Decimal(450), OPENED)
    assert positions_filter.net([*lots, SimHolding("SPY", Decimal(1), Decimal(5), OPENED)]) == [
        SimHolding("QQQ", Decimal(40), Decimal(430), OPENED),
        SimHolding("SPY", Decimal(1), Decimal(5), OPENED),
    ]
    assert positions_filter.net([*lots, short])[0].quantity == 0


@pytest.mark.parametrize(
    ("symbol", "code"),
    [("/ESZ6", "ES"), ("./ESZ6 EW1  261120P5500", "ES"), ("/6EH27", "6E"), ("SPY", None), ("/ES", None)],
)
def test_a_future_and_an_option_on_it_are_of_its_product(symbol: str, code: str | None):
    assert positions_filter.product_code(symbol) == code
