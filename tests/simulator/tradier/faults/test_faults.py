"""What can go wrong at the simulated Tradier does, for whom and as often as it was told, until it is cleared."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from simulator.faults.actions import BadFault
from simulator.tradier.faults import catalogue
from simulator.tradier.venue import now
from tests.simulator.tradier.conftest import Desk
from tests.simulator.tradier.test_orders import BUY, ORDERS
from tests.support.eventually import aeventually

CLOCK = "/v1/markets/clock"


async def test_answers_are_spoiled_by_path_and_tokens_come_and_go(desk: Desk):
    fault = desk.venue.tradier_fault
    assert fault("rest", mode="datastore", path="/markets/quotes", times=1) == 6
    assert (await desk.ask("/v1/markets/quotes", symbols="SPY")).status_code == 500
    assert (await desk.ask("/v1/markets/quotes", symbols="SPY")).status_code == 200
    fault("rest", mode="503", account="6YA00003")
    assert (await desk.ask(CLOCK)).status_code == 200
    assert (await desk.ask(CLOCK, desk.told["grants"][1]["data_token"])).status_code == 503
    fault("clear")
    for name, words in (("revoke", "Invalid Access Token"), ("expire", "Access Token expired")):
        assert fault(name, account="6YA00001") == 2
        assert words in (await desk.ask(CLOCK)).text
        assert fault("restore", account="6YA00001") == 2
    assert (await desk.ask(CLOCK)).status_code == 200
    answer = await desk.http.post("/_sim/tradier/fault", json={"fault": "expire", "account": "6YA00001"})
    assert answer.json() == {"struck": 2}
    assert (await desk.http.get("/_sim/tradier/faults")).json()["faults"].keys() >= {"rest", "mute", "clear"}
    assert (await desk.http.post("/_sim/tradier/fault", json={"fault": "explode"})).status_code == 400
    new = {"data_token": "t", "accounts": [{"number": "6YA00100", "cash": "10.50", "positions": {"F": "-10"}}]}
    assert [(await desk.http.post("/_sim/tradier/person", json=new)).status_code for _ in range(2)] == [200, 400]
    assert (await desk.get("/v1/accounts/6YA00100/positions", "t"))["positions"]["position"]["quantity"] == -10.0
    await desk.http.post("/_sim/tradier/account", json={"account": "6YA00100", "cash": "99.5"})
    assert (await desk.get("/v1/accounts/6YA00100/balances", "t"))["balances"]["total_cash"] == 99.5
    for wrong in ({"account": "5WX00001"}, {"mode": "nope"}, {"symbol": "SPY"}):
        with pytest.raises(BadFault):
            fault("rest", **wrong)


async def test_the_market_stream_lies_falls_silent_and_breaks(desk: Desk):
    fault = desk.venue.tradier_fault
    async with asyncio.timeout(30):
        async with desk.market("SPY", "KMPR", validOnly=False) as stream:
            await stream.until("quote")
            before = desk.venue.tradier.market.tapes["KMPR"]
            fault("stale", symbol="KMPR")
            assert (await stream.until("trade", "KMPR"))["date"] == str(before.last_at)
            fault("zero_trade", symbol="SPY")
            while (await stream.until("trade", "SPY"))["size"] != "0":
                pass
            fault("bare_summary", symbol="KMPR")
            assert await stream.until("summary", "KMPR") == {"type": "summary", "symbol": "KMPR"}
            fault("correction", symbol="KMPR", mode="cancel")
            while not (await stream.until("timesale", "KMPR"))["cancel"]:
                pass
            fault("sessions")
            await stream.show("NVDA")
            while (said := await stream.hear())[0].get("error") is None:
                pass
            assert said == [{"error": "session not found"}]
        async with desk.market("SPY") as stream:
            await stream.until("quote")
            fault("mute", stream="market")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await stream.hear()
            await (await stream.socket.ping())
            fault("clear")
            await stream.until("quote")
            fault("drop", mode="reset")
            with pytest.raises(ConnectionClosed):
                await stream.until("never")
        async with desk.market("SPY") as hung, desk.market() as stream:
            await hung.until("quote")
            assert fault("half_open", stream="market", delay=60.0) == 2
            fault("clear")
            await stream.show("SPY")
            assert await stream.hear() == [{"error": "too many sessions requested"}]
        async with desk.market("SPY") as stream:
            await stream.until("quote")
            desk.venue.tradier.market.halt("SPY", 0)
            fault("idle", delay=0.2)
            with pytest.raises(ConnectionClosedOK):
                await stream.until("never")


async def test_events_of_orders_are_lost_doubled_and_late(desk: Desk):
    fault = desk.venue.tradier_fault
    async with asyncio.timeout(30), desk.account() as events:
        assert fault("swallow_event", account="6YA00001", times=3) == 1
        await events.until("filled", await desk.place(**BUY))
        assert len([said for said in events.last_received_at if said["event"] == "order"]) == 1
        fault("duplicate_event")
        number = await desk.place(**BUY)
        await events.until("filled", number)
        twice = [said["status"] for said in events.last_received_at if said.get("id") == number]
        assert twice == ["open", "open", "pending", "open", "filled"]
        fault("reorder_events", times=1)
        number = await desk.place(**BUY)
        await events.until("filled", number)
        assert [said["status"] for said in events.last_received_at if said.get("id") == number][:2] == [
            "pending",
            "open",
        ]
        fault("unknown_status")
        fault("unknown_event")
        await desk.place(**BUY)
        await events.until("under_review")
        assert {"margin_call"} <= {said["event"] for said in events.last_received_at}
        fault("late_price")
        number = await desk.place(**BUY)
        assert (await events.until("filled", number))["avg_fill_price"] == 0.0
        assert (await desk.order(number))["avg_fill_price"] == 0.0
        fault("clear", mode="late_price")
        assert (await desk.order(number))["avg_fill_price"] > 0
        fault("reject", text="WashTradeAttempt")
        number = await desk.place(**BUY)
        await events.until("rejected", number)
        assert (await desk.order(number))["reason_description"] == "WashTradeAttempt"
        fault("deny")
        denied = await desk.ask(ORDERS, method="POST", **BUY)
        assert (denied.status_code, len(denied.json()["errors"]["error"])) == (200, 2)


async def test_a_chaos_is_seeded_and_leaves_nothing_behind(desk: Desk):
    venue = desk.venue.tradier
    desk.venue.tradier_fault("chaos", seconds=0.0001, seed=3, size=40)
    planned = [name for _, name, _ in venue.agenda]
    desk.venue.tradier_fault("clear")
    desk.venue.tradier_fault("chaos", seconds=0.8, seed=3, size=40)
    assert [name for _, name, _ in venue.agenda] == planned
    async with asyncio.timeout(20):
        async with desk.market("SPY"), desk.account():
            await aeventually(lambda: not venue.agenda and not venue.faults.report(now()))
        await aeventually(lambda: not venue.viewers)
        async with desk.market("SPY") as stream:
            await stream.until("quote")
    assert {part["fault"] for part in catalogue.MIX} <= catalogue.ACTS.keys()
