"""Alpaca's own SDK for Python takes the simulated one for it: over REST, on its WebSocket, on the broker's streams."""

import datetime
import decimal
import typing

import pytest

from simulator.alpaca.rest import routes
from simulator.server import SimRunning
from tests.external_clients.clients import Client, Refused, python_alpaca
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process

Json = dict[str, typing.Any]
BUY = {"symbol": "QQQ", "qty": 5, "side": "buy", "time_in_force": "day"}
NOT_ASKED = {
    "GET /v2/account/activities",
    "GET /v2/account/activities/{kind}",
}
"""Routes this client has no call for."""
NOT_SIMULATED = {
    "exercise_options_position",
    "get_corporate_announcements",
    "get_corporate_announcement_by_id",
}
"""Calls of the client for what is not simulated."""


class Tour:
    """Everything the client can ask for, once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.asked: set[str] = set()

    async def ask(self, name: str, /, *given: typing.Any) -> typing.Any:
        """Make a call."""
        self.asked.add(name)
        return await self.client.call("desk", "ask", name, *given)

    async def request(self, name: str, kind: str, /, *given: typing.Any, **fields: typing.Any) -> typing.Any:
        """Make a call with one of the client's own requests."""
        self.asked.add(name)
        return await self.client.call("desk", "request", name, kind, fields, *given)

    async def account(self) -> None:
        """Ask for everything about the account, and what it holds."""
        account = await self.ask("get_account")
        assert (account["status"], account["currency"]) == ("ACTIVE", "USD")
        assert account["pattern_day_trader"] is None, "gone since July 2026"
        held = {each["symbol"]: each for each in await self.ask("get_all_positions")}
        assert (held["AAPL"]["side"], held["TSLA"]["side"]) == ("long", "short")
        assert (await self.ask("get_open_position", held["AAPL"]["asset_id"]))["qty"] == "60"
        history = await self.request("get_portfolio_history", "GetPortfolioHistoryRequest", period="1D")
        assert len(history["timestamp"]) == len(history["equity"]) > 0
        assert history["equity"][-1] == pytest.approx(float(account["equity"]), rel=0.01)
        kept = await self.ask("get_account_configurations")
        self.asked.add("set_account_configurations")
        assert (await self.client.call("desk", "configure", kept | {"no_shorting": True}))["no_shorting"]

    async def market(self) -> tuple[str, str]:
        """Ask for everything about what trades. Returns the symbols of two options."""
        assert (await self.ask("get_clock"))["is_open"]
        days = await self.request("get_calendar", "GetCalendarRequest", start="2026-11-23", end="2026-11-30")
        assert [day["date"] for day in days if day["close"].endswith("13:00:00")] == ["2026-11-27"]
        names = {each["symbol"]: each for each in await self.request("get_all_assets", "GetAssetsRequest")}
        assert {"SPY", "BRK.B"} <= names.keys()
        assert (await self.ask("get_asset", names["SPY"]["id"]))["symbol"] == "SPY"
        soon = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=14)  # or none on Fridays
        wanted = {
            "underlying_symbols": ["SPY"], "type": "call", "limit": 3, "strike_price_gte": "540",
            "expiration_date_lte": soon.isoformat(),
        }  # fmt: skip
        page = await self.request("get_option_contracts", "GetOptionContractsRequest", **wanted)
        after = await self.request(
            "get_option_contracts", "GetOptionContractsRequest", **wanted, page_token=page["next_page_token"]
        )
        symbols = [each["symbol"] for each in page["option_contracts"] + after["option_contracts"]]
        assert len({*symbols}) == 6
        assert (await self.ask("get_option_contract", symbols[0]))["strike_price"] == 540.0
        return str(symbols[0]), str(symbols[1])

    async def lists(self) -> None:
        """Keep a watchlist."""
        made = await self.request("create_watchlist", "CreateWatchlistRequest", name="Mine", symbols=["SPY"])
        await self.ask("add_asset_to_watchlist_by_id", made["id"], "KO")
        await self.ask("remove_asset_from_watchlist_by_id", made["id"], "SPY")
        changed = await self.request("update_watchlist_by_id", "UpdateWatchlistRequest", made["id"], name="Yours")
        assert [each["symbol"] for each in changed["assets"]] == ["KO"]
        assert (await self.ask("get_watchlist_by_id", made["id"]))["name"] == "Yours"
        assert len(await self.ask("get_watchlists")) == 1
        await self.ask("delete_watchlist_by_id", made["id"])

    async def update(self, event: str, order: str) -> Json:
        """Return the next update of an order."""
        line = await self.client.until(
            "update", lambda line: (line["values"]["event"], line["values"]["order"]["id"]) == (event, order)
        )
        values: Json = line["values"]
        return values

    async def orders(self, option: str, other: str) -> None:
        """Place orders of every type, change one, and end them all."""
        bought = await self.request("submit_order", "MarketOrderRequest", **BUY, client_order_id="mine")
        filled = await self.update("fill", bought["id"])
        assert (filled["qty"], filled["position_qty"], filled["order"]["status"]) == (5.0, 5.0, "filled")
        assert (await self.ask("get_order_by_client_id", "mine"))["id"] == bought["id"]
        resting = await self.request(
            "submit_order", "LimitOrderRequest", **BUY | {"limit_price": 100.0, "time_in_force": "gtc"}
        )
        await self.update("new", resting["id"])
        changed = await self.request("replace_order_by_id", "ReplaceOrderRequest", resting["id"], limit_price=101.0)
        assert (await self.update("replaced", resting["id"]))["order"]["replaced_by"] == changed["id"]
        assert (await self.ask("get_order_by_id", changed["id"]))["replaces"] == resting["id"]
        await self.update("new", changed["id"])
        await self.ask("cancel_order_by_id", changed["id"])
        await self.update("canceled", changed["id"])
        for kind, prices in (
            ("StopOrderRequest", {"stop_price": 900.0}),
            ("StopLimitOrderRequest", {"stop_price": 900.0, "limit_price": 901.0}),
        ):
            await self.request("submit_order", kind, **BUY | prices)
        contract = await self.request("submit_order", "MarketOrderRequest", **BUY | {"symbol": option, "qty": 1})
        assert (await self.update("fill", contract["id"]))["order"]["asset_class"] == "us_option"
        legs = [{"symbol": each, "ratio_qty": 1, "side": "buy"} for each in (option, other)]
        spread = {"order_class": "mleg", "qty": 1, "time_in_force": "day", "legs": legs}
        several = await self.request("submit_order", "MarketOrderRequest", **spread)
        assert (await self.update("fill", several["id"]))["order"]["legs"][1]["symbol"] == other
        valued = {"symbol": "KO", "notional": 150, "side": "buy", "time_in_force": "day"}
        worth = await self.request("submit_order", "MarketOrderRequest", **valued)
        assert float((await self.update("fill", worth["id"]))["order"]["filled_qty"]) % 1
        assert len(await self.request("get_orders", "GetOrdersRequest", status="open")) == 2
        assert [each["status"] for each in await self.ask("cancel_orders")] == [200, 200]
        closing = await self.request("close_position", "ClosePositionRequest", "QQQ", percentage="40")
        assert (await self.update("fill", closing["id"]))["position_qty"] == 3.0
        closed = await self.ask("close_all_positions", True)
        assert {each["status"] for each in closed} == {200}


async def test_every_call_it_has_is_answered_as_it_expects(venue: SimRunning):
    venue.alpaca.orders.partial_share = 0.0
    async with python_alpaca(venue) as client:
        tour = Tour(client)
        await tour.account()
        options = await tour.market()
        await tour.lists()
        await client.call("desk", "listen")
        await aeventually(lambda: any(listener.is_listening for listener in venue.alpaca.listeners), within=20.0)
        await tour.orders(*options)
        await aeventually(lambda: not venue.alpaca.accounts["PA0000000001"].holdings, within=20.0)
        with pytest.raises(Refused, match="insufficient buying power"):
            await tour.request("submit_order", "MarketOrderRequest", **BUY | {"qty": 100_000})
        calls = set(await client.call("desk", "calls"))
        await client.call("desk", "stop")
    assert calls - tour.asked == NOT_SIMULATED
    assert not client.complaints
    asked = {line.replace(" /alpaca/", " /") for line in venue.alpaca_stats()["requests"]}
    missed = {route for route in routes.TABLE.keys() - NOT_ASKED if not any(_is(route, line) for line in asked)}
    assert missed == set()


def _is(route: str, line: str) -> bool:
    method, path = line.split(" ", 1)
    found = routes.find(method, path)
    return found is not None and found[0] == route


async def test_its_stream_comes_back_by_itself_and_what_it_missed_is_only_on_the_brokers(venue: SimRunning):
    venue.alpaca.orders.partial_share = 0.0
    venue.alpaca.gate.reconnect_s = 0.1
    async with python_alpaca(venue) as client:
        tour = Tour(client)
        await client.call("desk", "listen")
        await aeventually(lambda: any(listener.is_listening for listener in venue.alpaca.listeners), within=20.0)
        venue.alpaca_fault("drop", stream="updates")
        await aeventually(lambda: not venue.alpaca.listeners, within=20.0)
        missed = await tour.request("submit_order", "MarketOrderRequest", **BUY)
        await aeventually(lambda: venue.alpaca.orders.known[missed["id"]].is_final, within=20.0)
        await aeventually(lambda: any(listener.is_listening for listener in venue.alpaca.listeners), within=20.0)
        heard = await tour.request("submit_order", "MarketOrderRequest", **BUY)
        await tour.update("fill", heard["id"])
        day = str(venue.alpaca.market.day)
        for version, since in (("v2", {"since": day}), ("v1", {"since_id": 12_627_517})):
            await client.call("broker", "listen", "get_trade_events", version, since)
            found = await client.until(f"{version} get_trade_events", lambda line: missed["id"] in line["values"])
            assert '"account_id"' in found["values"]
        venue.alpaca_activity("PA0000000002", "DIV", decimal.Decimal(1), symbol="NVDA")
        await client.call("broker", "listen", "get_non_trading_activity_events", "v1", {"since": day})
        await client.until("v1 get_non_trading_activity_events", lambda line: '"DIV"' in line["values"])
        await client.call("broker", "listen", "get_account_status_events", "v1", {"since": day, "until": day})
        assert (await client.until("ended"))["values"] == "v1 get_account_status_events", "its end was in the past"
        await client.call("desk", "stop")
