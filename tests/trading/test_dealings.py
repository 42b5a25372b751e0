"""What was dealt today is read from the book by day, symbol and account, with what was charged for it apart."""

import decimal

from streaming.stored_facts import record
from tests.trading.telling import activity, entries, fill
from trading.dealings import day_began
from trading.stored_dealings import dealt

D = decimal.Decimal
TODAY = day_began(1_795_100_000_000)
"""The midnight of New York before a Thursday's noon."""
HOUR = 3_600_000
QQQ, IWM = ("l", "5WX1", "QQQ"), ("l", "5WX1", "IWM")
CALL = "QQQ261218C00500000"


def test_a_fill_of_yesterday_that_is_corrected_today_is_none_of_todays(alice):
    told = [
        fill("f0", "5", at=TODAY - HOUR, price="90"),
        fill("f1", "-2", at=TODAY + HOUR, price="100", fees=D("0.10")),
        fill("f2", "5", at=TODAY + 2 * HOUR, price="91", kind="correction", of="f0"),
    ]
    record(alice.pk, entries(*told))
    found = dealt(alice.pk, TODAY, {QQQ: D(3)})
    traded = found.dealings[QQQ].traded
    assert (traded.quantity, traded.paid, traded.fees) == (D(-2), D(-200), D("0.10"))
    assert found.dealings[QQQ].realised_pl == 2 * (100 - 91) - D("0.10")
    assert found.dealings.keys() == {QQQ}


def test_a_fee_that_is_booked_apart_is_charged_to_the_trade_it_names_and_else_to_the_account(alice):
    told = [
        fill("f1", "2", at=TODAY, order="1"), fill("f2", "1", at=TODAY, symbol="IWM", order="2"),
        fill("f3", "1", at=TODAY, symbol=CALL, order="3"), fill("f4", "1", at=TODAY, order="3"),
        activity("a1", "-0.50", at=TODAY, fill="f1"), activity("a2", "-0.25", at=TODAY, order="2"),
        activity("a3", "-0.75", at=TODAY, order="3"), activity("a4", "-1", at=TODAY, symbol="IWM"),
        activity("a5", "9", at=TODAY, kind="dividend"), activity("a6", "-7", at=TODAY - HOUR, fill="f1"),
    ]  # fmt: skip
    record(alice.pk, entries(*told))
    found = dealt(alice.pk, TODAY, {})
    assert (found.dealings[QQQ].traded.fees, found.dealings[IWM].traded.fees) == (D("0.50"), D("1.25"))
    assert found.fees == {("l", "5WX1"): D("0.75")}, "an order of two symbols is charged to neither"


def test_an_option_that_expired_was_given_away_for_nothing(alice):
    told = [
        fill("f1", "-2", at=TODAY - HOUR, symbol=CALL, price="1.50"),
        activity("a1", "0", kind="expiration", at=TODAY, symbol=CALL, quantity=D(2)),
    ]
    record(alice.pk, entries(*told))
    found = dealt(alice.pk, TODAY, {}).dealings["l", "5WX1", CALL]
    assert (found.traded.quantity, found.traded.paid, found.realised_pl) == (D(2), D(0), D("300.00"))


def test_a_day_begins_at_midnight_in_new_york_and_a_weekend_is_fridays():
    midnight = TODAY
    assert day_began(midnight) == midnight
    assert day_began(midnight - 1) == midnight - 24 * HOUR
    friday = day_began(midnight + 30 * HOUR)
    assert friday == midnight + 24 * HOUR
    assert {day_began(friday + hours * HOUR) for hours in range(72)} == {friday}
    assert day_began(friday + 72 * HOUR) == friday + 72 * HOUR
