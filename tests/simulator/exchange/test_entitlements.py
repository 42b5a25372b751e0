"""Dividends go to who held the shares in time, and a split leaves an account worth what it was."""

import datetime
import decimal

import pytest

from brokers.instruments.symbols import parse_option
from simulator.exchange.accounts import SimHolding
from simulator.exchange.entitlements import DIVIDEND, SPLIT, entitled
from simulator.market import option_listing
from simulator.market.changes import Payout
from tests.simulator.trading import Desk

Decimal = decimal.Decimal
OPENED = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)


def holding(symbol: str, quantity: str, average: str = "200") -> SimHolding:
    return SimHolding(symbol, Decimal(quantity), Decimal(average), OPENED)


def pay(desk: Desk, symbol: str = "AAPL", amount: float = 0.26) -> None:
    """Let a dividend be paid over night."""
    desk.market.actions.order_dividend(desk.market.tapes[symbol], amount)
    desk.jump(desk.market.day_ends)


def split(desk: Desk, symbol: str = "AAPL", ratio: int = 4) -> None:
    """Let shares split over night."""
    desk.market.actions.order_split(desk.market.tapes[symbol], ratio)
    desk.jump(desk.market.day_ends)


@pytest.mark.parametrize(("quantity", "value"), [("100", "26.00"), ("-30", "-7.80"), ("0.5", "0.13")])
def test_who_held_over_night_is_paid_and_who_was_short_pays(quantity: str, value: str):
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", quantity))
    cash = desk.account.cash
    pay(desk)
    assert desk.account.cash == cash + Decimal(value)
    (entry,) = desk.account.transactions
    assert (entry.type, entry.sub_type, entry.symbol, entry.net) == ("Money Movement", DIVIDEND, "AAPL", Decimal(value))
    assert "AccountBalance" in {news.kind for news in desk.news}
    assert desk.held() == Decimal(quantity)


def test_the_price_falls_by_an_ordered_dividend_so_that_who_holds_is_worth_what_they_were():
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", "100"))
    before = desk.worth().net_liq
    pay(desk, amount=20.0)
    assert desk.worth().net_liq == pytest.approx(before, abs=10)
    assert desk.account.cash == Decimal(102_000)


def test_who_bought_on_the_ex_day_or_later_is_not_paid_and_who_sold_then_is():
    desk = Desk()
    desk.account.holdings += [holding("AAPL", "100"), holding("F", "50")]
    ex_day = desk.market.day
    desk.buy("10")
    desk.sell("50", "F")
    desk.wait(2.0)
    assert desk.held() == 110
    assert desk.held("F") == 0
    assert entitled(desk.account, Payout("AAPL", 0.26, ex_day)) == 100
    assert entitled(desk.account, Payout("F", 0.26, ex_day)) == 50
    assert entitled(desk.account, Payout("AAPL", 0.26, ex_day + datetime.timedelta(days=1))) == 110


def test_nobody_else_is_paid():
    desk = Desk()
    desk.account.holdings.append(holding("F", "100", "10"))
    pay(desk)
    assert (desk.account.cash, desk.account.transactions) == (Decimal(100_000), [])


@pytest.mark.parametrize("quantity", ["100", "-30"])
def test_a_split_makes_more_shares_of_the_same_cost_and_no_money(quantity: str):
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", quantity, "226.41"))
    before = desk.worth()
    split(desk)
    (held,) = desk.account.holdings
    assert (held.quantity, held.average) == (4 * Decimal(quantity), Decimal("56.6025"))
    assert held.cost == Decimal(quantity) * Decimal("226.41")
    assert desk.worth().net_liq == pytest.approx(before.net_liq, abs=Decimal(4)), "but for half a cent a share"
    assert desk.account.cash == before.cash
    out, into = desk.account.transactions
    assert {entry.sub_type for entry in (out, into)} == {SPLIT}
    assert out.net == into.net == 0
    verbs = ("Sell to Close", "Buy to Open") if Decimal(quantity) > 0 else ("Buy to Close", "Sell to Open")
    assert [(entry.action, entry.quantity) for entry in (out, into)] == [
        (verbs[0], abs(Decimal(quantity))), (verbs[1], 4 * abs(Decimal(quantity)))
    ]  # fmt: skip
    assert [news.kind for news in desk.news][:2] == ["CurrentPosition", "AccountBalance"]


def test_options_on_split_shares_are_more_contracts_of_a_lower_strike():
    desk = Desk()
    old = desk.option(symbol="AAPL")
    desk.account.holdings.append(holding(old, "-2", "9.5"))
    before = desk.worth()
    split(desk)
    (held,) = desk.account.holdings
    before_split = parse_option(old)
    assert before_split is not None
    assert held.symbol == option_listing.split(before_split, 4).symbol
    assert desk.surface.find(held.symbol) is not None
    assert desk.surface.find(old) is None
    assert (held.quantity, held.average) == (Decimal(-8), Decimal("2.375"))
    assert desk.worth().net_liq == pytest.approx(before.net_liq, abs=Decimal(20)), "but for half a cent a contract"
    gone, new = (news.subject for news in desk.news if news.kind == "CurrentPosition")
    assert (gone.symbol, gone.quantity) == (old, 0)
    assert (new.symbol, new.quantity) == (held.symbol, -8)


def test_orders_for_shares_that_split_end_and_never_fill():
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", "100"))
    low = desk.buy("10", price="100.00", time_in_force="GTC")
    day = desk.buy("10", price="100.00")
    other = desk.buy("10", "F", price="5.00", time_in_force="GTC")
    desk.wait(0.2)
    split(desk)
    desk.wait(2.0)
    assert desk.order(low).status == "Cancelled"
    assert desk.order(day).status == "Expired"
    assert desk.order(other).status == "Live"
    assert desk.order(low).filled == desk.order(day).filled == 0
    assert {entry.sub_type for entry in desk.account.transactions} == {SPLIT}
    assert desk.account.reserve < 60, "nothing is held back for them any more"
    bought = desk.buy("10")
    desk.wait(2.0)
    assert desk.order(bought).filled == 10
    assert desk.held() == 410


def test_a_dividend_after_a_split_is_for_the_new_shares():
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", "100"))
    ex_day = desk.market.day
    split(desk)
    assert entitled(desk.account, Payout("AAPL", 0.065, ex_day)) == 400, "also where the ex day was before it"
    pay(desk, amount=0.065)
    assert desk.account.cash == Decimal(100_026)


def test_what_was_bought_on_the_ex_day_is_not_paid_after_a_split_either():
    desk = Desk()
    ex_day = desk.market.day
    desk.buy("10")
    desk.wait(2.0)
    split(desk)
    assert desk.held() == 40
    assert entitled(desk.account, Payout("AAPL", 0.065, ex_day)) == 0
    desk.buy("5")
    desk.wait(2.0)
    assert entitled(desk.account, Payout("AAPL", 0.065, ex_day)) == 0
    assert entitled(desk.account, Payout("AAPL", 0.065, desk.market.day)) == 40


def test_who_sold_all_on_the_ex_day_is_paid_for_what_they_have_become():
    desk = Desk()
    desk.account.holdings.append(holding("AAPL", "100"))
    ex_day = desk.market.day
    desk.sell("100")
    desk.wait(2.0)
    split(desk)
    assert desk.held() == 0
    assert SPLIT not in {entry.sub_type for entry in desk.account.transactions}
    assert entitled(desk.account, Payout("AAPL", 0.065, ex_day)) == 400
    split(desk, "F", 2)
    assert entitled(desk.account, Payout("AAPL", 0.065, ex_day)) == 400, "of another company"
