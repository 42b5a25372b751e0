"""Options at the simulated exchange: spreads fill whole, short ones need margin, and the expired are settled."""

import decimal

import pytest

from brokers.instruments.symbols import parse_option
from simulator.exchange.orders import Rejection
from tests.simulator.trading import Desk

Decimal = decimal.Decimal


def vertical(desk: Desk, quantity: str = "3", price: str | None = None) -> tuple[str, str, Decimal]:
    """Two calls of one expiry, and what buying the lower and selling the higher costs at once."""
    low, high = desk.option("C", 1.00), desk.option("C", 1.02)
    bid, ask = desk.book(high).bid, desk.book(low).ask
    assert bid is not None
    assert ask is not None
    return low, high, ask - bid


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


def test_a_credit_spread_needs_the_width_and_no_more():
    desk = Desk()
    low, high = desk.option("C", 1.00), desk.option("C", 1.02)
    width = (strike(high) - strike(low)) * 100
    order = desk.spread(("Sell to Open", low), ("Buy to Open", high), price="0.10")
    fees = Desk().exchange.preview(desk.account, order.ticket).fees.total
    assert desk.account.reserve == width - 10 + fees
    desk.wait(0.5)
    assert desk.worth().initial == width


def test_a_short_put_is_secured_by_cash_where_there_is_no_margin():
    put = Desk().option("P", 0.95)
    needed = strike(put) * 100
    poor, rich = Desk(cash=str(needed - 1000), margin=False), Desk(cash=str(needed), margin=False)
    with pytest.raises(Rejection) as refused:
        poor.place("Sell to Open", "1", put, "0.10")
    assert refused.value.errors[0][0] == "margin_check_failed"
    rich.place("Sell to Open", "1", put, "0.10")
    rich.wait(0.2)
    assert rich.held(put) == -1
    assert rich.worth().initial == needed


def test_a_call_is_written_on_shares_or_not_at_all_where_there_is_no_margin():
    desk = Desk(cash="60000", margin=False)
    call = desk.option("C", 1.05)
    with pytest.raises(Rejection) as refused:
        desk.place("Sell to Open", "1", call, "0.10")
    assert refused.value.errors[0][0] == "invalid_option_level"
    desk.buy("100", "SPY")
    desk.wait(1)
    desk.place("Sell to Open", "1", call, "0.10")
    desk.wait(0.2)
    assert desk.held(call) == -1
    with pytest.raises(Rejection):
        desk.sell("1", "SPY")


def test_shares_already_being_sold_are_not_sold_twice():
    desk = Desk(cash="60000", margin=False)
    desk.buy("100", "SPY")
    desk.wait(1)
    desk.sell("60", "SPY", "900.00")
    with pytest.raises(Rejection):
        desk.sell("60", "SPY", "900.00")
    assert desk.sell("40", "SPY", "900.00").status == "Routed"


def test_an_uncovered_call_needs_a_fifth_of_its_underlying_less_what_it_is_out():
    desk = Desk(cash="200000")
    call = desk.option("C", 1.02)
    desk.place("Sell to Open", "1", call, "0.10")
    desk.wait(0.2)
    spot, value = Decimal(repr(round(desk.market.tapes["SPY"].mid, 3))), desk.book(call).mid
    assert desk.worth().initial == (spot * Decimal("0.20") - (strike(call) - spot) + value) * 100


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
    desk.buy("2", option)
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


def strike(symbol: str) -> Decimal:
    option = parse_option(symbol)
    assert option is not None
    return option.strike
