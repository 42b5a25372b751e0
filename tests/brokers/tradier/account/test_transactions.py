"""Claims about what Tradier's clearing books: rows without ids are told once, however often whole days are read."""

import decimal
import typing

import pytest

from brokers.tradier.account.transactions import to_activities

D = decimal.Decimal
DAY = "2018-05-23T00:00:00Z"
TRADE = {
    "amount": 99.95, "date": DAY, "type": "trade",
    "trade": {"commission": 0.35, "description": "CALL GE", "price": 1.0, "quantity": -1.0,
              "symbol": "GE180622C00014000", "trade_type": "Option"},
}  # fmt: skip


def row(type: str, amount: float = -3.0, date: str = DAY, **detail: typing.Any) -> dict[str, typing.Any]:
    return {"amount": amount, "date": date, "type": type, type: detail}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (row("dividend", 5.1, symbol="T"), "dividend"),
        (row("interest"), "interest"),
        (row("fee"), "fee"),
        (row("tax"), "fee"),
        (row("ach"), "transfer"),
        (row("journal", description="6YA-1 TO 6YA-2", quantity=0.0), "journal"),
        (row("adjustment"), "other"),
        (row("option", option_type="OPTEXP", description="Expired"), "expiration"),
        (row("option", option_type="ASSIGN"), "assignment"),
        (row("option", description="Exercised"), "exercise"),
        (row("option"), "other"),
        (row("something new"), "other"),
    ],
)
def test_a_row_is_what_the_venue_calls_it(raw, kind):
    (activity,) = to_activities([raw], "6YA", "L")
    assert (activity.kind, activity.amount, activity.account, activity.at) == (
        kind, D(str(raw["amount"])), "6YA", 1527033600000,
    )  # fmt: skip
    assert activity.quantity is None


def test_of_a_trade_its_commission_is_a_fee_and_without_one_nothing_is_told():
    (fee,) = to_activities([TRADE], "6YA", "L")
    assert (fee.kind, fee.amount, fee.symbol, fee.quantity) == ("fee", D("-0.35"), "GE180622C00014000", None)
    free = TRADE | {"trade": {"commission": 0.0}}
    assert to_activities([free], "6YA", "L") == []


def test_rows_that_say_the_same_are_told_each_and_have_the_same_ids_whenever_their_day_is_read():
    same, other = row("fee", -1.0), row("fee", -1.0, "2018-05-24T00:00:00Z")
    first = [activity.id for activity in to_activities([same, same], "6YA", "L")]
    again = [activity.id for activity in to_activities([other, same, same], "6YA", "L")]
    assert len(set(first)) == 2
    assert set(first) < set(again)
    assert len(set(again)) == 3
    assert not set(first) & {activity.id for activity in to_activities([same, same], "6YB", "L")}


def test_what_is_no_row_is_passed_over():
    assert to_activities([{}, {"date": "soon", "type": "fee"}, {"date": DAY, "type": None}], "6YA", "L") == []
