"""Of orders that depend on each other, one does to the others what the venue promises, and never more."""

import decimal
import typing

import pytest

from simulator.exchange import complex_orders
from simulator.exchange.orders import (
    ComplexOrder,
    ComplexTicket,
    Rejection,
    SimOrder,
    SimOrderWish,
    SimTicket,
    UnknownOrder,
)
from tests.simulator.trading import Desk, ticket

Decimal = decimal.Decimal


def entry(quantity: str = "10", price: str = "-300.00", **terms: typing.Any) -> SimTicket:
    return ticket("Buy to Open", quantity, price=price, **terms)


def profit(quantity: str = "10", price: str = "250.00", **terms: typing.Any) -> SimTicket:
    return ticket("Sell to Close", quantity, price=price, **terms)


def loss(quantity: str = "10", stop: str = "200.00") -> SimTicket:
    return ticket("Sell to Close", quantity, type="Stop", stop=Decimal(stop), time_in_force="GTC")


def bracket(desk: Desk, quantity: str = "10", **terms: typing.Any) -> ComplexOrder:
    wanted = ComplexTicket("OTOCO", (profit(quantity), loss(quantity)), entry(quantity, **terms))
    return desk.exchange.place_complex(desk.account, wanted)[0]


def now(desk: Desk) -> ComplexOrder:
    return desk.exchange.complex_orders_of(desk.account)[0]


def statuses(desk: Desk) -> list[str]:
    return [order.status for order in now(desk).members]


def test_a_bracket_waits_then_its_trigger_releases_both_orders():
    desk = Desk()
    placed = bracket(desk)
    assert [order.complex_tag for order in placed.members] == [
        "OTOCO::trigger-order", "OTOCO::oco-1-order", "OTOCO::oco-2-order",
    ]  # fmt: skip
    assert {(order.status, order.contingent_status) for order in placed.members} == {("Contingent", "Pending Order")}
    desk.wait(0.2)
    assert statuses(desk) == ["Filled", "Live", "Live"]
    assert desk.held() == 10


@pytest.mark.parametrize(("price", "done"), [(260.0, ["Filled", "Cancelled"]), (190.0, ["Cancelled", "Filled"])])
def test_when_one_order_of_a_bracket_fills_the_other_is_cancelled(price: float, done: list[str]):
    desk = Desk()
    bracket(desk)
    desk.wait(0.2)
    desk.market.move("AAPL", price, desk.market.at)
    desk.wait(0.5)
    assert statuses(desk) == ["Filled", *done]
    assert desk.held() == 0
    assert now(desk).terminal_at is not None


def test_a_part_filled_of_one_order_is_taken_off_the_other():
    desk = Desk(cash="10000000")
    bracket(desk, "20000")
    while statuses(desk)[0] != "Filled":
        desk.wait(1, step=0.5)
    desk.market.move("AAPL", 260.0, desk.market.at)
    desk.step()
    first, second = now(desk).orders
    assert first.filled > 0
    assert first.status == second.status == "Live"
    assert second.legs[0].quantity == 20000 - first.filled == second.legs[0].remaining


def test_many_small_fills_take_no_more_of_the_other_order_than_its_part():
    desk = Desk()
    hold(desk, "10")
    placed, _ = desk.exchange.place_complex(desk.account, ComplexTicket("OCO", (profit("10"), loss("3"))))
    desk.wait(0.2)
    left = []
    for _ in range(10):
        desk.exchange.execute(placed.orders[0].id, Decimal(1), Decimal(250))
        left.append(now(desk).orders[1].legs[0].remaining if statuses(desk)[1] == "Live" else Decimal(0))
    assert left == [2, 2, 2, 1, 1, 1, 0, 0, 0, 0]
    assert statuses(desk) == ["Filled", "Cancelled"]
    assert desk.held() == 0


def test_an_order_goes_on_after_a_part_of_it_has_cancelled_an_order_of_a_value():
    desk = Desk()
    hold(desk, "10")
    wish = SimOrderWish("AAPL", "Sell to Close")
    worth = SimTicket((wish,), "Notional Market", value=Decimal(1000), behavior="never")
    placed, _ = desk.exchange.place_complex(desk.account, ComplexTicket("OCO", (profit("10"), worth)))
    desk.wait(0.2)
    desk.exchange.execute(placed.orders[0].id, Decimal(1), Decimal(250))
    assert statuses(desk) == ["Live", "Cancelled"]


def test_a_trigger_that_ends_without_filling_ends_the_orders_behind_it():
    desk = Desk()
    bracket(desk, price="-200.00", time_in_force="IOC")
    desk.wait(0.2)
    assert statuses(desk) == ["Expired", "Cancelled", "Cancelled"]


def test_cancelling_ends_the_orders_at_once_and_the_trigger_when_it_hears():
    desk = Desk()
    placed = bracket(desk, price="-200.00")
    desk.wait(0.2)
    cancelled = desk.exchange.cancel_complex(desk.account, placed.id)
    assert [order.status for order in cancelled.members] == ["Cancel Requested", "Cancelled", "Cancelled"]
    for _ in ("about to end", "ended"):
        with pytest.raises(Rejection):
            desk.exchange.cancel_complex(desk.account, placed.id)
        desk.wait(0.1)
    assert statuses(desk) == ["Cancelled"] * 3
    with pytest.raises(UnknownOrder):
        desk.exchange.cancel_complex(desk.account, 1)


def test_a_part_of_a_complex_order_is_cancelled_with_the_whole_only():
    desk = Desk()
    placed = bracket(desk)
    with pytest.raises(Rejection) as refused:
        desk.exchange.cancel(desk.account, placed.orders[0].id)
    assert refused.value.errors[0][0] == "cannot_update_order"


def test_two_orders_that_cancel_each_other_start_at_once_and_reserve_once():
    desk = Desk(cash="0", margin=False)
    hold(desk, "10")
    placed, _ = desk.exchange.place_complex(desk.account, ComplexTicket("OCO", (profit(), loss())))
    desk.wait(0.2)
    assert statuses(desk) == ["Live", "Live"]
    assert {order.complex_tag for order in placed.orders} == {"OCO::order"}
    desk.market.move("AAPL", 190.0, desk.market.at)
    desk.wait(0.2)
    assert statuses(desk) == ["Cancelled", "Filled"]


def test_two_orders_to_buy_of_which_one_will_execute_reserve_for_the_dearer():
    desk = Desk(cash="3000", margin=False)
    cheap, dear = entry(price="-100.00"), entry(price="-200.00")
    desk.exchange.place_complex(desk.account, ComplexTicket("OCO", (cheap, dear)))
    assert desk.account.reserve == Decimal("2000.008")
    desk.wait(0.1)
    assert statuses(desk) == ["Live", "Live"]
    assert desk.account.reserve == Decimal("2000.008")


def test_an_order_released_without_buying_power_is_rejected():
    desk = Desk(cash="4000", margin=False)
    behind = ticket("Buy to Open", "10", "MSFT", "-400.00")
    desk.exchange.place_complex(desk.account, ComplexTicket("OTO", (behind,), entry("10")))
    desk.wait(0.2)
    order = now(desk).orders[0]
    assert (order.status, order.complex_tag) == ("Rejected", "OTO::order")
    assert order.reject_reason == "Account has insufficient buying power available."


def test_orders_that_wait_are_checked_when_they_come_in():
    desk = Desk()
    for behind in (profit("0"), profit(price="250.005"), ticket("Sell to Close", "1", "NOPE", "1.00")):
        with pytest.raises(Rejection):
            desk.exchange.place_complex(desk.account, ComplexTicket("OTO", (behind,), entry()))
    assert not desk.exchange.is_busy


def test_pairs_are_refused():
    desk = Desk()
    with pytest.raises(Rejection):
        desk.exchange.place_complex(desk.account, ComplexTicket("PAIRS", (entry(), entry())))


def hold(desk: Desk, quantity: str) -> SimOrder:
    """Let the account hold shares, whatever its cash."""
    desk.account.cash += 10_000_000
    order = desk.buy(quantity)
    desk.wait(0.2)
    desk.account.cash -= 10_000_000
    return order


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (ComplexTicket("PAIRS", (entry(), entry())), "complex_order_type_not_supported"),
        (ComplexTicket("OCO", (profit(),)), "wrong_number_of_orders"),
        (ComplexTicket("OCO", (profit(), loss(), loss())), "wrong_number_of_orders"),
        (ComplexTicket("OCO", (profit(), loss()), entry()), "wrong_number_of_orders"),
        (ComplexTicket("OTOCO", (profit(), loss())), "wrong_number_of_orders"),
        (ComplexTicket("OTO", (), entry()), "wrong_number_of_orders"),
        (ComplexTicket("OTO", (loss(),) * 4, entry()), "wrong_number_of_orders"),
        (ComplexTicket("OTO", (loss(),) * 3, entry()), None),
        (ComplexTicket("OCO", (profit(), loss())), None),
    ],
)
def test_a_complex_order_has_the_parts_of_its_kind(wanted: ComplexTicket, code: str | None):
    complaint = complex_orders.complaint(wanted)
    assert (complaint and complaint[0]) == code


def test_the_trigger_starts_alone_and_without_one_all_start():
    trigger, first, second = entry(), profit(), loss()
    assert complex_orders.starters(ComplexTicket("OTOCO", (first, second), trigger)) == (trigger,)
    assert complex_orders.starters(ComplexTicket("OCO", (first, second))) == (first, second)
