"""Orders at the simulated Tradier: taken at once, judged a moment later, told on a stream without symbols."""

import asyncio
import typing

import pytest

from simulator.server import SimRunning
from tests.simulator.tradier.conftest import Desk

BUY = {"class": "equity", "symbol": "QQQ", "side": "buy", "quantity": "5", "type": "market", "duration": "day"}
DEEP = BUY | {"type": "limit", "price": "100.00", "duration": "gtc"}
ORDERS = "/v1/accounts/6YA00001/orders"


async def test_an_order_is_pending_then_filled_and_its_events_name_neither_symbol_nor_side(desk: Desk):
    async with asyncio.timeout(20), desk.account() as events:
        number = await desk.place(**BUY, tag="my-1")
        event = await events.until("filled", number)
        told = [said["status"] for said in events.last_received_at if said["event"] == "order"]
        order = await desk.order(number, includeTags="true")
    assert told == ["open", "pending", "open", "filled"]
    assert not {"symbol", "side", "exec_quantity", "class"} & event.keys()
    assert (event["executed_quantity"], event["remaining_quantity"], event["tag"]) == (5.0, 0.0, "my-1")
    assert (order["exec_quantity"], order["symbol"], order["tag"]) == (5.0, "QQQ", "my-1")
    assert order["avg_fill_price"] == event["avg_fill_price"] > 0
    listed = (await desk.get(ORDERS))["orders"]["order"]
    assert listed == {key: value for key, value in order.items() if key != "tag"}, "one order is an object"
    held = (await desk.get("/v1/accounts/6YA00001/positions"))["positions"]["position"]
    (position,) = (each for each in held if each["symbol"] == "QQQ")
    assert position["cost_basis"] == pytest.approx(5 * order["avg_fill_price"])


async def test_ok_means_little_what_cannot_be_paid_is_rejected_later(desk: Desk):
    async with asyncio.timeout(20), desk.account() as events:
        number = await desk.place(**BUY | {"quantity": "50000"})
        assert (await desk.order(number))["status"] in ("pending", "rejected")
        assert (await events.until("rejected", number))["remaining_quantity"] == 0.0
        assert (await desk.order(number))["reason_description"].startswith("InitialMargin")
        short = await desk.place(**BUY | {"symbol": "AMD"})
        await events.until("rejected", short)
        assert (await desk.order(short))["reason_description"].startswith("UnexpectedBuyOrder")
    page = (await desk.get(ORDERS, page="2", limit="1", status="rejected"))["orders"]
    assert page.pop("order")["id"] == short
    assert page == {"page": 2, "total_pages": 2, "total_orders": 2}
    assert await desk.get(ORDERS, page="3", limit="1") == {"orders": "null"}


async def test_a_changed_order_keeps_its_id_and_a_final_one_changes_no_more(desk: Desk):
    async with asyncio.timeout(20), desk.account() as events:
        number = await desk.place(**DEEP)
        for _ in range(2):
            await events.until("open", number)
        changed = await desk.ask(f"{ORDERS}/{number}", method="PUT", price="101.00")
        assert changed.json()["order"]["id"] == number
        while (event := await events.until("open", number))["price"] != 101.0:
            pass
        assert event["remaining_quantity"] == 5.0
        assert (await desk.ask(f"{ORDERS}/{number}", method="DELETE")).json() == {
            "order": {"id": number, "status": "ok"}
        }
        await events.until("canceled", number)
        again = await desk.ask(f"{ORDERS}/{number}", method="DELETE")
    assert (again.status_code, again.text) == (400, "order already in finalized state: canceled")
    assert again.headers["content-type"].startswith("text/plain")


async def test_several_legs_fill_together_and_several_orders_follow_each_other(desk: Desk):
    asked = {"symbol": "SPY"}
    day = (await desk.get("/v1/markets/options/expirations", **asked))["expirations"]["date"][4]
    chain = (await desk.get("/v1/markets/options/chains", expiration=day, **asked))["options"]["option"]
    calls = [option for option in chain if option["option_type"] == "call" and option["strike"] >= 548]
    spread = {
        "class": "multileg", "symbol": "SPY", "type": "market", "duration": "day",
        "side[0]": "buy_to_open", "quantity[0]": "2", "option_symbol[0]": calls[0]["symbol"],
        "side[1]": "sell_to_open", "quantity[1]": "2", "option_symbol[1]": calls[3]["symbol"],
    }  # fmt: skip
    bracket = {
        "class": "otoco", "duration": "day",
        "symbol[0]": "AAPL", "quantity[0]": "1", "type[0]": "market", "side[0]": "buy",
        "symbol[1]": "AAPL", "quantity[1]": "1", "type[1]": "limit", "side[1]": "sell", "price[1]": "500.00",
        "symbol[2]": "AAPL", "quantity[2]": "1", "type[2]": "stop", "side[2]": "sell", "stop[2]": "50.00",
    }  # fmt: skip
    async with asyncio.timeout(20), desk.account() as events:
        number = await desk.place(**spread)
        await events.until("filled", number)
        order = await desk.order(number)
        bought, sold = order["leg"]
        assert order["avg_fill_price"] == pytest.approx(bought["avg_fill_price"] - sold["avg_fill_price"])
        assert (order["num_legs"], bought["option_symbol"]) == (2, calls[0]["symbol"])
        covered = {
            "class": "combo", "symbol": "SPY", "type": "market", "duration": "day",
            "side[0]": "buy", "quantity[0]": "100",
            "side[1]": "sell_to_open", "quantity[1]": "1", "option_symbol[1]": calls[3]["symbol"],
        }  # fmt: skip
        number = await desk.place(**covered)
        await events.until("filled", number)
        order = await desk.order(number)
        share, call = (leg["avg_fill_price"] for leg in order["leg"])
        assert order["avg_fill_price"] == pytest.approx(share - call, abs=1e-3)
        assert [leg["class"] for leg in order["leg"]] == ["equity", "option"]
        number = await desk.place(**bracket)
        first = await events.until("filled")
        assert first["parent_id"] == number
        legs = (await desk.order(number))["leg"]
        assert legs[0]["status"] == "filled"
        await events.until("open", legs[2]["id"])
        await desk.ask(f"{ORDERS}/{number}", method="DELETE")
        await events.until("canceled", legs[2]["id"])


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"price": ""}, 200, {"errors": {"error": "LimitPriceUndefined"}}),
        ({"quantity": "0"}, 200, {"errors": {"error": "IncorrectOrderQuantity"}}),
        ({"type": "market"}, 200, {"errors": {"error": "MarketOrderIsGtc"}}),
        (
            {"symbol": "NOPE"},
            200,
            {"errors": {"error": ["Backoffice rejected override of the order.", "SecurityUnavailable"]}},
        ),
        ({"side": "buy_to_open"}, 400, "Invalid parameter, side: "),
        ({"duration": "pre"}, 400, "Invalid parameter, duration: pre market no longer available"),
        ({"tag": "no spaces"}, 400, "Invalid parameter, tag: "),
    ],
)
async def test_what_a_form_says_wrongly_is_told_in_two_ways(
    desk: Desk, change: dict[str, str], status: int, words: typing.Any
):
    answer = await desk.ask(ORDERS, method="POST", **DEEP | change)
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == words
    else:
        assert answer.text.startswith(words)


async def test_the_sandbox_has_its_own_accounts_and_their_stream(desk: Desk):
    token, place = desk.sandbox["trading_token"], "/sandbox/v1/accounts/VA00000001/orders"
    stream = (await desk.ask("/sandbox/v1/accounts/events/session", token, "POST")).json()["stream"]
    assert stream["url"] == desk.told["sandbox"]["account_stream"]
    async with asyncio.timeout(20), desk.account(stream["sessionid"]) as events:
        assert await events.hear() == {"error": "session not found"}
    async with asyncio.timeout(20), desk.account(stream["sessionid"], stream["url"]) as events:
        answer = await desk.ask(place, token, "POST", **BUY)
        event = await events.until("filled", answer.json()["order"]["id"])
        assert event["account"] == "VA00000001"
    assert (await desk.ask(place, desk.grant["trading_token"], "POST", **BUY)).status_code == 401


async def test_the_account_stream_hears_what_it_did_not_exclude_and_beats(desk: Desk, venue: SimRunning):
    async with asyncio.timeout(20), desk.account(excludeAccounts=["6YA00001"]) as events:
        (listener,) = venue.tradier.listeners
        listener.heartbeat_s = 0.0
        assert {"event", "status", "timestamp"} == (await events.hear()).keys()
        listener.heartbeat_s = 600.0
        await desk.place(**BUY)
        ira = await desk.place("6YA00002", **BUY | {"quantity": "1"})
        await events.until("filled", ira)
        async with desk.account() as second:
            assert await second.hear() == {"error": "too many sessions requested"}
    assert {said["account"] for said in events.last_received_at if said["event"] == "order"} == {"6YA00002"}
