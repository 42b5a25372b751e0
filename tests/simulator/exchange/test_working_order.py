"""An order works in its sessions and ends with its time in force."""

import datetime
import decimal
import math
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulator.exchange import working_order
from simulator.exchange.market_view import Terms
from simulator.exchange.orders import SimLeg, TimeInForce
from simulator.market import calendar
from tests.simulator.trading import Desk, ticket

Decimal = decimal.Decimal
DAY = datetime.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("tif", "told"), [("Day", ["Expired", "Expired"]), ("GTC", ["Live", "Live"]), ("GTD", ["Live", "Expired"])]
)
def test_a_day_order_ends_with_its_session_and_others_with_their_date(tif: TimeInForce, told: list[str]):
    desk = Desk(real=True)
    tomorrow = DAY + datetime.timedelta(days=1)
    order = desk.buy("1", price="100.00", time_in_force=tif, gtc_date=tomorrow if tif == "GTD" else None)
    desk.wait(0.1)
    seen = []
    for day in (DAY, tomorrow):
        desk.jump(calendar.closing(day) - 1)
        before = desk.order(order).status
        desk.jump(calendar.closing(day))
        seen.append(desk.order(order).status)
        assert before == (["Live", *seen])[len(seen) - 1], "not a moment before"
    assert seen == told


def test_nothing_fills_while_the_market_is_closed_and_the_order_waits_unrouted():
    night = calendar.at_clock(DAY, 22)
    desk = Desk(at=night, real=True)
    preview = desk.exchange.preview(desk.account, ticket("Buy to Open", "10"))
    assert preview.warnings[0][0] == "tif_next_valid_sesssion"
    order = desk.buy("10")
    assert order.status == "Received"
    desk.jump(night + 3_600_000)
    assert desk.order(order).status == "Received"
    desk.jump(calendar.at_clock(DAY + datetime.timedelta(days=1), 9, 30))
    desk.wait(0.1)
    assert desk.order(order).status == "Filled"


def test_an_extended_order_trades_before_the_open_and_a_day_order_does_not():
    early = calendar.at_clock(DAY, 8)
    desk = Desk(at=early, real=True)
    extended, regular = desk.buy("1", price="230.00", time_in_force="Ext"), desk.buy("1", price="230.00")
    desk.jump(early + 1000)
    desk.jump(early + 2000)
    assert (desk.order(extended).status, desk.order(regular).status) == ("Filled", "Received")


def terms_of(desk: Desk, *symbols: str) -> list[Terms]:
    found = [desk.exchange.books.terms(symbol) for symbol in symbols]
    return [terms for terms in found if terms is not None]


@pytest.mark.parametrize(
    ("at", "symbol", "tif", "ends"),
    [
        ("2026-11-18 12:00", "AAPL", "Day", "2026-11-18 16:00"),
        ("2026-11-18 16:00", "AAPL", "Day", "2026-11-19 16:00"),
        ("2026-11-20 17:00", "AAPL", "Day", "2026-11-23 16:00"),
        ("2026-11-25 17:00", "AAPL", "Day", "2026-11-27 13:00"),
        ("2026-11-18 17:00", "AAPL", "Ext", "2026-11-18 20:00"),
        ("2026-11-18 12:00", "AAPL", "IOC", "2026-11-18 16:00"),
        ("2026-11-18 12:00", "AAPL", "GTC", None),
        ("2026-11-18 12:00", "AAPL", "GTC Ext Overnight", None),
        ("2026-11-18 12:00", "SPY261218C00545000", "GTC", "2026-12-18 16:00"),
        ("2026-11-18 12:00", "SPY261218C00545000", "Day", "2026-11-18 16:00"),
        ("2026-11-18 12:00", "/ESZ6", "Day", "2026-11-18 17:00"),
        ("2026-11-18 18:00", "/ESZ6", "Day", "2026-11-19 17:00"),
        ("2026-11-21 12:00", "BTC/USD", "Day", "2026-11-22 00:00"),
    ],
)
def test_an_order_is_over_with_its_time_in_force_or_with_an_option_in_it(
    at: str, symbol: str, tif: TimeInForce, ends: str | None
):
    desk = Desk(at=clock(at), real=True)
    wanted = ticket("Buy to Open", "1", symbol, time_in_force=tif)
    expected = None if ends is None else clock(ends)
    assert working_order.expiry(terms_of(desk, symbol), wanted, desk.market) == expected


def test_where_the_market_never_closes_a_day_order_ends_at_midnight():
    desk = Desk(at=clock("2026-11-21 12:00"))
    wanted = ticket("Buy to Open", "1")
    assert working_order.expiry(terms_of(desk, "AAPL"), wanted, desk.market) == clock("2026-11-22 00:00")


def test_an_order_until_a_date_ends_with_that_days_session_or_with_its_option():
    desk = Desk(real=True)
    dated = ticket("Buy to Open", "1", time_in_force="GTD", gtc_date=datetime.date(2026, 12, 24))
    share, option = terms_of(desk, "AAPL", "SPY261218C00545000")
    assert working_order.expiry([share], dated, desk.market) == clock("2026-12-24 13:00"), "a half day"
    assert working_order.expiry([option], dated, desk.market) == clock("2026-12-18 16:00")


@pytest.mark.parametrize(
    ("quantities", "ratios"), [((7,), (1,)), ((3, 6), (1, 2)), ((2, 4, 2), (1, 2, 1)), ((5, 7), (5, 7))]
)
def test_legs_stand_in_the_smallest_whole_numbers(quantities: tuple[int, ...], ratios: tuple[int, ...]):
    legs = [SimLeg("X", "Buy", Decimal(each), Decimal(each)) for each in quantities]
    assert working_order.ratios(legs) == list(ratios)


def test_a_fraction_alone_is_one_unit_of_itself():
    assert working_order.ratios([SimLeg("X", "Buy", Decimal("0.25"), Decimal("0.25"))]) == [1]


@pytest.mark.parametrize(
    ("terms", "moment"),
    [
        ({}, 0),
        ({"behavior": "partial"}, 0),
        ({"behavior": "delayed", "delay": 1.5}, 101_500),
        ({"behavior": "scheduled", "schedule": 777}, 777),
        ({"behavior": "scheduled"}, math.inf),
        ({"behavior": "never"}, math.inf),
    ],
)
def test_a_client_says_before_which_moment_nothing_fills(terms: dict[str, typing.Any], moment: float):
    assert working_order.not_before(ticket("Buy to Open", "1", **terms), 100_000) == moment


@settings(max_examples=20)
@given(some.integers(2, 50), some.integers(1, 49), some.integers(1, 5))
def test_an_order_that_is_reduced_keeps_its_ratio_and_gives_back_its_part_of_the_reserve(
    units: int, less: int, ratio: int
):
    desk, less = Desk(cash="10000000", margin=False), min(less, units - 1)
    work = desk.exchange.blotter.works[desk.buy(str(units), price="100.00").id]
    work.order.legs.append(SimLeg("MSFT", "Buy to Open", Decimal(units * ratio), Decimal(units * ratio)))
    work.ratios, work.reserve = [Decimal(1), Decimal(ratio)], Decimal(units * 100)
    working_order.reduce(work, Decimal(less))
    assert [leg.remaining for leg in work.order.legs] == [units - less, (units - less) * ratio]
    assert [leg.quantity for leg in work.order.legs] == [units - less, (units - less) * ratio]
    assert work.reserve == pytest.approx((units - less) * 100)


def test_an_order_sleeps_until_its_market_quotes_or_its_time_is_over():
    desk = Desk(real=True)
    work = desk.exchange.blotter.works[desk.buy("1", price="100.00").id]
    assert not work.is_asleep(desk.market.at), "it is not live yet"
    desk.wait(0.1)
    work.seen = work.quotes
    assert work.expires_at is not None
    assert [work.is_asleep(at) for at in (work.expires_at - 1, work.expires_at)] == [True, False]
    desk.market.tapes["AAPL"].ticks += 1
    assert not work.is_asleep(desk.market.at)


def clock(text: str) -> int:
    """Return a time of New York in ms since the epoch."""
    moment = datetime.datetime.fromisoformat(text)
    return calendar.at_clock(moment.date(), moment.hour, moment.minute)
