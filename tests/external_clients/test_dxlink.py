"""dxFeed's own DXLink client, unmodified, takes the simulated feed for the real one."""

import asyncio
import contextlib
import typing

import pytest

from simulator.server import SimRunning
from simulator.tastytrade.dxlink.events import TYPES
from tests.external_clients import covered
from tests.external_clients.clients import Client, Line, dxlink
from tests.simulator.conftest import Door
from tests.support import moments

pytestmark = pytest.mark.process

OPTION_TYPES = {"Greeks", "TheoPrice"}
HOUR_MS = 3_600_000
BEGIN, END, REMOVE = 4, 8, 2
"""Flags of a candle: its snapshot begins, or ends; and it is not one, but the end of what there is."""
FAR = 300.0
"""A price that is far from where SPY and AAPL are, in dollars. The market goes on from it, and a ticker tells only the
last of what happens in a period: so what a test waits for is a price near it."""


def is_far(price: float) -> bool:
    return abs(price - FAR) < 20


@contextlib.asynccontextmanager
async def signed_in(alice: Door, **config: float) -> typing.AsyncIterator[Client]:
    """A client that is authorised, and complained about nothing when it ends."""
    granted = await alice.get("/api-quote-tokens")
    async with dxlink(**config) as client:
        await client.call("client", "setAuthToken", granted["token"])
        await client.call("client", "connect", granted["dxlink-url"])
        await client.until("auth", is_authorized)
        yield client
    assert client.complaints == []


def is_authorized(line: Line) -> bool:
    return bool(line["state"] == "AUTHORIZED")


def about(feed: str, kind: str, symbol: str) -> typing.Callable[[Line], bool]:
    """Whether a line of data holds an event of that type and symbol."""
    return lambda line: (
        line["feed"] == feed
        and any(event["eventType"] == kind and event["eventSymbol"] == symbol for event in line["events"])
    )


async def event(client: Client, feed: str, kind: str, symbol: str) -> Line:
    """The next event of a type and symbol."""
    line = await client.until("data", about(feed, kind, symbol))
    return next(e for e in line["events"] if e["eventType"] == kind and e["eventSymbol"] == symbol)


async def subscribe(client: Client, feed: str, *wanted: tuple[str, str]) -> None:
    await client.call(feed, "addSubscriptions", [{"type": kind, "symbol": symbol} for kind, symbol in wanted])


async def option(alice: Door, underlying: str = "SPY") -> str:
    """The streamer symbol of a call in the middle of the first chain."""
    chains = (await alice.get(f"/option-chains/{underlying}/nested"))["items"]
    strikes = chains[0]["expirations"][0]["strikes"]
    symbol: str = strikes[len(strikes) // 2]["call-streamer-symbol"]
    return symbol


@pytest.mark.parametrize("form", ["COMPACT", "FULL"])
async def test_every_event_type_the_venue_has_arrives_in_both_data_formats(alice: Door, form):
    contract = await option(alice)
    names = {"Candle": "SPY{=m}"} | dict.fromkeys(OPTION_TYPES, contract)
    wanted = [(kind, names.get(kind, "SPY")) for kind in sorted(TYPES)]
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "AUTO", {"acceptDataFormat": form, "acceptAggregationPeriod": 0.1})
        await subscribe(client, "feed", *wanted)
        seen: dict[tuple[str, str], Line] = {}
        while len(seen) < len(wanted):
            line = await client.until("data")
            seen |= {(e["eventType"], e["eventSymbol"]): e for e in line["events"]}
        config = await client.call("feed", "getConfig")
    assert config["dataFormat"] == form
    assert {kind for kind, _ in seen} == covered.heard_by("D", covered.EVENTS)
    assert 0 < seen["Quote", "SPY"]["bidPrice"] <= seen["Quote", "SPY"]["askPrice"]
    assert seen["Profile", "SPY"]["description"]
    assert 0 < seen["Greeks", contract]["delta"] < 1
    assert seen["TheoPrice", contract]["underlyingPrice"] > 0
    assert seen["Underlying", "SPY"]["volatility"] > 0
    assert seen["Summary", "SPY"]["prevDayClosePrice"] > 0
    assert seen["TimeAndSale", "SPY"]["type"] == "NEW"


@pytest.mark.moment(moments.MIDDAY)  # at midnight an hour of the past has fewer candles
@pytest.mark.parametrize("contract", ["AUTO", "HISTORY"])
async def test_candles_come_with_their_past_and_go_on_live(alice: Door, venue: SimRunning, contract):
    since = venue.tastytrade.market.at - HOUR_MS
    async with signed_in(alice) as client:
        await client.call("desk", "open", "chart", contract, {"acceptAggregationPeriod": 0.01})
        await client.call("chart", "addSubscriptions", [{"type": "Candle", "symbol": "SPY{=1m}", "fromTime": since}])
        past: list[Line] = []
        while not past or not past[-1]["eventFlags"] & END:
            past += (await client.until("data"))["events"]
        venue.set_price("SPY", FAR)
        live = await client.until("data", lambda line: is_far(line["events"][-1]["close"]))
    assert past[0]["eventFlags"] & BEGIN
    assert {candle["eventSymbol"] for candle in past} == {"SPY{=m}"}
    times = [candle["time"] for candle in past]
    assert times == sorted(times, reverse=True)
    assert 60 <= len([candle for candle in past if not candle["eventFlags"] & REMOVE]) <= 61
    assert live["events"][-1]["eventFlags"] == 0
    assert live["events"][-1]["time"] >= times[0]


async def test_every_print_is_told(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        await client.call("desk", "open", "tape", "STREAM", {"acceptAggregationPeriod": 0.2})
        await subscribe(client, "tape", ("TimeAndSale", "SPY"))
        await client.until("data")
        prices = [512.25, 512.5, 512.75]
        for price in prices:
            venue.set_price("SPY", price)
        printed: list[Line] = []
        while prices[-1] not in {sale["price"] for sale in printed}:
            printed += (await client.until("data"))["events"]
    assert list(dict.fromkeys(sale["price"] for sale in printed if sale["price"] in prices)) == prices
    moments = [(sale["time"], sale["sequence"]) for sale in printed]
    assert moments == sorted(set(moments))


async def test_futures_and_coins_are_quoted_under_their_streamer_symbols(alice: Door):
    (future, *_), (coin, *_) = [
        (await alice.get(f"/instruments/{kind}"))["items"] for kind in ("futures", "cryptocurrencies")
    ]
    symbols = {future["streamer-symbol"], coin["streamer-symbol"]}
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER")
        await subscribe(client, "feed", *(("Quote", symbol) for symbol in symbols))
        seen: set[str] = set()
        while seen != symbols:
            seen |= {event["eventSymbol"] for event in (await client.until("data"))["events"]}


async def test_it_gets_the_fields_it_asks_for_and_no_others(alice: Door):
    accept = {"acceptDataFormat": "COMPACT", "acceptEventFields": {"Quote": ["eventSymbol", "bidPrice", "askPrice"]}}
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER", accept)
        await subscribe(client, "feed", ("Quote", "AAPL"))
        quote = await event(client, "feed", "Quote", "AAPL")
    assert set(quote) == {"eventType", "eventSymbol", "bidPrice", "askPrice"}


async def test_the_type_stands_in_a_compact_row_where_it_is_asked_for(alice: Door):
    """As in the example of the venue's documentation, whose rows begin with it."""
    accept = {"acceptDataFormat": "COMPACT", "acceptEventFields": {"Trade": ["eventType", "eventSymbol", "price"]}}
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER", accept)
        await subscribe(client, "feed", ("Trade", "SPY"), ("Trade", "AAPL"))
        trade = await event(client, "feed", "Trade", "AAPL")
        config = await client.call("feed", "getConfig")
    assert trade["price"] > 0
    assert config["eventFields"]["Trade"] == ["eventType", "eventSymbol", "price"]


async def test_it_hears_no_more_of_what_it_unsubscribed(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER", {"acceptAggregationPeriod": 0.01})
        await subscribe(client, "feed", ("Trade", "SPY"), ("Trade", "AAPL"))
        await event(client, "feed", "Trade", "AAPL")
        await client.call("feed", "removeSubscriptions", [{"type": "Trade", "symbol": "AAPL"}])
        await subscribe(client, "feed", ("Trade", "QQQ"))
        await event(client, "feed", "Trade", "QQQ")
        venue.set_price("AAPL", FAR)
        venue.set_price("SPY", FAR)
        heard: list[Line] = []
        while not any(e["eventSymbol"] == "SPY" and is_far(e["price"]) for e in heard):
            heard += (await client.until("data"))["events"]
    assert not [e for e in heard if e["eventSymbol"] == "AAPL" and is_far(e["price"])]


async def test_two_channels_live_side_by_side_and_one_closes(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        assert await client.call("desk", "open", "quotes", "AUTO") == 1
        assert await client.call("desk", "open", "trades", "AUTO") == 3
        await subscribe(client, "quotes", ("Quote", "SPY"))
        await subscribe(client, "trades", ("Trade", "SPY"))
        await event(client, "trades", "Trade", "SPY")
        await client.call("quotes", "close")
        venue.set_price("SPY", FAR)
        trade = await client.until("data", lambda line: is_far(line["events"][-1]["price"]))
        assert trade["feed"] == "trades"
        (connection,) = venue.stats()["connections"]
        assert connection["subscriptions"] == {"Trade": ["SPY"]}


async def test_it_takes_up_its_subscriptions_again_after_the_line_was_cut(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "AUTO", {"acceptDataFormat": "COMPACT"})
        await subscribe(client, "feed", ("Quote", "SPY"))
        await event(client, "feed", "Quote", "SPY")
        for socket in venue.tastytrade.dialogues.values():
            venue.tastytrade.lines.cut(socket.client)
        await client.until("connection", lambda line: line["state"] == "CONNECTING")
        await client.until("auth", is_authorized)
        quote = await event(client, "feed", "Quote", "SPY")
    assert quote["bidPrice"] > 0
    assert venue.stats()["opened"]["dxlink"] == 2


async def test_a_bad_token_is_told_to_its_listeners(alice: Door):
    granted = await alice.get("/api-quote-tokens")
    async with dxlink() as client:
        await client.call("client", "setAuthToken", "no token of this venue")
        await client.call("client", "connect", granted["dxlink-url"])
        assert (await client.until("auth"))["state"] == "AUTHORIZING"
        await client.until("auth", lambda line: line["state"] == "UNAUTHORIZED")
        await client.call("client", "setAuthToken", granted["token"])
    assert client.complaints == []


async def test_both_sides_keep_the_connection_alive(alice: Door, venue: SimRunning):
    async with signed_in(alice, keepaliveInterval=0.1, keepaliveTimeout=2, acceptKeepaliveTimeout=2) as client:
        details = await client.call("client", "getConnectionDetails")
        assert details["serverVersion"]
        assert details["serverKeepaliveTimeout"] == 2
        await client.call("desk", "open", "feed", "AUTO")
        await client.until("channel", lambda line: line["state"] == "OPENED")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):  # longer than either side bears silence
                await client.until("connection")
        assert venue.stats()["opened"]["dxlink"] == 1


async def test_it_follows_when_the_format_changes_in_mid_session(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER", {"acceptDataFormat": "COMPACT"})
        await subscribe(client, "feed", ("Trade", "SPY"))
        await event(client, "feed", "Trade", "SPY")
        venue.fault("format", mode="FULL")
        await client.until("config", lambda line: line["dataFormat"] == "FULL")
        venue.set_price("SPY", FAR)
        await client.until("data", lambda line: is_far(line["events"][-1]["price"]))


async def test_a_new_token_goes_on_where_the_old_one_ended(alice: Door, venue: SimRunning):
    async with signed_in(alice) as client:
        await client.call("desk", "open", "feed", "TICKER", {"acceptDataFormat": "COMPACT"})
        await subscribe(client, "feed", ("Trade", "SPY"))
        await event(client, "feed", "Trade", "SPY")
        venue.fault("unauthorized")
        await client.until("auth", lambda line: line["state"] == "UNAUTHORIZED")
        await client.call("client", "setAuthToken", (await alice.get("/api-quote-tokens"))["token"])
        await client.until("channel", lambda line: line["state"] == "OPENED")
        venue.set_price("SPY", FAR)
        await client.until("data", lambda line: is_far(line["events"][-1]["price"]))
        await subscribe(client, "feed", ("Trade", "AAPL"))
        await event(client, "feed", "Trade", "AAPL")
    assert venue.stats()["opened"]["dxlink"] == 1
