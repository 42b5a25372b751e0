"""Claims about what tastytrade books: fees are told once, with their fill; everything else as what it was."""

import datetime
import decimal

import pytest

from brokers.contract.reports import ActivityReport, FillReport
from brokers.tastytrade.account.transactions import Bookings, executions, to_activity
from tests.brokers.elsewhere import elsewhere
from tests.brokers.stand import Stand, streaming
from tests.brokers.tastytrade.conftest import impatient
from tests.support.eventually import aeventually

D = decimal.Decimal
TRADE = {
    "id": 252640963, "account-number": "5WX1", "symbol": "SPY   260116C00500000", "transaction-type": "Trade",
    "transaction-sub-type": "Buy to Open", "description": "Bought 2 SPY", "action": "Buy to Open", "quantity": "2",
    "price": "1.10", "executed-at": "2025-05-28T16:00:02.000+00:00", "value": "220.0", "value-effect": "Debit",
    "net-value": "222.3", "net-value-effect": "Debit", "commission": "2.0", "commission-effect": "Debit",
    "clearing-fees": "0.2", "clearing-fees-effect": "Debit", "regulatory-fees": "0.1",
    "regulatory-fees-effect": "Debit", "order-id": 7, "exec-id": "x", "ext-exec-id": "134",
}  # fmt: skip
ORDER = {"id": 7, "legs": [{"fills": [{"fill-id": "2_TW::135", "ext-exec-id": "134"}]}]}


def test_of_a_trade_only_its_fees_are_told_and_they_name_the_fill():
    fee = to_activity(TRADE, "L", "read", executions(ORDER))
    assert fee == ActivityReport(
        link="L", account="5WX1", id="252640963", at=1748448002000, found="read", kind="fee",
        venue_kind="Trade: Buy to Open", amount=D("-2.3"), symbol="SPY260116C00500000", order="7", fill="2_TW::135",
        text="Bought 2 SPY",
    )  # fmt: skip
    assert to_activity(TRADE | {"ext-exec-id": "9", "exec-id": "2_TW::135"}, "L", "read", executions(ORDER)) == fee
    free = dict.fromkeys(("commission", "clearing-fees", "regulatory-fees"), "0.0")
    assert to_activity(TRADE | free, "L", "read", {}) is None


@pytest.mark.parametrize(
    ("type", "sub_type", "kind"),
    [
        ("Money Movement", "Deposit", "transfer"),
        ("Money Movement", "Credit Interest", "interest"),
        ("Money Movement", "Dividend", "dividend"),
        ("Money Movement", "Fee", "fee"),
        ("Money Movement", "Balance Adjustment", "journal"),
        ("Money Movement", "Mark to Market", "other"),
        ("Receive Deliver", "Assignment", "assignment"),
        ("Receive Deliver", "Cash Settled Exercise", "exercise"),
        ("Receive Deliver", "Expiration", "expiration"),
        ("Receive Deliver", "Forward Split", "split"),
        ("Receive Deliver", "Sell to Close", "other"),
    ],
)
def test_a_booking_is_what_the_venue_calls_it(type, sub_type, kind):
    raw = TRADE | {"transaction-type": type, "transaction-sub-type": sub_type, "action": "Sell to Close"}
    activity = to_activity(raw, "L", "read", {})
    assert activity is not None
    assert (activity.kind, activity.amount, activity.quantity) == (kind, D("-222.3"), D(-2))


def test_a_run_tells_what_is_booked_after_its_first_look_once_and_fees_when_their_fill_is_known():
    bookings = Bookings("L")
    old, deposit = TRADE | {"id": 1}, TRADE | {"id": 2, "transaction-type": "Money Movement"}
    assert bookings.news("5WX1", [old]) == []
    assert [each.id for each in bookings.news("5WX1", [old, deposit, TRADE])] == ["2"]
    bookings.note(ORDER)
    assert [each.id for each in bookings.news("5WX1", [old, deposit, TRADE])] == ["252640963"]
    assert bookings.news("5WX1", [old, deposit, TRADE, {}]) == []
    assert bookings.bad == 1


async def test_what_a_fill_cost_is_told_once_by_the_stream_and_by_a_statement(venue: Stand):
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    async with streaming(impatient(venue)) as run, elsewhere(venue) as person:
        await run.told.until_live()
        order = await person.place("QQQ", 50)
        await run.told.until(lambda told: told.of(ActivityReport, order=order), within=10)
        sold = await person.place("QQQ", -50)
        await run.told.until(lambda told: told.of(ActivityReport, order=sold), within=10)
        booked = [each for each in venue.running.tastytrade.by_account[person.account][1].transactions if each.order_id]
        said = await aeventually(lambda: _fees(run.broker, since, len(booked)))
        told = {fee.id: fee for fee in run.told.of(ActivityReport)}
        assert len(told) == len(run.told.of(ActivityReport))
        assert {id: (fee.amount, fee.fill) for id, fee in told.items()} == said
        assert {fee.fill for fee in told.values()} <= {fill.id for fill in run.told.of(FillReport)}
        assert {fill.fees for fill in run.told.of(FillReport)} == {None}, "they would count twice"
        assert sum(fee.amount or 0 for fee in told.values()) == -sum(each.fees.total for each in booked)


async def _fees(broker, since, count: int) -> dict[str, tuple[decimal.Decimal | None, str | None]]:
    """The fees of a statement by id, once there are so many."""
    found = {fee.id: (fee.amount, fee.fill) for fee in (await broker.statement(since)).activities}
    assert len(found) == count
    return found
