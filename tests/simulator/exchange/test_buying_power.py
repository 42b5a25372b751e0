"""An order needs the buying power of what it will cost, and says what it changes."""

import decimal
import typing

import pytest

from simulator.exchange import buying_power
from simulator.exchange.account_status import AccountStatus
from simulator.exchange.market_view import MarketView
from simulator.exchange.orders import Action, Rejection, SimOrderWish, SimTicket
from tests.simulator.trading import Desk, ticket

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


def books(desk: Desk) -> MarketView:
    return desk.exchange.books


@pytest.mark.parametrize(
    ("action", "price", "stop", "paid"),
    [
        ("Buy to Open", None, None, "ask"),
        ("Sell to Open", None, None, "bid"),
        ("Buy to Open", "-300.00", None, "300"),
        ("Buy to Open", "-100.00", None, "100"),
        ("Sell to Open", "300.00", None, "300"),
        ("Sell to Open", "100.00", None, "bid"),
        ("Buy to Open", None, "300.00", "300"),
        ("Buy to Open", None, "100.00", "ask"),
        ("Sell to Open", None, "100.00", "100"),
        ("Sell to Open", None, "300.00", "bid"),
        ("Buy to Open", "-100.00", "300.00", "100"),
        ("Sell to Open", "90.00", "100.00", "100"),
    ],
)
def test_an_order_of_one_leg_is_expected_at_its_limit_its_trigger_or_the_quote(
    action: Action, price: str | None, stop: str | None, paid: str
):
    desk, side = Desk(), 1 if action.startswith("Buy") else -1
    wanted = ticket(action, "10", price=price, stop=Decimal(stop) if stop else None)
    parts = buying_power.parts_of([("AAPL", side, Decimal(1))], books(desk))
    plan = buying_power.expected(wanted, parts, Decimal(10), books(desk))
    (trade,) = plan.trades
    book = desk.book("AAPL")
    assert trade.price == (Decimal(paid) if paid.isdigit() else getattr(book, paid))
    assert (trade.quantity, plan.better) == (side * Decimal(10), Decimal(0))


def test_an_order_of_several_legs_is_expected_at_the_quotes_and_better_by_its_limit():
    desk = Desk()
    low, high = desk.option("C", 1.00), desk.option("C", 1.02)
    parts = buying_power.parts_of([(low, 1, Decimal(1)), (high, -1, Decimal(2))], books(desk))
    wanted = ticket("Buy to Open", "3", low, "-0.50")
    plan = buying_power.expected(wanted, parts, Decimal(3), books(desk))
    ask, bid = desk.book(low).ask, desk.book(high).bid
    assert ask is not None
    assert bid is not None
    assert [(trade.quantity, trade.price) for trade in plan.trades] == [(Decimal(3), ask), (Decimal(-6), bid)]
    assert plan.better == (Decimal("-0.50") - (2 * bid - ask)) * 3 * 100


def test_an_order_of_a_value_is_expected_to_be_of_what_it_pays_for():
    desk = Desk()
    wanted = SimTicket((SimOrderWish("AAPL", "Buy to Open"),), "Notional Market", value=Decimal(-500))
    parts = buying_power.parts_of([("AAPL", 1, Decimal(1))], books(desk))
    (trade,) = buying_power.expected(wanted, parts, Decimal(0), books(desk)).trades
    assert 0 <= 500 - trade.quantity * trade.price < trade.price * Decimal("0.00001")


@pytest.mark.parametrize("symbol", ["NOPE", "VIX", "SPY251219C00545000"])
def test_what_does_not_trade_has_no_parts(symbol: str):
    with pytest.raises(Rejection, match=f"Trading of {symbol} is not supported"):
        buying_power.parts_of([(symbol, 1, Decimal(1))], books(Desk()))


def test_an_account_that_may_only_close_does_no_more_than_that():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    desk.account.standing = AccountStatus(is_closing_only=True)
    for wrong in (ticket("Buy to Open", "1"), ticket("Sell to Close", "11"), ticket("Sell to Open", "1", "MSFT")):
        with pytest.raises(Rejection, match="may only close positions"):
            desk.exchange.preview(desk.account, wrong)
    desk.place("Sell to Close", "6", "AAPL", "900.00")
    with pytest.raises(Rejection, match="may only close positions"):
        desk.exchange.preview(desk.account, ticket("Sell to Close", "5", price="900.00"))
    desk.exchange.preview(desk.account, ticket("Sell to Close", "4", price="900.00"))


def test_what_only_closes_needs_no_buying_power():
    desk = Desk()
    desk.place("Sell to Open", "10", "AAPL", None)
    desk.wait(0.2)
    desk.account.cash = Decimal(2000)
    effect = desk.exchange.preview(desk.account, ticket("Buy to Close", "10", price="-900.00")).effect
    assert effect.new_buying_power == effect.current_buying_power + effect.change_in_buying_power
    assert effect.change_in_buying_power < 0 > effect.new_buying_power
    with pytest.raises(Rejection, match="insufficient buying power"):
        desk.exchange.preview(desk.account, ticket("Buy to Close", "11", price="-900.00"))


def test_expected_fees_are_those_of_closing_for_what_is_held_and_of_opening_for_the_rest():
    desk = Desk()
    call = desk.option()
    desk.buy("3", call)
    desk.wait(0.5)
    terms = books(desk).terms(call)
    assert terms is not None

    def commission(quantity: int) -> Decimal:
        trade = buying_power.at_mark(terms, Decimal(quantity), books(desk))
        return buying_power.costs(desk.account, [trade]).commission

    assert commission(-3) == 0, "closing is free of commission"
    assert commission(-5) == commission(-3) + 2
    assert commission(2) == 2


def test_an_order_that_replaces_another_may_use_what_that_has_reserved():
    desk = Desk(cash="2100", margin=False)
    order = desk.buy("10", price="200.00")
    dearer = ticket("Buy to Open", "10", price="-205.00")
    with pytest.raises(Rejection):
        desk.exchange.preview(desk.account, dearer)
    effect = desk.exchange.preview_replace(desk.account, order.id, dearer).effect
    assert effect.current_buying_power == 2100
