"""What can go wrong at the simulated Alpaca does, for whom and as often as it was told, until it is cleared."""

import asyncio
import decimal

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.alpaca.faults import catalogue
from simulator.alpaca.venue import now
from simulator.faults.actions import BadFault
from tests.simulator.alpaca.conftest import Desk
from tests.simulator.alpaca.test_orders import BUY, DEEP
from tests.support.eventually import aeventually

ALICE = "PA0000000001"


async def test_answers_are_spoiled_by_path_and_keys_come_and_go(desk: Desk):
    fault = desk.venue.alpaca_fault
    assert fault("rest", mode="504", path="/v2/clock", times=1) == 3
    assert [(await desk.ask("/v2/clock")).status_code for _ in range(2)] == [504, 200]
    fault("quota", account=ALICE, size=1)
    answers = [await desk.ask("/v2/clock") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["0", "0"]
    fault("quota", account=ALICE, size=200)
    fault("revoke", account=ALICE)
    refused = await desk.ask("/v2/clock")
    assert (refused.status_code, refused.json()) == (403, {"message": "forbidden."})
    assert (await desk.http.get(desk.told["rest"] + "/v2/clock")).json()["code"] == 40110000
    assert fault("restore", account=ALICE) == 1
    fault("deny")
    denied = await desk.ask("/v2/orders", "POST", json=BUY)
    assert (denied.status_code, denied.json()["code"]) == (403, 40310000)
    for wrong in ({"account": "5WX00001"}, {"mode": "nope"}, {"symbol": "SPY"}):
        with pytest.raises(BadFault):
            fault("rest", **wrong)


async def test_the_door_adds_people_and_books_what_is_no_trade(desk: Desk):
    door = desk.venue.rest + "/_sim/alpaca/"
    new = {"key_id": "k", "secret_key": "s", "number": "PA0000000009", "cash": "10.50", "positions": {"F": "-10"}}
    assert [(await desk.http.post(door + "person", json=new)).status_code for _ in range(2)] == [200, 400]
    desk.grant = new
    assert (await desk.get("/v2/positions/F"))["qty"] == "-10"
    booked = {"account": new["number"], "type": "DIV", "amount": "1.02", "symbol": "F", "per_share": "0.102"}
    id = (await desk.http.post(door + "activity", json=booked)).json()["id"]
    (activity,) = await desk.get("/v2/account/activities/DIV")
    assert (activity["id"], activity["net_amount"], activity["symbol"]) == (id, "1.02", "F")
    assert (await desk.get("/v2/account"))["cash"] == "11.52"
    await desk.http.post(door + "account", json={"account": new["number"], "cash": "99.5"})
    await desk.http.post(door + "standing", json={"account": new["number"], "change": {"is_frozen": True}})
    account = await desk.get("/v2/account")
    assert (account["cash"], account["status"], account["trading_blocked"]) == ("99.5", "INACTIVE", True)
    assert (await desk.ask("/v2/orders", "POST", json=BUY)).status_code == 403
    assert (await desk.http.get(door + "faults")).json()["faults"].keys() >= {"rest", "mute", "clear"}
    assert (await desk.http.post(door + "fault", json={"fault": "explode"})).status_code == 400


async def test_events_are_lost_doubled_and_out_of_order_but_the_past_has_them_all(desk: Desk):
    fault = desk.venue.alpaca_fault
    async with asyncio.timeout(20), desk.events() as events:
        for name in ("swallow_event", "duplicate_event", "reorder_events", "same_ms"):
            fault(name)
            placed = await desk.place(**BUY)
            await events.until("fill", placed["id"])
        fault("slow_reader", size=2)
        placed = await desk.place(**BUY)
        last = await events.until("fill", placed["id"])
        told = [said["event"] for said in events.last_received_at]
        async with desk.events(since=events.last_received_at[0]["at"][:10], until_id=None) as past:
            await past.until("fill", placed["id"])
    assert told[:12] == [
        *("new", "fill"), *("pending_new", "pending_new", "new", "fill"),
        *("new", "pending_new", "fill"), *("pending_new", "new", "fill"),
    ]  # fmt: skip
    assert events.comments[-1] == ": you are reading too slowly, dropped 2 messages"
    ids = [said["event_id"] for said in past.last_received_at]
    assert (len(ids), ids) == (15, sorted(ids))
    third, fourth = list(dict.fromkeys(said["order"]["id"] for said in events.last_received_at))[2:4]
    steps = [(said["order"]["id"], said["event"]) for said in past.last_received_at]
    assert steps.index((fourth, "pending_new")) < steps.index((third, "fill")), "their ids sort otherwise"
    (one, other) = (
        said["at"]
        for said in past.last_received_at
        if (said["order"]["id"], said["event"]) in ((fourth, "pending_new"), (third, "fill"))
    )
    assert one == other
    assert last == past.last_received_at[-1]


async def test_executions_are_taken_back_and_corrected(desk: Desk):
    async with asyncio.timeout(20), desk.events() as events, desk.updates() as updates:
        placed = await desk.place(**BUY)
        fill = await events.until("fill", placed["id"])
        before = decimal.Decimal((await desk.get("/v2/account"))["cash"])
        assert desk.venue.alpaca_fault("correct", account=ALICE) == 1
        corrected = await events.until("trade_correct")
        cost = 5 * decimal.Decimal("0.01")
        assert decimal.Decimal((await desk.get("/v2/account"))["cash"]) == before - cost
        assert desk.venue.alpaca_fault("bust", account=ALICE, symbol="QQQ") == 1
        busted = await events.until("trade_bust")
        assert await updates.until("trade_bust") == busted
        assert desk.venue.alpaca_fault("bust", account=ALICE) == 0, "none stands any more"
    assert (corrected["previous_execution_id"], corrected["position_qty"]) == (fill["execution_id"], "5")
    assert decimal.Decimal(corrected["price"]) == decimal.Decimal(fill["price"]) + decimal.Decimal("0.01")
    assert (busted["previous_execution_id"], busted["qty"], busted["position_qty"]) == (
        corrected["execution_id"],
        "-5",
        "0",
    )
    assert (busted["order"]["filled_qty"], busted["order"]["filled_avg_price"]) == ("0", None)
    assert (await desk.ask("/v2/positions/QQQ")).status_code == 404
    made = decimal.Decimal((await desk.get("/v2/account"))["cash"]) - before
    assert made == 5 * decimal.Decimal(fill["price"]), "everything that was paid is back"
    kinds = [(each["type"], each["id"].partition("::")[2]) for each in await desk.get("/v2/account/activities")]
    ids = [said["execution_id"] for said in (busted, corrected, fill)]
    assert kinds == list(zip(("trade_bust", "trade_correct", "fill"), ids, strict=True))


async def test_changes_are_refused_late_and_odd_events_are_told(desk: Desk):
    fault = desk.venue.alpaca_fault
    async with asyncio.timeout(20), desk.events() as events:
        placed = await desk.place(**DEEP)
        await events.until("new", placed["id"])
        fault("refuse_change", times=2)
        assert (await desk.ask(f"/v2/orders/{placed['id']}", "DELETE")).status_code == 204
        assert (await events.until("order_cancel_rejected"))["order"]["status"] == "new"
        new = (await desk.ask(f"/v2/orders/{placed['id']}", "PATCH", json={"limit_price": "99"})).json()
        assert (await events.until("order_replace_rejected"))["order"]["id"] == placed["id"]
        assert (await events.until("rejected"))["order"]["id"] == new["id"]
        assert [order["id"] for order in await desk.get("/v2/orders")] == [placed["id"]]
        fault("odd_event", account=ALICE, mode="restated")
        await events.until("restated", new["id"])
        fault("reject")
        rejected = await desk.place(**BUY)
        assert rejected["status"] == "pending_new"
        assert (await events.until("rejected", rejected["id"]))["order"]["failed_at"] is not None
        fault("partial")
        fault("late_position", account=ALICE)
        parted = await desk.place(**BUY)
        part = await events.until("partial_fill", parted["id"])
        whole = await events.until("fill", parted["id"])
        assert (await desk.ask("/v2/positions/QQQ")).status_code == 200
        assert all(each["symbol"] != "QQQ" for each in await desk.get("/v2/positions"))
        fault("clear")
        assert "QQQ" in {each["symbol"] for each in await desk.get("/v2/positions")}
    assert (part["order"]["status"], whole["order"]["status"]) == ("partially_filled", "filled")
    assert decimal.Decimal(part["qty"]) + decimal.Decimal(whole["qty"]) == 5
    assert whole["position_qty"] == "5"


async def test_the_gate_lets_one_socket_of_each_pair_of_keys_through_and_none_too_soon(desk: Desk):
    async with asyncio.timeout(20):
        async with desk.updates():
            with pytest.raises(InvalidStatus, match="429"):
                async with desk.updates():
                    pass
        with pytest.raises(InvalidStatus, match="429"):
            async with desk.updates():
                pass
        desk.venue.alpaca.gate.reconnect_s = 0.0
        await aeventually(lambda: not desk.venue.alpaca.listeners)
        desk.venue.alpaca_fault("refuse_upgrade", mode="502", times=1)
        with pytest.raises(InvalidStatus, match="502"):
            async with desk.updates():
                pass
        async with desk.updates() as updates:
            desk.venue.alpaca_fault("half_open", stream="updates", delay=60.0)
            with pytest.raises(InvalidStatus, match="429"):
                async with desk.updates():
                    pass
            desk.venue.alpaca_fault("clear")
            await desk.place(**BUY)
            await updates.until("fill")


async def test_streams_fall_silent_and_break(desk: Desk):
    fault = desk.venue.alpaca_fault
    async with asyncio.timeout(20):
        async with desk.updates() as updates, desk.events() as events:
            fault("mute", stream="updates")
            await desk.place(**BUY)
            await events.until("fill")
            await (await updates.socket.ping())
            fault("clear")
            fault("fail")
            assert (await updates.hear())["data"]["error_message"] == "internal server error"
            assert await events.hear() is None
            assert events.comments[-1] == ": internal server error"
            with pytest.raises(ConnectionClosed):
                await updates.hear()
        async with desk.events() as events:
            fault("heartbeat", delay=0.01)
            while await events.line() != ":heartbeat":
                pass
            fault("too_many", times=1)
            assert (await desk.ask("/v2/events/trades")).status_code == 429
            fault("drop", stream="events")
            assert await events.hear() is None


@pytest.mark.long
async def test_a_chaos_is_seeded_and_leaves_nothing_behind(desk: Desk):
    venue = desk.venue.alpaca
    venue.gate.reconnect_s = 0.0
    desk.venue.alpaca_fault("chaos", seconds=0.0001, seed=3, size=40)
    planned = [name for _, name, _ in venue.agenda]
    desk.venue.alpaca_fault("clear")
    desk.venue.alpaca_fault("chaos", seconds=0.8, seed=3, size=40)
    assert [name for _, name, _ in venue.agenda] == planned
    async with asyncio.timeout(20):
        async with desk.updates():
            await aeventually(lambda: not venue.agenda and not venue.faults.report(now()))
        await aeventually(lambda: not venue.listeners)
        desk.venue.alpaca_fault("quota", size=200)
        async with desk.events() as events:
            await desk.place(**BUY)
            await events.until("fill")
    assert {part["fault"] for part in catalogue.MIX} <= catalogue.ACTS.keys()
