"""What is asked for says the same as what was told: spreads, busts and activities, each once."""

import asyncio
import datetime
import decimal

import pytest

from brokers.alpaca.account import statement as reading
from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.statement import joined
from brokers.contract.errors import LinkLost
from brokers.contract.reports import ActivityReport, FillReport
from tests.brokers.alpaca.conftest import Person, fault, fills, impatient, last, running
from tests.brokers.alpaca.samples import FILL, TRADE
from tests.brokers.stand import Stand
from tests.support import moments
from tests.support.eventually import aeventually

D = decimal.Decimal
TOLD = SeenExecutions("link", "PA1")


def minutes_ago(count: int = 5) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=count)


async def spread(person: Person) -> str:
    """Buy two calls on SPY as one order, one of them twice. Returns its id."""
    path = "/v2/options/contracts?underlying_symbols=SPY&type=call&strike_price_gte=560"
    listed = (await person.ask("GET", path))["option_contracts"]
    legs = [
        {"symbol": listed[n]["symbol"], "ratio_qty": ratio, "side": "buy", "position_intent": "buy_to_open"}
        for n, ratio in ((0, "1"), (2, "2"))
    ]
    body = {"order_class": "mleg", "qty": "1", "type": "market", "time_in_force": "day", "legs": legs}
    return str((await person.ask("POST", "/v2/orders", body))["id"])


@pytest.mark.moment(moments.MIDDAY)  # contracts of this week are listed unless others are asked for
@pytest.mark.parametrize("carrier", ["sse", "polling"])
async def test_a_spread_is_one_order_and_its_legs_are_fills(venue: Stand, person: Person, carrier: str):
    if carrier == "polling":
        fault(venue, "no_events")
        fault(venue, "refuse_upgrade")
    broker = impatient(venue)
    async with running(broker) as run:
        order = await spread(person)
        await run.told.until(lambda told: len(fills(told, order)) == 2)
        await run.told.until(lambda told: getattr(last(told, order), "status", "") == "filled")
        told = {fill.id: (fill.order, fill.symbol, fill.quantity, fill.price) for fill in fills(run.told)}
        assert sorted(quantity for _, _, quantity, _ in told.values()) == [1, 2]
        statement = await broker.statement(minutes_ago())
        assert {fill.id: (fill.order, fill.symbol, fill.quantity, fill.price) for fill in statement.fills} == told
        assert [each.order for each in statement.orders] == [order]
        assert {each.order for each in run.told.of(type(statement.orders[0]))} == {order}


async def test_busts_and_corrections_are_in_a_statement_with_what_they_are_of(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        order = await person.place("AAPL", 3)
        for count, name in enumerate(("correct", "bust"), start=1):
            await run.told.until(lambda told, count=count: len(fills(told, order)) == count)  # type: ignore[misc]
            fault(venue, name)
        statement = await broker.statement(minutes_ago())
        kinds = [fill.kind for fill in statement.fills if fill.order == order]
        assert kinds[:1] == ["fill"]
        assert set(kinds) == {"fill", "correction", "bust"}
        known = {fill.id for fill in statement.fills}
        assert {fill.of for fill in statement.fills if fill.kind != "fill"} <= known
        fault(venue, "no_events")
        asked = await broker.statement(minutes_ago())
        bare = [(fill.id, fill.kind, fill.of, fill.quantity, fill.price) for fill in statement.fills]
        assert sorted(bare, key=str) == sorted(
            ((fill.id, fill.kind, fill.of, fill.quantity, fill.price) for fill in asked.fills), key=str
        )


async def test_a_dividend_is_told_once_while_it_runs_and_said_in_a_statement(venue: Stand):
    broker = impatient(venue)
    account = venue.accounts()[0]
    before = venue.running.alpaca_activity(account, "CSD", D("100.00"))
    async with running(broker) as run:
        await run.told.until(
            lambda told: len([event for event in told.events if type(event).__name__ == "Balance"]) > 2
        )
        booked = venue.running.alpaca_activity(account, "DIV", D("1.02"), symbol="AAPL", qty=D(2), per_share=D("0.51"))
        await run.told.until(lambda told: told.of(ActivityReport))
        statement = await broker.statement(minutes_ago())
        said = {each.id: each for each in statement.activities}
        assert set(said) == {id.rpartition("::")[2] for id in (before, booked)}
        (told,) = run.told.of(ActivityReport)
        assert (told.kind, told.amount, told.symbol, told.found) == ("dividend", D("1.02"), "AAPL", "stream")
        assert said[told.id].amount == told.amount
    assert len(run.told.of(ActivityReport)) == 1


async def test_orders_of_long_ago_that_work_are_in_it(venue: Stand, person: Person):
    broker = impatient(venue)
    waiting = await person.place("AAPL", 1, "1.00")
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)
    statement = await broker.statement(later)
    (order,) = statement.orders
    assert order.order == waiting
    assert order.status in ("pending", "working")
    assert statement.fills == ()
    assert {position.symbol for position in statement.positions} >= {"AAPL", "SPY", "TSLA"}


async def test_an_order_of_long_ago_that_was_found_to_work_is_followed_to_its_end(
    venue: Stand, person: Person, monkeypatch: pytest.MonkeyPatch
):
    broker = impatient(venue)
    waiting = await person.place("AAPL", 1, "1.00")
    assert [each.order for each in (await broker.statement(minutes_ago())).orders] == [waiting]
    since = datetime.datetime.now(datetime.UTC)
    monkeypatch.setattr(reading, "LATELY_DAYS", 0)  # it was placed before those that are listed as ended
    await person.ask("DELETE", f"/v2/orders/{waiting}")
    statement = await broker.statement(since)
    assert [each.order for each in statement.orders] == [waiting]


async def test_no_order_is_lost_between_pages_and_a_list_that_is_too_long_is_none(
    venue: Stand, person: Person, monkeypatch: pytest.MonkeyPatch
):
    """The venue lists what was submitted after a time: those of that very time may stand on either page."""
    market = venue.running.tastytrade.market
    placed = [await person.place("AAPL", 1, "1.00") for _ in range(2)]
    began = market.at
    await aeventually(lambda: market.at > began)
    placed += await asyncio.gather(*(person.place("AAPL", 1, "1.00") for _ in range(2)))
    broker = impatient(venue)
    monkeypatch.setattr(reading, "PAGE", 3)
    assert {each.order for each in (await broker.statement(minutes_ago())).orders} == set(placed)
    monkeypatch.setattr(reading, "PAGES", 1)
    with pytest.raises(LinkLost, match="more than"):
        await broker.statement(minutes_ago())


def live(execution: str, **changed: str) -> FillReport:
    (fill,) = TOLD.fills(FILL | {"execution_id": execution} | changed, "read")
    return fill


def listed(execution: str, **changed: str) -> FillReport:
    return TOLD.fill_of_activity(TRADE | {"id": f"20231013093000658::{execution}"} | changed)


def test_an_execution_that_both_ways_name_alike_is_one():
    assert joined([live("a")], [listed("a")]) == [live("a")]
    assert joined([live("a")], [listed("a"), listed("b")]) == [live("a"), listed("b")]
    assert joined([], [listed("a")]) == [listed("a")]


def test_an_execution_that_they_name_otherwise_is_one_too_and_equal_ones_are_counted():
    assert joined([live("a")], [listed("x")]) == [live("a")]
    assert joined([live("a")], [listed("x"), listed("y")]) == [live("a"), listed("y")]
    assert joined([live("a")], [listed("x", price="1.00")]) == [live("a"), listed("x", price="1.00")]
    bust = live("z", event="trade_bust", previous_execution_id="a")
    assert joined([live("a"), bust], [listed("x")]) == [live("a"), bust]
