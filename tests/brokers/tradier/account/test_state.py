"""Claims about accounts: what the venue's profile, balances, positions and order events say, and what they do not."""

import decimal

import pytest

from brokers.contract.broker import AccountIdentity
from brokers.tradier.account.state import (
    Notice,
    TradierAccountState,
    TradierMark,
    to_accounts,
    to_balance,
    to_mark,
    to_notice,
)

D = decimal.Decimal
AT = 1_705_075_143_000  # 2024-01-12, 10:59 in New York
CORE = {
    "total_equity": 17798.36, "account_number": "VA1", "account_type": "margin", "current_requirement": 2557.0,
    "total_cash": 6363.86, "equity": 0,
}  # fmt: skip
MARGIN = {"option_buying_power": 6363.86, "stock_buying_power": 12727.72}
CALL = "TSLA240119C00250000"


def account(**fields):
    return {"account_number": "VA1", "classification": "roth_ira", "type": "margin", "status": "active"} | fields


def test_a_person_may_have_one_account_or_several_and_some_are_closed():
    assert to_accounts({"profile": {"account": account()}}) == [AccountIdentity("VA1", kind="roth ira margin")]
    several = [account(), account(account_number="VA2", status="closed"), {"type": "cash"}]
    assert [(a.number, a.closed) for a in to_accounts({"profile": {"account": several}})] == [
        ("VA1", False),
        ("VA2", True),
    ]
    assert to_accounts({"profile": "null"}) == []


@pytest.mark.parametrize("kind", ["margin", "pdt"])
def test_a_margin_account_has_two_buying_powers(kind):
    balance = to_balance({"balances": CORE | {kind: MARGIN}}, "VA1", "link", AT)
    assert (balance.balance, balance.cash, balance.maintenance) == (D("17798.36"), D("6363.86"), D("2557.0"))
    assert (balance.equity_buying_power, balance.derivative_buying_power) == (D("12727.72"), D("6363.86"))


def test_a_cash_account_may_spend_what_is_available():
    balance = to_balance({"balances": CORE | {"cash": {"cash_available": 4343.38}}}, "VA1", "link", AT)
    assert (balance.buying_power, balance.derivative_buying_power) == (D("4343.38"), D("4343.38"))


def test_what_the_balances_lack_is_none():
    balance = to_balance({"balances": {"total_equity": "null"}}, "VA1", "link", AT)
    assert (balance.balance, balance.cash, balance.buying_power, balance.maintenance) == (None,) * 4
    with pytest.raises(ValueError, match="no balances"):
        to_balance({"balances": None}, "VA1", "link", AT)


def held(**fields):
    return {
        "symbol": "AAPL",
        "quantity": 10.0,
        "cost_basis": 2070.1,
        "date_acquired": "2018-08-08T14:41:11.405Z",
    } | fields


def only(raw, marks=None, at=AT):
    (position,) = TradierAccountState("link").positions("VA1", [raw], marks or {}, at)
    return position


def test_a_long_position_is_worth_what_its_quote_says():
    position = only(held(), {"AAPL": TradierMark(D("210"), D("208"))})
    assert (position.quantity, position.multiplier, position.average_price) == (D("10.0"), D(1), D("207.01"))
    assert (position.mark, position.mark_source, position.close_price) == (D("210"), "venue", D("208"))
    assert (position.open_pl, position.day_pl) == (D("29.9"), D(20))
    assert (position.underlying, position.instrument) == ("AAPL", "Equity")


@pytest.mark.parametrize("cost", [-2322.0, 2322.0])
def test_a_short_option_gains_when_it_gets_cheaper(cost):
    position = only(held(symbol=CALL, quantity=-1.0, cost_basis=cost), {CALL: TradierMark(D("20"), D("22"))})
    assert (position.quantity, position.multiplier, position.average_price) == (D(-1), D(100), D("23.22"))
    assert (position.open_pl, position.day_pl) == (D(322), D(200))
    assert (position.underlying, position.instrument) == ("TSLA", "Equity Option")


def test_what_was_opened_today_gains_since_then():
    position = only(held(date_acquired="2024-01-12T15:00:00.000Z"), {"AAPL": TradierMark(D("210"), D("208"))})
    assert position.day_pl == position.open_pl == D("29.9")


def test_without_a_quote_nothing_is_made_up():
    position = only(held(cost_basis=None))
    unknown = (position.mark, position.mark_source, position.day_pl, position.open_pl, position.average_price)
    assert unknown == (None,) * 5


def test_what_is_held_no_more_is_gone_once():
    book = TradierAccountState("link")
    book.positions("VA1", [held(), held(symbol="MSFT")], {}, AT)
    book.positions("VA2", [held()], {}, AT)
    told = book.positions("VA1", [held()], {}, AT)
    assert [(p.account, p.symbol) for p in told if p.gone is True] == [("VA1", "MSFT")]
    assert [p.symbol for p in book.positions("VA1", [held()], {}, AT)] == ["AAPL"]
    assert [p.gone for p in book.positions("VA1", [held(quantity=0)], {}, AT)] == [True]


def test_a_row_that_makes_no_sense_lets_nothing_be_gone():
    book = TradierAccountState("link")
    book.positions("VA1", [held(), held(symbol="MSFT")], {}, AT)
    told = book.positions("VA1", [held(), {"quantity": 1}], {}, AT)
    assert [p.symbol for p in told] == ["AAPL"]
    assert book.bad == 1


def test_options_are_marked_in_the_middle_and_stocks_at_their_last_trade():
    book = {"bid": 28.9, "ask": 29.3, "last": 29.22, "prevclose": 23.02}
    assert to_mark(book | {"type": "option"}) == TradierMark(D("29.1"), D("23.02"))
    assert to_mark(book | {"type": "stock"}) == TradierMark(D("29.22"), D("23.02"))
    assert to_mark({"type": "option", "bid": 0, "ask": 0.05, "last": None, "prevclose": 0}) == TradierMark(None, None)


EVENT = {
    "id": 1107075, "event": "order", "status": "filled", "type": "limit", "price": 10.0, "stop_price": 0.0,
    "avg_fill_price": 10.0, "executed_quantity": 2.0, "last_fill_quantity": 0.0, "remaining_quantity": 0.0,
    "transaction_date": "2021-08-09T20:05:35.277Z", "create_date": "2021-08-09T20:05:35.277Z", "account": "6YA",
}  # fmt: skip


def test_an_order_event_is_a_notice_and_a_heartbeat_none():
    assert to_notice(EVENT) == Notice("6YA", 1107075, is_filled=True)
    assert to_notice(EVENT | {"status": "open", "executed_quantity": 0.0}) == Notice("6YA", 1107075, is_filled=False)
    assert to_notice({"event": "heartbeat", "status": "active", "timestamp": 1}) is None
    with pytest.raises(ValueError, match="without its order"):
        to_notice({"event": "order", "id": "x"})
