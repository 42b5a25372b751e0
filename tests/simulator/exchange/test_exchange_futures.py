"""Futures, options on them and coins trade at the simulated exchange by their own terms."""

import datetime
import decimal

import pytest

from simulator.exchange.orders import Rejection, SimOrderWish, SimTicket
from simulator.market import calendar, future_options, futures
from tests.simulator.trading import NOON, Desk

Decimal = decimal.Decimal
ES = futures.active(futures.PRODUCTS["ES"], NOON)[0].symbol


def test_a_future_costs_nothing_to_hold_and_its_profit_is_cash_when_closed():
    desk = Desk()
    desk.place("Buy", "1", ES, None)
    desk.wait(0.5)
    bought = desk.account.transactions[0]
    assert (bought.sub_type, str(bought.value), str(bought.fees.total)) == ("Buy", "0", "1.57")
    assert desk.account.cash == 100_000 - bought.fees.total
    price = bought.price
    assert price is not None
    for _ in range(5):
        desk.wait(1)
        profit = (desk.book(ES).mid - price) * 50
        assert desk.worth().futures == profit
        assert desk.worth().net_liq == desk.account.cash + profit
    desk.place("Sell", "1", ES, None)
    desk.wait(1)
    sold = desk.account.transactions[1:]
    made = sum(((t.price or 0) - price) * (t.quantity or 0) * 50 for t in sold)
    assert sum(t.value for t in sold) == made == desk.account.gains[ES, 2026].realized
    assert not desk.account.holdings


def test_a_future_needs_margin_and_an_account_without_margin_may_not_hold_one():
    desk = Desk(cash="20000")
    preview = desk.exchange.preview(desk.account, SimTicket((SimOrderWish(ES, "Buy", Decimal(1)),), "Market"))
    ask = desk.book(ES).ask
    assert ask is not None
    assert preview.effect.change_in_margin == -ask * 50 * Decimal("0.055")
    with pytest.raises(Rejection) as poor:
        desk.place("Sell", "5", ES, None)
    assert poor.value.errors[0][0] == "margin_check_failed"
    with pytest.raises(Rejection) as unfit:
        Desk(cash="1000000", margin=False).place("Buy", "1", ES, None)
    assert unfit.value.errors[0][0] == "invalid_option_level"


def test_a_future_is_paid_out_at_its_last_price_when_it_expires():
    desk = Desk()
    desk.place("Sell", "1", ES, None)
    desk.wait(0.5)
    sold = desk.account.transactions[-1]
    ends = desk.market.tapes[ES].listing.expires
    assert ends is not None
    desk.jump(ends)
    settled = desk.account.transactions[-1]
    assert (settled.type, settled.sub_type) == ("Receive Deliver", "Expiration")
    assert sold.price is not None
    assert settled.value == (sold.price - Decimal(repr(desk.market.tapes[ES].last))) * 50
    assert not desk.account.holdings


def test_an_option_on_a_future_is_exercised_into_the_future_at_its_strike():
    desk = Desk(cash="1000000")
    last = Decimal(repr(desk.market.tapes[ES].last))
    calls = (each for each in future_options.listed(futures.PRODUCTS["ES"], NOON) if each.right == "C")
    deep = [each for each in calls if each.strike < last * Decimal("0.97") and each.expiration.future.symbol == ES]
    option = min(deep, key=lambda each: (each.expiration.expires, -each.strike))
    desk.buy("1", option.symbol)
    desk.wait(1)
    paid = desk.account.transactions[0]
    assert paid.price is not None
    assert paid.value == -paid.price * 50
    desk.jump(option.expiration.expires - 1)
    assert desk.held(option.symbol) == 1
    desk.jump(option.expiration.expires)
    assert desk.held(option.symbol) == 0
    assert desk.held(ES) == 1
    assert next(holding for holding in desk.account.holdings if holding.symbol == ES).average == option.strike


def test_coins_trade_in_fractions_and_by_value_at_any_hour_and_are_never_owed():
    night = calendar.at_clock(datetime.date(2026, 11, 21), 3)
    desk = Desk(at=night, real=True, margin=False)
    order, _ = desk.exchange.place(
        desk.account, SimTicket((SimOrderWish("BTC/USD", "Buy to Open"),), "Notional Market", value=Decimal(-500))
    )
    for _ in range(3):
        desk.jump(desk.market.at + 20)
    fill = desk.order(order).legs[0].fills[0]
    assert fill.price == Decimal(repr(desk.market.tapes["BTC/USD"].ask))
    assert desk.held("BTC/USD") == fill.quantity > 0
    assert desk.worth().crypto == fill.quantity * desk.book("BTC/USD").mid
    with pytest.raises(Rejection):
        desk.sell(str(fill.quantity * 2), "BTC/USD")
    with pytest.raises(Rejection):
        Desk().sell("0.1", "ETH/USD")


def test_a_day_order_for_a_future_ends_with_the_session_of_futures():
    evening = calendar.at_clock(datetime.date(2026, 11, 18), 19)
    desk = Desk(at=evening, real=True)
    order = desk.place("Buy", "1", ES, "-5000", time_in_force="Day")
    desk.wait(0.1)
    ends = calendar.at_clock(datetime.date(2026, 11, 19), 17)
    desk.jump(ends - 1)
    assert desk.order(order).status == "Live"
    desk.jump(ends)
    assert desk.order(order).status == "Expired"
