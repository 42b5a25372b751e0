"""By whichever carrier events come, and whatever breaks: each is told once, and the carrier in use is shown."""

import decimal

import pytest

from brokers.alpaca.account.sse_stream import CLOCK_MS
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Link, Position
from brokers.contract.reports import FillReport
from lib.clock import now_ms
from tests.brokers.alpaca.conftest import (
    Person,
    carried,
    carrier,
    facts,
    fault,
    fills,
    impatient,
    last,
    reasons,
    running,
    stats,
    stored_cursors,
)
from tests.brokers.stand import LINK, Recorder, Stand
from tests.support.eventually import ENOUGH_S, aeventually

D = decimal.Decimal
BEATS = 3
"""So many heartbeats teach a stream how long it may be silent."""
TRADES = "GET /alpaca/v2/events/trades"


async def executions(person: Person) -> dict[str, decimal.Decimal]:
    """What the venue says was executed: quantities by execution, whatever became of them."""
    rows = await person.ask("GET", "/v2/account/activities?activity_types=FILL&page_size=100")
    return {row["id"].rpartition("::")[2]: D(row["qty"]) * (1 if row["side"] == "buy" else -1) for row in rows}


async def _executed(person: Person, count: int) -> bool:
    return len(await executions(person)) >= count


def of_kind(told: Recorder, kind: str) -> list[FillReport]:
    """The busts, or the corrections."""
    return [fill for fill in fills(told) if fill.kind == kind]


async def filled(told: Recorder, order: str, within: float = ENOUGH_S) -> None:
    """Wait until an order was told to be filled, and the fill with it."""
    await told.until(lambda told: fills(told, order) and getattr(last(told, order), "status", "") == "filled", within)


async def test_one_open_request_tells_every_event_and_moves_the_position(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        assert carrier(run.told) == "sse"
        before = await person.held("AAPL")
        for _ in range(3):
            await filled(run.told, await person.place("AAPL", 2))
        told = fills(run.told)
        assert {fill.id: fill.quantity for fill in told} == await executions(person)
        assert {fill.found for fill in told} == {"stream"}
        moved = [each.quantity for each in run.told.of(Position, symbol="AAPL")]
        assert [fill.position for fill in told] == [before + 2, before + 4, before + 6]
        assert moved[-1] == before + 6
        asked = stats(venue)["requests"]
        assert asked[TRADES] == 1
        assert "GET /alpaca/v2/orders" not in asked, "nobody polls while the stream flows"


async def test_what_happened_while_nobody_watched_is_told_in_order_and_as_recovered(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        await filled(run.told, first := await person.place("AAPL", 1))
    cursors = stored_cursors(run.told)
    await broker.close()
    away = [await person.place(symbol, quantity) for symbol, quantity in (("SPY", 2), ("TSLA", -3), ("AAPL", 1))]
    await aeventually(lambda: _executed(person, 4))
    ended = now_ms()
    await aeventually(lambda: now_ms() > ended + 2 * CLOCK_MS, saying=lambda: "time stands still")
    broker, told = impatient(venue), Recorder()
    broker.cursors = cursors
    async with running(broker, told):
        for order in away:
            await filled(told, order)
        recovered = [fill for fill in fills(told) if fill.order != first]
        assert [fill.order for fill in recovered] == away
        assert {fill.found for fill in recovered} == {"read"}
        await filled(told, live := await person.place("SPY", 1))
        assert {fill.found for fill in fills(told, live)} == {"stream"}
        assert {fill.id for fill in fills(told)} == set(await executions(person)), "the overlap told the first again"


@pytest.mark.parametrize("name", ["duplicate_event", "reorder_events", "same_ms", "late_event", "unknown_status"])
async def test_events_out_of_order_doubled_or_of_one_ms_end_in_the_same(venue: Stand, person: Person, name: str):
    broker = impatient(venue)
    async with running(broker) as run:
        held = await person.held("AAPL")
        fault(venue, name, times=4)
        orders = [await person.place("AAPL", 1) for _ in range(3)]
        for order in orders:
            await filled(run.told, order)
        assert {fill.id: fill.quantity for fill in fills(run.told)} == await executions(person)
        await run.told.until(
            lambda told: told.known("position", LINK, venue.accounts()[0], "AAPL")["quantity"] == held + 3
        )


@pytest.mark.parametrize(
    ("name", "options"),
    [("slow_reader", {"size": 2}), ("fail", {}), ("drop", {}), ("drop", {"mode": "reset"}), ("swallow_event", {})],
)
async def test_what_the_event_stream_lost_is_replayed(venue: Stand, person: Person, name: str, options: dict):
    broker = impatient(venue)
    async with running(broker) as run:
        await filled(run.told, await person.place("AAPL", 1))
        fault(venue, name, stream="events", **options) if name != "slow_reader" else fault(venue, name, **options)
        order = await person.place("SPY", 2)
        if name == "swallow_event":
            fault(venue, "drop", stream="events")
        await filled(run.told, order)
        await carried(run.told, "sse")
        assert {fill.id for fill in fills(run.told)} == set(await executions(person))
        assert stats(venue)["requests"][TRADES] >= 2


async def test_a_stream_that_is_silent_is_told_to_be_and_left_for_another(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        fault(venue, "heartbeat", delay=0.2)
        seen = len(run.told.events)
        await run.told.until(lambda told: len({event.account_at for event in told.of(Link, seen)}) > BEATS)
        fault(venue, "mute", stream="events")
        order = await person.place("AAPL", 1)
        await filled(run.told, order)
        assert any("silent" in reason for reason in reasons(run.told))
        assert {fill.id for fill in fills(run.told)} == set(await executions(person))


async def test_where_no_event_stream_is_offered_the_socket_carries_until_it_is(venue: Stand, person: Person):
    fault(venue, "no_events")
    broker = impatient(venue)
    async with running(broker) as run:
        await carried(run.told, "websocket")
        live = run.told.of(Link, state="live")[-1]
        assert isinstance(live.reason, str)
        assert "websocket" in live.reason
        await filled(run.told, first := await person.place("AAPL", 1))
        fault(venue, "drop", stream="updates", mode="abort")
        await filled(run.told, second := await person.place("AAPL", 1))
        fault(venue, "clear", mode="no_events")
        await carried(run.told, "sse")
        await filled(run.told, third := await person.place("AAPL", 1))
        assert {fill.order for fill in fills(run.told)} == {first, second, third}
        assert {fill.id for fill in fills(run.told)} == set(await executions(person))


async def test_where_neither_is_offered_it_polls_and_nothing_is_stormed(venue: Stand, person: Person):
    fault(venue, "no_events")
    fault(venue, "refuse_upgrade")
    broker = impatient(venue)
    async with running(broker) as run:
        await carried(run.told, "polling")
        orders = [await person.place("AAPL", 1) for _ in range(2)]
        for order in orders:
            await filled(run.told, order)
        waiting = await person.place("SPY", 1, "1.00")
        await run.told.until(lambda told: getattr(last(told, waiting), "status", "") == "working")
        await person.ask("DELETE", f"/v2/orders/{waiting}")
        await run.told.until(lambda told: getattr(last(told, waiting), "status", "") == "canceled")
        assert {fill.found for fill in fills(run.told)} <= {"stream"}
        fault(venue, "clear", mode="refuse_upgrade")
        await carried(run.told, "websocket")
        fault(venue, "clear", mode="no_events")
        await carried(run.told, "sse")
        assert {fill.id: fill.quantity for fill in fills(run.told)} == await executions(person)


async def test_a_key_that_is_taken_away_ends_the_link(venue: Stand):
    broker = impatient(venue)
    async with running(broker) as run:
        fault(venue, "revoke")
        assert isinstance(await run.ended(within=10), CredentialsRejected)


async def test_an_order_that_was_taken_and_then_rejected_is_told_to_be(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        fault(venue, "reject")
        order = await person.place("AAPL", 1)
        await run.told.until(lambda told: getattr(last(told, order), "status", "") == "rejected")
        assert fills(run.told, order) == []


async def test_positions_that_are_listed_late_do_not_move_back(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        held = await person.held("AAPL")
        fault(venue, "late_position", seconds=0.6)
        seen = len(run.told.events)
        await filled(run.told, await person.place("AAPL", 4))
        await run.told.until(lambda told: len(told.of(Position, seen, symbol="SPY")) > 1)
        assert {each.quantity for each in run.told.of(Position, seen, symbol="AAPL")} <= {held, held + 4}
        after = next(
            n for n, each in enumerate(run.told.events) if isinstance(each, Position) and each.quantity == held + 4
        )
        assert {each.quantity for each in run.told.of(Position, after, symbol="AAPL")} == {held + 4}


async def test_busts_and_corrections_name_what_they_change(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        await filled(run.told, order := await person.place("AAPL", 3))
        (first,) = fills(run.told, order)
        fault(venue, "correct")
        await run.told.until(lambda told: of_kind(told, "correction"))
        (correction,) = of_kind(run.told, "correction")
        assert (correction.of, correction.quantity) == (first.id, first.quantity)
        assert correction.price == first.price + D("0.01")
        fault(venue, "bust")
        await run.told.until(lambda told: of_kind(told, "bust"))
        (bust,) = of_kind(run.told, "bust")
        assert bust.of in (first.id, correction.id)
        held = await person.held("AAPL")
        await run.told.until(lambda told: told.known("position", LINK, venue.accounts()[0], "AAPL")["quantity"] == held)


async def test_a_replaced_order_and_its_successor_know_each_other_though_a_fill_races(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        first = await person.place("AAPL", 5, "1.00")
        second = (await person.ask("PATCH", f"/v2/orders/{first}", {"limit_price": "9999.00"}))["id"]
        await filled(run.told, second)
        await run.told.until(lambda told: getattr(last(told, first), "status", "") == "replaced")
        old, new = last(run.told, first), last(run.told, second)
        assert old is not None
        assert new is not None
        assert (old.replaced_by, new.replaces) == (second, first)
        assert sum(fill.quantity for fill in fills(run.told)) == 5
        assert {fill.order for fill in fills(run.told)} == {second}


async def test_fills_in_parts_add_up(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        fault(venue, "partial")
        await filled(run.told, order := await person.place("AAPL", 9))
        parts = fills(run.told, order)
        assert len(parts) > 1
        assert sum(fill.quantity for fill in parts) == 9
        assert [fill.position for fill in parts] == sorted(fill.position for fill in parts if fill.position is not None)


async def test_garbage_is_counted_and_ends_nothing(venue: Stand, person: Person):
    broker = impatient(venue)
    async with running(broker) as run:
        fault(venue, "garbage", stream="events")
        await filled(run.told, await person.place("AAPL", 1))
        await run.told.until(lambda told: told.known("link", LINK).get("bad_rows"))
        assert stats(venue)["requests"][TRADES] == 1
    assert facts(run.told)
