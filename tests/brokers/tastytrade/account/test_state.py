"""Claims about accounts: what the venue leaves out is missing, and older news never overtakes newer."""

import decimal
from typing import Any

import pytest

from brokers.contract.events import Position
from brokers.tastytrade.account.state import TastytradeAccountState, money, quantity, to_balance, to_position

D = decimal.Decimal
ACCOUNT = "5WX00001"

BALANCE = {
    "account-number": ACCOUNT,
    "net-liquidating-value": "100000.25",
    "cash-balance": "25000.0",
    "equity-buying-power": "50000.0",
    "derivative-buying-power": "30000.0",
    "maintenance-requirement": "1000.0",
    "updated-at": "2026-11-20T15:00:00.000+00:00",
}
POSITION = {
    "account-number": ACCOUNT,
    "symbol": "QQQ   241220C00450000",
    "instrument-type": "Equity Option",
    "underlying-symbol": "QQQ",
    "quantity": 3,
    "quantity-direction": "Short",
    "average-open-price": "5.10",
    "close-price": "5.00",
    "average-daily-market-close-price": "5.00",
    "multiplier": 100,
    "mark-price": "4.85",
    "updated-at": "2026-11-20T15:00:00.000+00:00",
}


def later(raw: dict[str, Any], minute: int, **changes: Any) -> dict[str, Any]:
    return raw | {"updated-at": f"2026-11-20T15:{minute:02d}:00.000+00:00"} | changes


def test_a_balance_is_the_net_liquidating_value():
    balance = to_balance(BALANCE, "L", 7)
    assert (balance.balance, balance.cash, balance.buying_power, balance.at) == (
        D("100000.25"), D("25000.0"), D("50000.0"), 7,
    )  # fmt: skip


@pytest.mark.parametrize("missing", ["net-liquidating-value", "cash-balance", "equity-buying-power"])
@pytest.mark.parametrize("value", ["absent", None, "", "NaN", "Infinity", "abc", True, {}])
def test_what_a_balance_lacks_is_none_and_never_zero(missing: str, value: object):
    raw: dict[str, Any] = {key: worth for key, worth in BALANCE.items() if key != missing}
    if value != "absent":
        raw[missing] = value
    balance = to_balance(raw, "L", 7)
    told = {
        "net-liquidating-value": balance.balance,
        "cash-balance": balance.cash,
        "equity-buying-power": balance.buying_power,
    }
    assert told.pop(missing) is None
    assert None not in told.values()


def test_an_effect_of_debit_makes_an_amount_negative():
    assert money({"pending-cash": "5.0", "pending-cash-effect": "Debit"}, "pending-cash") == D("-5.0")


@pytest.mark.parametrize(
    ("direction", "size", "meant"),
    [("Long", 3, D(3)), ("Short", "3.5", D("-3.5")), ("Zero", 3, D(0)), ("Sideways", 3, None), ("Sideways", 0, D(0))],
)
def test_quantities_are_signed_by_their_direction(direction: str, size: object, meant: decimal.Decimal | None):
    assert quantity({"quantity": size, "quantity-direction": direction}) == meant


def test_a_position_is_told_our_way_with_exact_gains():
    position = to_position(POSITION, "L", 7, None)
    assert (position.symbol, position.quantity, position.mark, position.mark_source) == (
        "QQQ241220C00450000", D(-3), D("4.85"), "venue",
    )  # fmt: skip
    assert (position.open_pl, position.day_pl) == (D("75.00"), D("45.00"))


def test_without_a_mark_there_is_no_gain():
    raw = {key: value for key, value in POSITION.items() if key != "mark-price"}
    position = to_position(raw, "L", 7, None)
    assert (position.mark, position.mark_source, position.open_pl, position.day_pl) == (None, None, None, None)


def test_a_notification_without_a_mark_keeps_the_last_one():
    book = TastytradeAccountState("L")
    book.position(POSITION, 1, 1.0, asked=0.5)
    raw = later(POSITION, 1, quantity=4)
    del raw["mark-price"]
    position = book.position(raw, 2, 2.0)
    assert position is not None
    assert (position.quantity, position.mark, position.open_pl) == (D(-4), D("4.85"), D("100.00"))


def test_an_unknown_instrument_type_is_passed_on():
    assert to_position(POSITION | {"instrument-type": "Moon Dust"}, "L", 7, None).instrument == "Moon Dust"


def test_an_older_notification_changes_nothing():
    book = TastytradeAccountState("L")
    assert book.balance(later(BALANCE, 5), 1, 1.0) is not None
    assert book.balance(later(BALANCE, 4), 2, 2.0) is None


def test_the_same_reading_confirms():
    book = TastytradeAccountState("L")
    book.balance(later(BALANCE, 5), 1, 1.0)
    confirmed = book.balance(later(BALANCE, 5), 30_001, 31.0, asked=30.0)
    assert confirmed is not None
    assert confirmed.at == 30_001


def test_a_reading_does_not_overtake_news_that_came_while_it_was_asked():
    book = TastytradeAccountState("L")
    book.balance(later(BALANCE, 5), 1, 10.5)
    assert book.balance(later(BALANCE, 4), 2, 11.0, asked=10.0) is None


def test_a_reading_asked_after_the_news_is_believed():
    book = TastytradeAccountState("L")
    book.balance(later(BALANCE, 5), 1, 9.0)
    assert book.balance(later(BALANCE, 4), 2, 11.0, asked=10.0) is not None


def test_a_position_that_disappeared_is_gone():
    book = TastytradeAccountState("L")
    book.positions(ACCOUNT, [POSITION], 1, 1.0, asked=0.5)
    assert book.positions(ACCOUNT, [], 2, 31.0, asked=30.0) == [
        Position(link="L", account=ACCOUNT, symbol="QQQ241220C00450000", gone=True)
    ]
    assert book.positions(ACCOUNT, [], 3, 61.0, asked=60.0) == []


def test_a_position_opened_while_the_reading_was_asked_is_not_gone():
    book = TastytradeAccountState("L")
    book.position(POSITION, 1, 30.5)
    assert book.positions(ACCOUNT, [], 2, 31.0, asked=30.0) == []


def test_a_position_of_another_account_is_not_gone():
    book = TastytradeAccountState("L")
    book.positions(ACCOUNT, [POSITION], 1, 1.0, asked=0.5)
    assert book.positions("5WX00002", [], 2, 31.0, asked=30.0) == []


def test_an_unreadable_position_is_counted_and_nothing_is_called_gone():
    book = TastytradeAccountState("L")
    book.positions(ACCOUNT, [POSITION], 1, 1.0, asked=0.5)
    assert book.positions(ACCOUNT, [{"quantity": 1}], 2, 31.0, asked=30.0) == []
    assert book.bad == 1


@pytest.mark.parametrize("end", [{"quantity": 0}, {"quantity-direction": "Zero"}])
def test_a_quantity_of_zero_ends_a_position(end: dict[str, Any]):
    book = TastytradeAccountState("L")
    book.position(POSITION, 1, 1.0)
    position = book.position(later(POSITION, 1, **end), 2, 2.0)
    assert position is not None
    assert position.gone is True


def test_a_fill_is_told_from_a_mark():
    book = TastytradeAccountState("L")
    book.position(POSITION, 1, 1.0)
    assert not book.changes_quantity(later(POSITION, 1, **{"mark-price": "5.0"}))
    assert book.changes_quantity(later(POSITION, 1, quantity=2))
    assert book.changes_quantity(POSITION | {"symbol": "IWM"})
