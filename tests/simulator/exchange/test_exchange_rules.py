"""Each rule of an order at the simulated exchange: stops, queues, times in force, halts, hours, behaviours, values."""

import datetime
import decimal
import typing

import msgspec
import pytest

from simulator.exchange.orders import Action, Rejection, SimOrderWish, SimTicket, TimeInForce
from simulator.market import calendar
from tests.simulator.trading import Desk, ticket

Decimal = decimal.Decimal
DAY = datetime.date(2026, 11, 18)


def test_a_stop_waits_for_the_last_price_and_then_sells_at_the_market():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    stop = desk.sell("10", type="Stop", stop=Decimal("220"))
    desk.wait(1)
    assert desk.order(stop).status == "Live"
    desk.market.move("AAPL", 219.0, desk.market.at)
    desk.step()
    filled = desk.order(stop)
    assert filled.status == "Filled"
    assert filled.legs[0].fills[0].price == Decimal(repr(desk.market.tapes["AAPL"].bid)) < 220


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


def test_a_stop_limit_does_not_sell_below_its_limit_once_triggered():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    order = desk.sell("10", price="219.50", type="Stop Limit", stop=Decimal("220"))
    desk.wait(0.1)
    desk.market.move("AAPL", 210.0, desk.market.at)
    desk.wait(0.5)
    assert desk.order(order).status == "Live"
    desk.market.move("AAPL", 230.0, desk.market.at)
    desk.step()
    assert desk.order(order).status == "Filled"


def test_a_buy_at_the_bid_fills_there_once_prints_have_served_what_waited_before_it():
    desk = Desk()
    tape = desk.market.tapes["AAPL"]
    order = desk.buy("50", price=str(tape.bid))
    desk.step()
    desk.step()
    before = desk.exchange.blotter.works[order.id].ahead
    assert before is not None
    assert tape.bid_size is not None
    assert 0 < before <= Decimal(repr(tape.bid_size))
    desk.print(tape.bid, float(before - 10))
    desk.quote()
    desk.print(tape.ask, 1000.0)
    assert desk.order(order).filled == 0, "what waited is not served by a quote or by a print above"
    desk.print(tape.bid, 40.0)
    assert desk.order(order).filled == 30
    desk.quote()
    assert desk.order(order).filled == 30, "a print serves once"
    desk.print(tape.bid, 1000.0)
    assert desk.order(order).status == "Filled"
    assert {fill.price for fill in desk.order(order).legs[0].fills} == {Decimal(repr(tape.bid))}


def test_a_buy_within_the_spread_is_first_and_one_below_the_bid_gets_nothing():
    desk = Desk()
    desk.market.move("NFLX", 700.0, desk.market.at)
    tape = desk.market.tapes["NFLX"]
    first = desk.buy("10", "NFLX", f"{tape.bid + 0.01:.2f}")
    below = desk.buy("10", "NFLX", f"{tape.bid - 0.01:.2f}")
    desk.step()
    desk.step()
    desk.print(tape.bid, 25.0, "NFLX")
    assert [desk.order(order).filled for order in (first, below)] == [10, 0]


def test_an_order_above_what_is_shown_fills_in_parts_of_what_is_shown():
    desk = Desk(cash="100000000")
    order = desk.buy("5000")
    desk.step()
    desk.step()
    shown = Decimal(repr(desk.market.tapes["AAPL"].ask_size))
    first = desk.order(order)
    assert 0 < first.filled <= shown
    assert first.status == "Live"
    desk.step()
    assert desk.order(order).filled == first.filled, "the same quote is not taken twice"
    while not desk.order(order).is_final:
        desk.wait(1)
    assert desk.held() == 5000


def test_two_orders_share_what_a_quote_shows():
    desk = Desk(cash="100000000")
    orders = [desk.buy("400"), desk.buy("400")]
    desk.step()
    desk.step()
    taken = sum(desk.order(order).filled for order in orders)
    assert taken <= Decimal(repr(desk.market.tapes["AAPL"].ask_size))


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


def test_an_immediate_order_fills_what_it_can_and_the_rest_is_over():
    desk = Desk(cash="100000000")
    order = desk.buy("5000", price="230.00", time_in_force="IOC")
    desk.wait(0.1)
    ended = desk.order(order)
    assert ended.status == "Expired"
    assert 0 < ended.filled == desk.held() < 5000


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


def test_a_halted_symbol_does_not_fill_until_it_resumes():
    desk = Desk()
    desk.market.halt("AAPL", desk.market.at)
    order = desk.buy("10")
    desk.wait(1)
    assert desk.order(order).status == "Live"
    desk.market.resume("AAPL")
    desk.wait(1)
    assert desk.order(order).status == "Filled"


def test_the_options_of_a_halted_symbol_do_not_fill_either():
    desk = Desk()
    desk.market.halt("SPY", desk.market.at)
    order = desk.buy("1", desk.option())
    desk.wait(0.2)
    assert desk.order(order).status == "Live"


def test_a_client_decides_when_an_order_may_fill():
    desk = Desk()
    at = desk.market.at
    delayed = desk.buy("1", behavior="delayed", delay=2.0)
    scheduled = desk.buy("1", behavior="scheduled", schedule=at + 3000)
    never = desk.buy("1", behavior="never")
    partial = desk.buy("3", behavior="partial")
    rejected = desk.buy("1", behavior="reject")
    desk.wait(0.9)
    assert desk.order(rejected).status == "Rejected"
    assert desk.order(rejected).reject_reason
    assert desk.order(partial).filled == 2
    assert [desk.order(order).status for order in (delayed, scheduled, never, partial)] == ["Live"] * 4
    desk.wait(4)
    assert desk.order(delayed).legs[0].fills[0].at >= at + 2000
    assert desk.order(scheduled).legs[0].fills[0].at >= at + 3000
    first, second = desk.order(partial).legs[0].fills
    assert second.at - first.at >= 1000
    assert desk.order(never).status == "Live"


def test_a_marketable_limit_takes_the_price_of_the_moment_it_goes_live():
    desk = Desk()
    order = desk.buy("10", type="Marketable Limit")
    desk.step()
    desk.step()
    assert desk.order(order).status == "Filled"


def test_an_order_of_a_value_buys_the_fraction_it_pays_for():
    desk = Desk()
    wanted = SimTicket((SimOrderWish("AAPL", "Buy to Open"),), "Notional Market", value=Decimal("-500"))
    order, _ = desk.exchange.place(desk.account, wanted)
    desk.step()
    desk.step()
    leg = desk.order(order).legs[0]
    assert desk.order(order).status == "Filled"
    assert leg.quantity == desk.held() == leg.fills[0].quantity
    assert 0 <= 500 - leg.quantity * leg.fills[0].price < leg.fills[0].price * Decimal("0.00001")
    assert desk.account.cash == 100_000 + desk.account.transactions[0].net


def test_an_order_of_a_value_sells_no_more_than_is_held():
    desk = Desk()
    desk.buy("1")
    desk.wait(0.1)
    wanted = SimTicket((SimOrderWish("AAPL", "Sell to Close"),), "Notional Market", value=Decimal("100000"))
    order, _ = desk.exchange.place(desk.account, wanted)
    desk.wait(0.1)
    assert desk.order(order).status == "Filled"
    assert desk.held() == 0


def test_a_closing_order_without_a_position_opens_one_unless_it_is_strict():
    desk = Desk()
    assert desk.sell("1").legs[0].action == "Sell to Open"
    with pytest.raises(Rejection) as refused:
        desk.sell("1", is_strict=True)
    assert refused.value.errors[0][0] == "no_position_to_close"


def test_selling_more_than_is_held_turns_the_position_in_two_bookings():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    desk.sell("25")
    desk.wait(0.2)
    closing, opening = desk.account.transactions[-2:]
    assert [(t.sub_type, str(t.quantity)) for t in (closing, opening)] == [
        ("Sell to Close", "10"), ("Sell to Open", "15"),
    ]  # fmt: skip
    assert desk.held() == -15
    assert desk.account.holdings[0].average == opening.price
    assert desk.account.holdings[0].realized == closing.value + desk.account.transactions[0].value


def test_an_order_of_nothing_or_of_nothing_known_is_refused():
    desk = Desk()
    for wish in (
        SimOrderWish("AAPL", "Buy to Open", Decimal(0)),
        SimOrderWish("AAPL", "Buy to Open"),
        SimOrderWish("VIX", "Buy to Open", Decimal(1)),
    ):
        with pytest.raises(Rejection):
            desk.exchange.place(desk.account, SimTicket((wish,), "Market"))
    assert not desk.exchange.is_busy


def test_a_price_between_ticks_is_refused():
    desk = Desk()
    for price in ("226.405", "226.4001"):
        with pytest.raises(Rejection) as refused:
            desk.buy("1", price=price)
        assert refused.value.errors[0][0] == "invalid_price_increment"
    with pytest.raises(Rejection):
        desk.sell("1", type="Stop", stop=Decimal("220.001"))
    order = desk.buy("1", price="0.5001")
    with pytest.raises(Rejection):
        desk.exchange.replace(desk.account, order.id, msgspec.structs.replace(order.ticket, price=Decimal("-1.0001")))


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
