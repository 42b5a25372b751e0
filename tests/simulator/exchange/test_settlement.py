"""What has expired is exercised, assigned, paid out or removed at its last moment, and not before."""

import decimal
import itertools

import pytest

from brokers.instruments.symbols import parse_option
from simulator.exchange import settlement
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


def strike(symbol: str) -> Decimal:
    option = parse_option(symbol)
    assert option is not None
    return option.strike


@pytest.mark.parametrize(
    ("right", "quantity", "settled"), [("C", 1, 100), ("C", -1, -100), ("P", 1, -100), ("P", -1, 100)]
)
def test_an_option_in_the_money_at_its_end_becomes_shares_at_the_strike(right: str, quantity: int, settled: int):
    desk = Desk(cash="200000")
    option = desk.option(right, 0.98 if right == "C" else 1.02, days=1)
    desk.place("Buy to Open" if quantity > 0 else "Sell to Open", "1", option, None)
    desk.wait(0.5)
    assert desk.held(option) == quantity
    before = desk.account.cash
    ends = desk.exchange.books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.jump(ends - 1)
    assert desk.held(option) == quantity
    desk.jump(ends)
    assert [desk.held(option), desk.held("SPY")] == [0, settled]
    removal, delivery = desk.account.transactions[-2:]
    assert removal.sub_type == ("Exercise" if quantity > 0 else "Assignment")
    assert {removal.type, delivery.type} == {"Receive Deliver"}
    assert [removal.value, delivery.price, delivery.fees.total] == [0, strike(option), 5]
    assert desk.account.cash == before - settled * strike(option) - 5


def test_an_option_out_of_the_money_at_its_end_is_gone():
    desk = Desk()
    option = desk.option("C", 1.04, days=1)
    desk.buy("1", option)
    desk.wait(0.5)
    working = desk.buy("1", option, "0.01", time_in_force="GTC")
    cash, cost = desk.account.cash, desk.account.transactions[-1].value
    ends = desk.exchange.books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.jump(ends)
    assert not desk.account.holdings
    assert desk.account.cash == cash
    assert desk.account.transactions[-1].sub_type == "Expiration"
    assert desk.order(working).status == "Expired"
    gone = [news.subject for news in desk.news if news.kind == "CurrentPosition"][-1]
    assert (gone.symbol, gone.quantity, gone.realized) == (option, 0, cost)


def test_an_account_that_cannot_pay_for_the_shares_is_paid_what_its_call_is_worth():
    desk = Desk(cash="3000", margin=False)
    option = desk.option("C", 0.98, days=1)
    desk.buy("1", option)
    desk.wait(0.5)
    cash = desk.account.cash
    ends = desk.exchange.books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.jump(ends)
    last = desk.account.transactions[-1]
    assert last.sub_type == "Cash Settled Exercise"
    assert last.value == (Decimal(repr(desk.market.tapes["SPY"].last)) - strike(option)) * 100 > 0
    assert desk.account.cash == cash + last.value
    assert not desk.account.holdings


def test_the_next_moment_is_when_something_held_expires_and_a_minute_away_at_the_latest():
    desk = Desk(cash="1000000")
    desk.buy("1", option := desk.option("C", 0.98, days=1))
    desk.wait(0.5)
    books, at = desk.exchange.books, desk.market.at
    assert settlement.next_moment([desk.account], books) == settlement.next_moment([], books) == at + 60_000
    ends = books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.jump(ends - 1000)
    assert settlement.next_moment([desk.account], books) == ends


def test_nothing_is_settled_before_its_last_moment_or_that_never_ends():
    desk = Desk()
    desk.buy("1", option := desk.option("C", 0.98, days=1))
    desk.buy("1", "AAPL")
    desk.wait(0.5)
    assert desk.held(option) == 1
    assert list(settlement.settle(desk.account, desk.exchange.books, itertools.count())) == []


@pytest.mark.parametrize(("cents", "name"), [(0, "Expiration"), (1, "Exercise")])
def test_an_option_is_exercised_from_a_cent_in_the_money_on(cents: int, name: str):
    desk = Desk()
    desk.buy("1", option := desk.option("C", 1.0, days=1))
    desk.wait(0.5)
    ends = desk.exchange.books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.market.advance(0.0, ends)
    desk.market.tapes["SPY"].last = float(strike(option)) + cents / 100
    booked = list(settlement.settle(desk.account, desk.exchange.books, itertools.count()))
    assert desk.account.transactions[1].sub_type == name
    assert len(booked) == 1 + cents
    assert [desk.held(option), desk.held("SPY")] == [0, 100 * cents]


def test_a_put_without_shares_to_deliver_is_paid_where_there_is_no_margin():
    desk = Desk(cash="3000", margin=False)
    desk.buy("1", option := desk.option("P", 1.02, days=1))
    desk.wait(0.5)
    ends = desk.exchange.books.terms(option).expires_at  # type: ignore[union-attr]
    assert ends is not None
    desk.jump(ends)
    last = desk.account.transactions[-1]
    assert last.sub_type == "Cash Settled Exercise"
    assert last.value == (strike(option) - Decimal(repr(desk.market.tapes["SPY"].last))) * 100 > 0
    assert not desk.account.holdings
