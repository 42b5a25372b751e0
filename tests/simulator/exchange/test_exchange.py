"""An order at the simulated exchange fares as at the real one: it is routed, rests, fills, ends."""

import decimal

import msgspec
import pytest

from simulator.exchange import accounts
from simulator.exchange.orders import Rejection, UnknownOrder
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


def test_a_market_order_is_routed_goes_live_and_fills_at_the_ask():
    desk = Desk()
    order = desk.buy("10")
    assert order.status == "Routed"
    desk.step()
    desk.step()
    ask = Decimal(repr(desk.market.tapes["AAPL"].ask))
    assert desk.statuses(order) == ["Routed", "In Flight", "Live", "Filled"]
    fill = desk.order(order).legs[0].fills[0]
    assert (fill.price, fill.quantity) == (ask, Decimal(10))
    assert desk.held() == 10
    assert desk.account.cash == 100_000 - 10 * ask - Decimal("0.01")  # clearing, 0.8 of a cent


def test_a_limit_below_the_market_rests_until_the_market_comes_to_it():
    desk = Desk()
    order = desk.buy("10", price="200.00")
    desk.wait(1)
    assert desk.order(order).status == "Live"
    desk.market.move("AAPL", 199.0, desk.market.at)
    desk.wait(0.1)
    filled = desk.order(order)
    assert filled.status == "Filled"
    assert all(fill.price < 200 for fill in filled.legs[0].fills)


def test_a_cancelled_order_is_asked_for_then_over():
    desk = Desk()
    order = desk.buy("10", price="200.00")
    desk.wait(0.1)
    assert desk.exchange.cancel(desk.account, order.id).status == "Cancel Requested"
    desk.wait(0.1)
    assert desk.statuses(order)[-2:] == ["Cancel Requested", "Cancelled"]
    with pytest.raises(Rejection) as refused:
        desk.exchange.cancel(desk.account, order.id)
    assert refused.value.errors[0][0] == "cannot_update_order"


def test_an_order_of_nobody_or_of_another_account_is_unknown():
    desk = Desk()
    order = desk.buy("1", price="200.00")
    other = accounts.SimAccount("5WX00009", Decimal(0))
    for account, number in ((desk.account, 1), (other, order.id)):
        with pytest.raises(UnknownOrder):
            desk.exchange.cancel(account, number)


def test_an_order_beyond_the_buying_power_is_refused():
    desk = Desk(cash="1000", margin=False)
    with pytest.raises(Rejection) as refused:
        desk.buy("10")
    assert refused.value.errors[0][0] == "margin_check_failed"
    assert not desk.exchange.orders_of(desk.account)


def test_a_resting_order_reserves_buying_power_and_gives_it_back():
    desk = Desk(cash="10000", margin=False)
    order = desk.buy("20", price="200.00")
    assert desk.account.reserve == Decimal("4000.016")
    with pytest.raises(Rejection):
        desk.buy("31", price="200.00")
    desk.wait(0.1)
    desk.exchange.cancel(desk.account, order.id)
    desk.wait(0.1)
    assert desk.account.reserve == 0


def test_a_replaced_order_ends_and_the_new_one_takes_its_place():
    desk = Desk()
    order = desk.buy("10", price="200.00")
    desk.wait(0.1)
    dearer = msgspec.structs.replace(order.ticket, price=Decimal("-201.00"))
    new = desk.exchange.replace(desk.account, order.id, dearer)
    assert (new.status, new.replaces, new.edited) == ("Contingent", order.id, True)
    desk.wait(0.1)
    assert desk.statuses(order)[-2:] == ["Replace Requested", "Cancelled"]
    assert desk.order(order).replacing == new.id
    assert desk.statuses(new) == ["Contingent", "Routed", "In Flight", "Live"]
    assert desk.account.reserve == Decimal("1005.008")


def test_an_immediate_order_fills_what_it_can_and_the_rest_is_over():
    desk = Desk(cash="100000000")
    order = desk.buy("5000", price="230.00", time_in_force="IOC")
    desk.wait(0.1)
    ended = desk.order(order)
    assert ended.status == "Expired"
    assert 0 < ended.filled == desk.held() < 5000


def test_a_replacement_is_for_what_is_left():
    desk = Desk(cash="100000000")
    order = desk.buy("5000", price="230.00")
    desk.step()
    desk.step()
    left = 5000 - desk.order(order).filled
    cheaper = msgspec.structs.replace(order.ticket, price=Decimal("-200.00"))
    new = desk.exchange.replace(desk.account, order.id, cheaper)
    assert new.legs[0].quantity == new.legs[0].remaining == left
    desk.wait(0.2)
    assert desk.order(order).status == "Cancelled"
    assert desk.held() + left == 5000


def test_an_account_without_orders_lets_the_venue_rest():
    desk = Desk()
    order = desk.buy("1", price="200.00")
    seen = [desk.exchange.is_busy]
    desk.exchange.cancel(desk.account, order.id)
    desk.step()
    seen.append(desk.exchange.is_busy)
    assert seen == [True, False]
