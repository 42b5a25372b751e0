"""The book of orders is pure: what filled before a change stays filled, and what is listed is new or still open."""

import datetime
import decimal

import msgspec
import pytest

from simulator.exchange.exchange import Exchange
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tradier.bodies.orders import event_body, order_body
from simulator.tradier.customers import Person, demo_grants
from simulator.tradier.orders.order_book import SimTradierOrderBook, SimTradierPlaced
from simulator.tradier.orders.parsing import SimTradierDraft, SimTradierLegDraft, SimTradierPart

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)


class Stand:
    """A book on a market that moves when it is told to."""

    def __init__(self) -> None:
        self.market = SimMarket(7, NOON)
        self.bob: Person = demo_grants(7, self.market)[1].person
        exchange = Exchange(self.market, OptionSurface(self.market), 7, [self.bob])
        self.book = SimTradierOrderBook(self.market, exchange)
        self.told: list[SimTradierPlaced] = []

    def move(self, steps: int) -> None:
        """Let tenths of a second pass."""
        for _ in range(steps):
            self.market.advance(0.1, self.market.at + 100)
            self.told += self.book.advance()

    def buy(self, quantity: int, price: str) -> SimTradierPlaced:
        """Place an order to buy shares that hardly trade, for good."""
        leg = SimTradierLegDraft("KMPR", "buy", Decimal(quantity))
        part = SimTradierPart("equity", "limit", "gtc", (leg,), Decimal(price))
        return self.book.place(self.bob.accounts[0], SimTradierDraft("equity", (part,)))


def test_what_filled_before_a_change_stays_filled_under_the_same_id():
    stand = Stand()
    placed = stand.buy(1500, "70.00")
    stand.move(5)
    before = placed.executed
    assert 0 < before < 1500
    assert placed.status == "partially_filled"
    for price in ("69.90", "69.80"):
        stand.book.change(placed, msgspec.structs.replace(placed.part, price=Decimal(price)))
        stand.move(3)
        assert placed.executed >= before
        assert placed.executed + placed.remaining == 1500
    stand.market.set_rate("KMPR", 5.0)
    stand.move(80)
    assert (placed.status, placed.executed) == ("filled", Decimal(1500))
    events = [event_body(each) for each in stand.told if each.id == placed.id]
    assert [event["executed_quantity"] for event in events] == sorted(event["executed_quantity"] for event in events)
    assert {event["executed_quantity"] + event["remaining_quantity"] for event in events} == {1500.0}
    held = next(holding for holding in stand.bob.accounts[0].holdings if holding.symbol == "KMPR")
    body = order_body(placed)
    assert held.quantity == 1500
    assert body["avg_fill_price"] == pytest.approx(float(held.average), abs=1e-4)


def test_an_order_may_be_cancelled_before_the_exchange_has_seen_it():
    stand = Stand()
    placed = stand.buy(10, "70.00")
    stand.book.cancel(placed)
    stand.move(5)
    assert (placed.status, len(stand.told), placed.fills(0)) == ("canceled", 1, [])
    assert not stand.book.is_busy


def test_of_two_orders_that_cancel_each_other_one_fills_and_one_does_not():
    stand = Stand()
    leg = SimTradierLegDraft("QQQ", "sell", Decimal(10))
    low = SimTradierPart("equity", "limit", "day", (leg,), price=Decimal("100.00"))
    stop = SimTradierPart("equity", "stop", "day", (leg,), stop=Decimal("50.00"))
    placed = stand.book.place(stand.bob.accounts[0], SimTradierDraft("oco", (low, stop)))
    assert (placed.status, [part.status for part in placed.parts]) == ("held", ["held", "held"])
    stand.move(10)
    assert [part.status for part in placed.parts] == ["filled", "canceled"]
    body = order_body(placed)
    assert (body["status"], body["class"], body["num_legs"]) == ("filled", "oco", 2)
    assert {event_body(each).get("parent_id") for each in stand.told} == {placed.id}


def test_an_order_that_fires_others_lets_them_wait_until_it_has_filled():
    stand = Stand()
    buy = SimTradierPart(
        "equity", "limit", "day", (SimTradierLegDraft("QQQ", "buy", Decimal(1)),), price=Decimal("100.00")
    )
    sell = SimTradierPart(
        "equity", "limit", "day", (SimTradierLegDraft("QQQ", "sell", Decimal(1)),), price=Decimal("900.00")
    )
    placed = stand.book.place(stand.bob.accounts[0], SimTradierDraft("oto", (buy, sell)))
    stand.move(10)
    assert [part.status for part in placed.parts] == ["open", "held"]
    stand.market.move("QQQ", 99.0, stand.market.at)
    stand.move(10)
    assert [part.status for part in placed.parts] == ["filled", "open"]
    stand.book.cancel(placed)
    stand.move(3)
    assert [part.status for part in placed.parts] == ["filled", "canceled"]


def test_the_list_has_todays_orders_and_older_ones_that_are_open():
    stand = Stand()
    account = stand.bob.accounts[0]
    filled, waiting = stand.buy(1, "70.00"), stand.buy(1, "1.00")
    stand.move(5)
    assert stand.book.of(account) == [filled, waiting]
    assert stand.book.at_work(account) == 1
    stand.market.advance(0.0, NOON + 86_400_000)
    assert stand.book.of(account) == [waiting]
