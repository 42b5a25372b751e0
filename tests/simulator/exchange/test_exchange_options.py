"""Options at the simulated exchange: short ones need margin, or what covers them."""

import decimal

import pytest

from brokers.instruments.symbols import parse_option
from simulator.exchange.orders import Rejection
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


def test_a_credit_spread_needs_the_width_and_no_more():
    desk = Desk()
    low, high = desk.option("C", 1.00), desk.option("C", 1.02)
    width = (strike(high) - strike(low)) * 100
    order = desk.spread(("Sell to Open", low), ("Buy to Open", high), price="0.10")
    fees = Desk().exchange.preview(desk.account, order.ticket).fees.total
    assert desk.account.reserve == width - 10 + fees
    desk.wait(0.5)
    assert desk.worth().initial == width


def test_a_short_put_is_secured_by_cash_where_there_is_no_margin():
    put = Desk().option("P", 0.95)
    needed = strike(put) * 100
    poor, rich = Desk(cash=str(needed - 1000), margin=False), Desk(cash=str(needed), margin=False)
    with pytest.raises(Rejection) as refused:
        poor.place("Sell to Open", "1", put, "0.10")
    assert refused.value.errors[0][0] == "margin_check_failed"
    rich.place("Sell to Open", "1", put, "0.10")
    rich.wait(0.2)
    assert rich.held(put) == -1
    assert rich.worth().initial == needed


def test_a_call_is_written_on_shares_or_not_at_all_where_there_is_no_margin():
    desk = Desk(cash="60000", margin=False)
    call = desk.option("C", 1.05)
    with pytest.raises(Rejection) as refused:
        desk.place("Sell to Open", "1", call, "0.10")
    assert refused.value.errors[0][0] == "invalid_option_level"
    desk.buy("100", "SPY")
    desk.wait(1)
    desk.place("Sell to Open", "1", call, "0.10")
    desk.wait(0.2)
    assert desk.held(call) == -1
    with pytest.raises(Rejection):
        desk.sell("1", "SPY")


def test_an_uncovered_call_needs_a_fifth_of_its_underlying_less_what_it_is_out():
    desk = Desk(cash="200000")
    call = desk.option("C", 1.02)
    desk.place("Sell to Open", "1", call, "0.10")
    desk.wait(0.2)
    spot, value = Decimal(repr(round(desk.market.tapes["SPY"].mid, 3))), desk.book(call).mid
    assert desk.worth().initial == (spot * Decimal("0.20") - (strike(call) - spot) + value) * 100


def strike(symbol: str) -> Decimal:
    option = parse_option(symbol)
    assert option is not None
    return option.strike
