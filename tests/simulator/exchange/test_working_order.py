"""An order works in its sessions and ends with its time in force."""

import datetime
import decimal

import pytest

from simulator.exchange.orders import TimeInForce
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
