"""The blotter keeps every order, moves it along its states only, and tells each change once."""

import datetime
import decimal
import random
import typing

import pytest

from simulator.exchange.accounts import SimAccount, Worth
from simulator.exchange.blotter import Blotter
from simulator.exchange.market_view import MarketView
from simulator.exchange.orders import ComplexOrder, SimLeg, SimOrder, Status
from simulator.exchange.working_order import Work
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from tests.simulator.trading import ticket

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)


def opened() -> tuple[Blotter, SimAccount]:
    market = SimMarket(7, NOON, is_always_open=False)
    return Blotter(MarketView(market, OptionSurface(market)), random.Random(7)), SimAccount("A", Decimal(0))


def entered(blotter: Blotter, account: SimAccount, reserve: str = "0") -> Work:
    leg = SimLeg("AAPL", "Buy to Open", Decimal(10), Decimal(10))
    work = blotter.enter(account, ticket("Buy to Open", "10", price="-200.00"), [leg], "Received")
    work.reserve = Decimal(reserve)
    return work


def bound(blotter: Blotter, works: list[Work], kind: str = "OCO") -> ComplexOrder:
    orders = [work.order for work in works]
    return blotter.bind(ComplexOrder(0, orders[0].account, kind, orders))  # type: ignore[arg-type]


def told(blotter: Blotter) -> list[tuple[str, str]]:
    """Return the kind of what was told, and of orders the status."""
    return [(news.kind, getattr(news.subject, "status", "")) for news in blotter.take_news()]


def test_an_order_that_was_entered_is_at_work_until_its_session_ends_and_untold():
    blotter, account = opened()
    work = entered(blotter, account)
    assert blotter.works == {work.order.id: work}
    assert blotter.orders["A"] == [work.order]
    assert work.expires_at == calendar.closing(datetime.date(2026, 11, 18))
    assert work.order.received_at == NOON
    assert work.left == 10
    assert told(blotter) == []


def test_each_change_is_told_once_as_it_was_then():
    blotter, account = opened()
    work = entered(blotter, account)
    for status in typing.cast(tuple[Status, ...], ("Routed", "In Flight", "Live")):
        blotter.move(work, status)
    assert told(blotter) == [("Order", "Routed"), ("Order", "In Flight"), ("Order", "Live")]
    assert (work.order.in_flight_at, work.order.live_at, work.order.terminal_at) == (NOON, NOON, None)
    assert told(blotter) == []


def test_a_final_state_ends_the_work_and_keeps_the_order_with_its_reason():
    blotter, account = opened()
    work = entered(blotter, account)
    blotter.move(work, "Routed")
    blotter.move(work, "Rejected", "no")
    assert blotter.works == {}
    assert blotter.orders["A"][0].reject_reason == "no"
    assert work.order.terminal_at == NOON


@pytest.mark.parametrize("status", ["Live", "Filled", "Rejected", "Partially Removed"])
def test_an_order_goes_no_way_that_the_venue_does_not_know(status: Status):
    blotter, account = opened()
    work = entered(blotter, account)
    with pytest.raises(ValueError, match=f"cannot go from Received to {status}"):
        blotter.move(work, status)
    assert (work.order.status, told(blotter)) == ("Received", [])


def test_a_part_of_a_complex_order_is_told_with_the_whole_which_ends_with_its_last_part():
    blotter, account = opened()
    works = [entered(blotter, account) for _ in range(2)]
    whole = bound(blotter, works)
    assert [work.order.preflight_id for work in works] == [0, 1]
    assert blotter.complex_of(works[1].order) is whole
    blotter.move(works[0], "Cancelled")
    assert (told(blotter), whole.terminal_at) == ([("Order", "Cancelled"), ("ComplexOrder", "")], None)
    blotter.move(works[1], "Cancelled")
    assert whole.terminal_at == NOON


def test_a_reserve_is_for_the_dearer_of_two_rivals_and_for_every_other_order_of_the_account():
    blotter, account = opened()
    rivals = [entered(blotter, account, "300"), entered(blotter, account, "500")]
    bound(blotter, rivals)
    entered(blotter, account, "20")
    entered(blotter, SimAccount("B", Decimal(0)), "7000")
    assert blotter.reckon(account)
    assert account.reserve == 520
    assert not blotter.reckon(account), "nothing changed since"
    blotter.move(rivals[1], "Cancelled")
    assert blotter.reckon(account)
    assert account.reserve == 320


def test_orders_of_an_oto_are_no_rivals():
    blotter, account = opened()
    works = [entered(blotter, account, "300"), entered(blotter, account, "500")]
    bound(blotter, works, "OTO")
    assert blotter.rivalry(works[0].order) is None
    blotter.reckon(account)
    assert account.reserve == 800


def test_no_number_is_taken_for_another():
    blotter, account = opened()
    orders = [entered(blotter, account).order for _ in range(3)]
    whole = bound(blotter, [entered(blotter, account), entered(blotter, account)])
    numbers = [*(order.id for order in orders), whole.id, next(blotter.transactions)]
    assert numbers == sorted(set(numbers))
    assert len({order.request_id for order in orders}) == 3


def test_a_complex_order_that_is_adopted_keeps_its_id_and_the_next_one_follows_it():
    blotter, account = opened()
    orders: list[SimOrder] = [entered(blotter, account).order]
    old = ComplexOrder(next(blotter.complex_ids) + 50, "A", "OTO", orders)
    blotter.adopt(old)
    assert blotter.complexes["A"] == [old]
    assert bound(blotter, [entered(blotter, account), entered(blotter, account)]).id == old.id + 1


def test_an_accounts_money_is_told_as_it_is():
    blotter, account = opened()
    account.cash = Decimal("12.50")
    blotter.tell_balance(account)
    (news,) = blotter.take_news()
    assert (news.account, news.kind) == ("A", "AccountBalance")
    assert isinstance(news.subject, Worth)
    assert news.subject.net_liq == Decimal("12.50")
