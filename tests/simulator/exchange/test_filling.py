"""A live order fills as the market lets it: stops, queues, halts, spreads, values, the wishes of its client."""

import decimal

from simulator.exchange.orders import SimOrderWish, SimTicket
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


def vertical(desk: Desk, quantity: str = "3", price: str | None = None) -> tuple[str, str, Decimal]:
    """Two calls of one expiry, and what buying the lower and selling the higher costs at once."""
    low, high = desk.option("C", 1.00), desk.option("C", 1.02)
    bid, ask = desk.book(high).bid, desk.book(low).ask
    assert bid is not None
    assert ask is not None
    return low, high, ask - bid


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


def test_a_marketable_spread_fills_all_legs_at_once_within_their_quotes():
    desk = Desk()
    low, high, natural = vertical(desk)
    order = desk.spread(("Buy to Open", low), ("Sell to Open", high), quantity="3", price=f"-{natural + 1}")
    while not desk.order(order).is_final:
        desk.wait(0.02)
    first, second = desk.order(order).legs
    assert [f.group for f in first.fills] == [f.group for f in second.fills]
    assert [f.quantity for f in first.fills] == [f.quantity for f in second.fills]
    assert [desk.held(low), desk.held(high)] == [3, -3]
    paid = sum((f.price * f.quantity for f in first.fills), Decimal(0))
    got = sum((f.price * f.quantity for f in second.fills), Decimal(0))
    assert paid - got <= 3 * (natural + 1)


def test_a_spread_at_the_middle_fills_at_its_limit_and_one_beyond_it_waits():
    desk = Desk()
    low, high, natural = vertical(desk)
    middle = (desk.book(low).mid - desk.book(high).mid).quantize(Decimal("0.01"), decimal.ROUND_UP)
    desk.market.halt("TSLA", desk.market.at)
    patient = desk.spread(("Buy to Open", low), ("Sell to Open", high), price=f"-{middle - 2}")
    order = desk.spread(("Buy to Open", low), ("Sell to Open", high), price=f"-{middle}")
    desk.step()
    desk.step()
    bought, sold = (leg.fills[0].price for leg in desk.order(order).legs)
    assert bought - sold == middle < natural
    for symbol, price in ((low, bought), (high, sold)):
        book = desk.book(symbol)
        assert book.bid is not None
        assert book.ask is not None
        assert book.bid <= price <= book.ask
    assert desk.order(patient).status == "Live"


def test_the_stop_of_an_option_waits_for_the_middle_of_its_book():
    desk = Desk()
    call = desk.option("C", 1.00)
    desk.buy("1", call)
    desk.wait(0.5)
    stop = desk.book(call).mid.quantize(Decimal("0.01"), decimal.ROUND_DOWN) - 2
    order = desk.sell("1", call, type="Stop", stop=stop)
    desk.wait(0.5)
    assert desk.order(order).status == "Live"
    desk.market.move("SPY", 530.0, desk.market.at)
    desk.step()
    assert desk.book(call).mid < stop
    assert desk.order(order).status == "Filled"
