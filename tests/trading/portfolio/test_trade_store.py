"""What was dealt today is read from the book by day, symbol and account, with what was charged for it apart."""

import decimal

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.ledger.store import record
from tests.trading.telling import activity, entries, fill
from trading.portfolio import trade_store
from trading.portfolio.pnl import Trade
from trading.portfolio.trade_store import dealt
from trading.portfolio.trades_today import day_began, realised

D = decimal.Decimal
TODAY = day_began(1_795_100_000_000)
"""The midnight of New York before a Thursday's noon."""
HOUR = 3_600_000
STARTS = st.sampled_from([0, 0, 0, 2, -2])
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


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-3, 3).filter(bool), st.integers(1, 9)), max_size=14), st.integers(0, 5), STARTS)
def test_what_was_realised_is_what_all_fills_there_ever_were_say(alice, trades, today, before):
    """Whatever was held before the first of them, at a cost that nobody knows."""
    with transaction.atomic():
        first = TODAY + today - len(trades)
        told = [fill(f"f{n}", str(size), at=first + n, price=str(price)) for n, (size, price) in enumerate(trades)]
        record(alice.pk, entries(*told))
        made = [Trade(D(size), D(price)) for size, price in trades]
        held = before + sum(size for size, _ in trades)
        found = dealt(alice.pk, TODAY, {QQQ: D(held)}).dealings
        split = max(0, len(made) - today)
        expected = realised(D(held), made[:split], made[split:], D(1))
        assert {key: one.realised_pl for key, one in found.items()} == ({QQQ: expected} if made[split:] else {})
        transaction.set_rollback(True)


def test_fills_from_before_nothing_was_held_once_are_not_read(alice):
    """Somebody who trades all day has a hundred thousand of them, and each new fill asks for the day's dealings."""
    told = [fill(f"f{n}", "1" if n % 2 else "-1", at=TODAY - 999 + n) for n in range(500)]
    told += [fill("a", "2", at=TODAY - 3), fill("b", "-1", at=TODAY - 2), fill("c", "-1", at=TODAY)]
    record(alice.pk, entries(*told))
    needed = trade_store._elder(alice.pk, ["QQQ"], TODAY, {QQQ: D(1)})
    assert [row.venue_id for row in needed] == ["a", "b"]
    assert trade_store._elder(alice.pk, ["QQQ"], TODAY, {QQQ: D(0)}) == []
    assert dealt(alice.pk, TODAY, {}).dealings[QQQ].realised_pl == 0
