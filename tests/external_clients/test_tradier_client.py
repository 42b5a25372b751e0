"""A client that somebody else wrote for Tradier takes the simulated one for it, over REST and on the account stream."""

import re
import typing

import pytest

from simulator.server import SimRunning
from simulator.tradier.rest import routes
from tests.external_clients.clients import Client, Refused, python_tradier
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process

Json = dict[str, typing.Any]
ORDER = {"order_duration": "day", "tag": "outside"}
NOT_ASKED = {
    "GET /markets/events",
    "POST /markets/quotes",
    "POST /markets/events/session",
    "POST /accounts/events/session",
}
"""Routes this client has no call for, or none that can be used against another address."""


class Tour:
    """Everything the client can ask for, once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.asked: set[str] = set()

    async def ask(self, name: str, /, **given: typing.Any) -> typing.Any:
        """Make a call."""
        self.asked.add(name)
        return await self.client.call("client", "ask", name, given)

    async def market(self) -> tuple[str, float]:
        """Ask for everything about the market. Returns an expiration of SPY, and a strike near its price."""
        spy, nobody = await self.ask("get_quotes", symbols=["SPY", "NOPE"], greeks=True)
        assert (spy["type"], nobody["note"]) == ("etf", "unmatched symbol")
        day = (await self.ask("get_option_expirations", symbol="SPY", strikes=True))[4]["date"]
        chain = await self.ask("get_option_chains", symbol="SPY", expiration_date=day, greeks=True, option_type="call")
        strike = min((option["strike"] for option in chain), key=lambda each: abs(each - spy["last"]))
        assert strike in await self.ask("get_option_strikes", symbol="SPY", expiration_date=day)
        assert {option["symbol"] for option in chain} <= set(await self.ask("option_lookup", symbol="SPY"))
        assert 0 < next(option for option in chain if option["strike"] == strike)["greeks"]["delta"] < 1
        assert (await self.ask("get_clock"))["state"] == "open"
        assert len(await self.ask("get_calendar", year="2026", month="11")) == 30
        days = await self.ask(
            "get_historical_quotes", symbol="SPY", interval="daily", start="2026-01-02", end="2026-02-02"
        )
        assert days[0]["low"] <= days[0]["close"] <= days[0]["high"]
        assert {each["symbol"] for each in await self.ask("search_companies", query="gold")} == {"GLD", "GS"}
        assert {each["type"] for each in await self.ask("lookup_symbol", query="g", types="etf")} == {"etf"}
        assert len(await self.ask("get_etb_securities")) > 10
        return day, strike

    async def account(self) -> None:
        """Ask for everything about the account, and keep a list."""
        profile = await self.ask("get_user_profile")
        assert [account["type"] for account in profile] == ["margin", "cash"]
        assert (await self.ask("get_balance"))["total_equity"] > 0
        assert "SPY" in {position["symbol"] for position in await self.ask("get_positions")}
        assert {event["type"] for event in await self.ask("get_history", event_type="trade")} == {"trade"}
        assert await self.ask("get_gainloss") == []
        made = await self.ask("create_watchlist", name="Mine", symbols=["spy"])
        await self.ask("add_symbols_to_watchlist", watchlist_id=made["id"], symbols=["ko"])
        await self.ask("update_watchlist", watchlist_id=made["id"], name="Yours", symbols=["gld", "tlt"])
        await self.ask("remove_symbol_from_watchlist", watchlist_id=made["id"], symbol="tlt")
        assert (await self.ask("get_watchlist", watchlist_id=made["id"]))["name"] == "Yours"
        assert len(await self.ask("get_watchlists")) == 2
        await self.ask("delete_watchlist", watchlist_id=made["id"])

    async def orders(self, day: str, strike: float) -> int:
        """Place one order of each kind, and change one. Returns the id of one that is open."""
        bought = await self.ask("buy_stock", symbol="QQQ", quantity=5, order_type="market", **ORDER)
        filled = await self.client.until("order", _is(bought["id"], "filled"))
        assert filled["values"]["avg_fill_price"] > 0
        assert (await self.ask("get_order", order_id=bought["id"]))["exec_quantity"] == 5.0
        sold = await self.ask("sell_stock", symbol="QQQ", quantity=5, order_type="limit", price=900.0, **ORDER)
        await self.client.until("order", _is(sold["id"], "open"))
        await self.client.until("order", _is(sold["id"], "open"))
        await self.ask("modify_order", order_id=sold["id"], price=901.0)
        await self.client.until(
            "order", lambda line: line["values"]["price"] == 901.0 and _is(sold["id"], "open")(line)
        )
        option = {"symbol": "SPY", "expiration_date": day, "strike": strike, "option_type": "call", "quantity": 1}
        for name in ("buy_option", "sell_option"):
            placed = await self.ask(name, order_type="market", **option, **ORDER)
            await self.client.until("order", _is(placed["id"], "filled"))
        legs = [("SPY", day, strike, "call", "buy_to_open", 1), ("SPY", day, strike + 1, "call", "sell_to_open", 1)]
        spread = await self.ask("multileg", symbol="SPY", order_type="market", duration="day", legs=legs)
        await self.client.until("order", _is(spread["id"], "filled"))
        assert (await self.ask("get_order", order_id=spread["id"]))["number_of_legs"] == 2
        with pytest.raises(Refused, match="these are not the legs of a combo order"):
            await self.ask("combo", symbol="SPY", order_type="market", duration="day", order_sides=legs)
        statuses = {order["id"]: order["status"] for order in await self.ask("get_orders")}
        assert (len(statuses), statuses[bought["id"]]) == (5, "filled")
        return int(sold["id"])


def _is(number: int, status: str) -> typing.Callable[[Json], bool]:
    return lambda line: (line["values"]["id"], line["values"]["status"]) == (number, status)


async def test_every_call_it_has_is_answered_as_it_expects(venue: SimRunning):
    async with python_tradier(venue) as client:
        tour = Tour(client)
        day, strike = await tour.market()
        start = f"{venue.tradier.market.day} 00:00"
        bars = await tour.ask(
            "get_time_and_sales", symbol="SPY", interval="15min", start=start, end=f"{start[:10]} 23:59"
        )
        assert all(bar["vwap"] > 0 for bar in bars)
        await tour.account()
        await client.call("client", "listen", False)
        await aeventually(lambda: any(listener.numbers for listener in venue.tradier.listeners))
        number = await tour.orders(day, strike)
        await tour.ask("cancel_order", order_id=number)  # last: a `pending_cancel` is no word its stream knows
        await aeventually(lambda: venue.tradier.orders.known[number].status == "canceled")
        calls = set(await client.call("client", "calls"))
    assert calls - tour.asked == set()
    assert not client.complaints
    asked = {line.replace(" /v1", " ") for line in venue.tradier_stats()["requests"]}
    known = {route for route in routes.TABLE if route not in NOT_ASKED}
    missed = {
        route for route in known if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), line) for line in asked)
    }
    assert missed == set()
    assert set(venue.tradier_stats()["statuses"]) == {"200", "400"}


async def test_what_it_is_refused_reaches_it(venue: SimRunning):
    async with python_tradier(venue) as client:
        tour = Tour(client)
        venue.tradier_fault("quota", account="6YA00001")
        with pytest.raises(Refused, match=r"policies\.ratelimit\.QuotaViolation"):
            await tour.ask("get_clock")
        venue.tradier_fault("revoke", account="6YA00001")
        with pytest.raises(Refused, match="Invalid Access Token"):
            await tour.ask("get_balance")
