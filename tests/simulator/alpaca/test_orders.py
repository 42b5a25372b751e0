"""Orders at the simulated Alpaca: judged at once, then told step by step on every stream."""

import asyncio
import decimal
import typing

import pytest

from tests.simulator.alpaca.conftest import Desk, Json
from tests.support import moments

BUY: Json = {"symbol": "QQQ", "side": "buy", "qty": "5", "type": "market", "time_in_force": "day"}
DEEP: Json = BUY | {"type": "limit", "limit_price": "100.00", "time_in_force": "gtc"}


async def test_an_order_is_pending_then_new_then_filled_and_both_streams_tell_the_same(desk: Desk):
    async with asyncio.timeout(20), desk.updates() as updates, desk.events() as events:
        assert await events.line() == ": welcome to the Alpaca events"
        placed = await desk.place(**BUY, client_order_id="mine")
        assert (placed["status"], placed["filled_qty"], placed["filled_at"]) == ("pending_new", "0", None)
        filled = await events.until("fill", placed["id"])
        assert await updates.until("fill", placed["id"]) == filled
        told = [said["event"] for said in events.last_received_at]
        assert [said["data"]["event"] for said in updates.last_received_at[2:]] == told
    assert told == ["pending_new", "new", "fill"]
    order = filled["order"]
    assert (filled["qty"], filled["position_qty"], order["filled_qty"]) == ("5", "5", "5")
    assert order == await desk.get("/v2/orders:by_client_order_id", client_order_id="mine")
    assert order["filled_avg_price"] == filled["price"]
    (position,) = (each for each in await desk.get("/v2/positions") if each["symbol"] == "QQQ")
    assert (position["qty"], position["avg_entry_price"], position["side"]) == ("5", filled["price"], "long")


async def test_a_replaced_order_ends_and_another_takes_its_place(desk: Desk):
    async with asyncio.timeout(20), desk.events() as events:
        old = await desk.place(**DEEP)
        await events.until("new", old["id"])
        answer = await desk.ask(f"/v2/orders/{old['id']}", "PATCH", json={"limit_price": "101.00", "qty": "7"})
        new = answer.json()
        assert (new["replaces"], new["qty"], new["limit_price"]) == (old["id"], "7", "101")
        ended = await events.until("replaced", old["id"])
        assert (ended["order"]["status"], ended["order"]["replaced_by"]) == ("replaced", new["id"])
        await events.until("new", new["id"])
        assert [order["id"] for order in await desk.get("/v2/orders")] == [new["id"]]
        assert (await desk.ask(f"/v2/orders/{new['id']}", "DELETE")).status_code == 204
        await events.until("canceled", new["id"])
        again = await desk.ask(f"/v2/orders/{new['id']}", "DELETE")
    assert (again.status_code, again.json()["code"]) == (422, 42210000)
    assert {order["status"] for order in await desk.get("/v2/orders", status="closed")} == {"replaced", "canceled"}


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"qty": "50000"}, 403, "insufficient buying power"),
        ({"symbol": "AAPL", "side": "sell", "qty": "61"}, 403, "insufficient qty available for order"),
        ({"symbol": "NOPE"}, 422, 'asset "NOPE" not found'),
        ({"limit_price": "100.001", "type": "limit"}, 422, "invalid limit_price 100.001. sub-penny"),
        ({"type": "limit"}, 422, "limit orders require limit price"),
        ({"notional": "10"}, 422, "only one of qty or notional"),
        ({"qty": "0.5", "time_in_force": "gtc"}, 422, "fractional orders must be DAY orders"),
        ({"type": "nope"}, 422, "invalid order type"),
        ({"qty": "-1"}, 422, "qty must be > 0"),
        ({"position_intent": "sell_to_open"}, 422, "position_intent"),
    ],
)
async def test_what_is_not_taken_is_refused_with_a_code(
    desk: Desk, change: dict[str, typing.Any], status: int, words: str
):
    answer = await desk.ask("/v2/orders", "POST", json=BUY | change)
    assert answer.status_code == status
    assert answer.json()["code"] // 100_000 == status
    assert answer.json()["message"].startswith(words)


@pytest.mark.moment(moments.MIDDAY)  # contracts of this week are listed unless others are asked for
async def test_several_legs_fill_together_and_each_has_executions_of_its_own(desk: Desk):
    page = await desk.get("/v2/options/contracts", underlying_symbols="SPY", type="call", strike_price_gte="500")
    near, far = (page["option_contracts"][n]["symbol"] for n in (0, 2))
    spread: Json = {
        "order_class": "mleg", "qty": "1", "type": "market", "time_in_force": "day",
        "legs": [
            {"symbol": near, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"},
            {"symbol": far, "ratio_qty": "2", "side": "buy", "position_intent": "buy_to_open"},
        ],
    }  # fmt: skip
    async with asyncio.timeout(20), desk.events() as events:
        placed = await desk.place(**spread)
        filled = await events.until("fill", placed["id"])
        order, legs = filled["order"], filled["legs"]
        assert "execution_id" not in filled
        assert (order["symbol"], order["order_class"], order["filled_qty"]) == ("", "mleg", "1")
        assert [leg["order_id"] for leg in legs] == [leg["id"] for leg in order["legs"]]
        assert [(leg["symbol"], leg["qty"]) for leg in legs] == [(near, "1"), (far, "2")]
        assert filled["position_qtys"] == {near: "1", far: "2"}
        cost = decimal.Decimal(legs[0]["price"]) + 2 * decimal.Decimal(legs[1]["price"])
        assert decimal.Decimal(filled["price"]) == decimal.Decimal(order["filled_avg_price"]) == cost
        assert (await desk.get(f"/v2/orders/{legs[1]['order_id']}"))["filled_qty"] == "2"
        activities = await desk.get("/v2/account/activities/FILL", direction="asc")
        assert [each["id"].partition("::")[2] for each in activities] == [leg["execution_id"] for leg in legs]
        assert desk.venue.alpaca_fault("bust", account="PA0000000001", symbol=far) == 1
        busted = await events.until("trade_bust")
        assert (busted["previous_execution_id"], busted["position_qty"]) == (legs[1]["execution_id"], "0")
        deep = await desk.place(**spread | {"type": "limit", "limit_price": "0.01"})
        await events.until("new", deep["id"])
        changed = await desk.ask(f"/v2/orders/{deep['id']}", "PATCH", json={"limit_price": "0.02"})
        assert (changed.json()["limit_price"], len(changed.json()["legs"])) == ("0.02", 2)
        await events.until("new", changed.json()["id"])
        assert (await desk.ask("/v2/orders", "DELETE")).status_code == 207
        await events.until("canceled", changed.json()["id"])
    alone = spread | {"legs": spread["legs"][:1]}
    doubled = spread | {"legs": [leg | {"ratio_qty": "2"} for leg in spread["legs"]]}
    for wrong, words in ((alone, "mleg orders have from 2"), (doubled, "mleg leg ratio quantities")):
        refused = await desk.ask("/v2/orders", "POST", json=wrong)
        assert (refused.status_code, refused.json()["message"][: len(words)]) == (422, words)
