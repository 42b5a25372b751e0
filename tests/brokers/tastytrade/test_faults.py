"""Claims about a venue that misbehaves: what is bad is lost, what is good goes on, and what breaks is repaired."""

import asyncio
import time

import pytest
from msgspec import UNSET

from brokers.adapter.websocket import GARBAGE_MAX
from brokers.contract.broker import Credentials
from brokers.contract.errors import LinkLost
from brokers.contract.events import Balance, Link, Quote
from brokers.tastytrade.market_data.symbols import computed
from simulator.tastytrade.control import NewCustomer, SimTastytradeNewAccount, add_customer
from tests.brokers.stand import LINK, Stand, Streaming, streaming
from tests.brokers.tastytrade.conftest import Live, impatient
from tests.support.eventually import ENOUGH_S, aeventually

SYMBOLS = ("QQQ", "SPY", "IWM")


async def all_move(run: Streaming, within: float = ENOUGH_S) -> None:
    """Wait until every symbol's book has been quoted anew."""
    seen = len(run.told.events)

    def moved() -> set[str]:
        return {quote.symbol for quote in run.told.of(Quote, seen) if quote.ask is not UNSET}

    await run.told.until(lambda _: moved() >= set(SYMBOLS), within)


def bad_rows(run: Streaming) -> int:
    told = [event.bad_rows for event in run.told.of(Link) if isinstance(event.bad_rows, int)]
    return told[-1] if told else 0


async def untroubled(run: Streaming, venue: Stand, bad: int) -> None:
    """The link never stopped being live, and counted `bad` rows."""
    await run.told.until(lambda _: bad_rows(run) == bad)
    assert set(run.told.states) == {"live"}
    assert (await venue.stats())["opened"] == {"dxlink": 1, "alerts": 1}


@pytest.mark.parametrize("how", [{}, {"mode": "abort"}, {"code": 1011}])
async def test_dropped_quotes_are_back_within_three_seconds(venue: Stand, live: Live, how: dict[str, object]):
    async with live() as run:
        before = (await venue.stats())["connections"]
        assert await venue.fault("drop", stream="dxlink", **how) == 1
        await run.told.until(lambda told: "waiting" in told.states)
        await run.told.until_live(within=3)
        await all_move(run)
        assert run.told.states == ["live", "waiting", "connecting", "live"]
        stats = await venue.stats()
        assert sorted(stats["connections"], key=str) == sorted(before, key=str), "the whole watch is subscribed again"
        assert stats["opened"] == {"dxlink": 2, "alerts": 1}


async def test_a_dropped_account_stream_is_back_within_three_seconds(venue: Stand, live: Live):
    async with live() as run:
        assert await venue.fault("drop", stream="alerts") == 1
        await run.told.until(lambda told: told.states[1:] == ["waiting", "connecting", "live"], within=3)
        seen = len(run.told.events)
        await run.told.until(lambda told: told.of(Balance, seen))
        assert (await venue.stats())["opened"] == {"dxlink": 1, "alerts": 2}


async def test_an_account_stream_that_drops_after_a_failed_reading_is_back_too(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("rest", mode="502", path="/accounts", times=3)
        await aeventually(lambda: _asked_in_vain(venue))
        await venue.fault("drop", stream="alerts")
        await run.told.until(lambda told: told.states[1:] == ["waiting", "connecting", "live"])


async def _asked_in_vain(venue: Stand) -> bool:
    return bool((await venue.stats())["statuses"].get("502", 0) >= 3)


async def test_when_both_streams_drop_the_link_is_lost_at_once(venue: Stand, live: Live):
    async with live() as run:
        began = time.monotonic()
        await venue.fault("drop")
        assert isinstance(await run.ended(within=2), LinkLost)
        assert time.monotonic() - began < 1.0


async def test_a_stream_that_keeps_failing_loses_the_link_without_a_storm(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("refuse_upgrade", stream="dxlink")
        await venue.fault("drop", stream="dxlink")
        error = await run.ended(within=10)
        assert isinstance(error, LinkLost)
        assert "502" in error.reason
        assert (await venue.stats())["requests"]["GET /api-quote-tokens"] <= 5


async def test_mute_quotes_are_said_to_be_stale_and_the_link_is_replaced(venue: Stand, live: Live):
    async with live() as run:
        began = time.monotonic()
        await venue.fault("mute", stream="dxlink")
        await run.told.until(lambda told: told.states[-1] == "stale", within=3)
        assert time.monotonic() - began < 1.5
        error = await run.ended()
        assert isinstance(error, LinkLost)
        assert error.mute
        assert "SPY" in error.reason


async def test_one_silent_symbol_replaces_nothing(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("mute", symbol="IWM")
        seen, began = len(run.told.events), time.monotonic()
        await run.told.until(lambda _: time.monotonic() > began + 3 * impatient(venue).limits.pulse_s)
        assert set(run.told.states) == {"live"}
        assert len(run.told.of(Quote, seen, symbol="QQQ")) > 3


async def test_a_silent_pulse_is_noticed_even_if_nobody_watches_it(venue: Stand, live: Live):
    async with live(quotes={"QQQ"}) as run:
        await venue.fault("mute", symbol="SPY")
        error = await run.ended()
        assert isinstance(error, LinkLost)
        assert error.mute
        assert {quote.symbol for quote in run.told.of(Quote)} == {"QQQ"}


async def test_a_mute_account_stream_loses_no_quotes(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("mute", stream="alerts")
        await all_move(run)
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Balance, seen)) >= 4)  # from the reconcile
        assert set(run.told.states) == {"live"}


async def test_garbage_costs_nothing_but_itself(venue: Stand, live: Live):
    async with live() as run:
        assert await venue.fault("garbage", stream="dxlink") == 1
        assert await venue.fault("garbage", stream="dxlink", text="[1,2]") == 1
        assert await venue.fault("garbage", stream="dxlink", text='{"channel":7}') == 1
        await all_move(run)
        await untroubled(run, venue, bad=3)


async def test_nothing_but_garbage_is_no_stream(venue: Stand, live: Live):
    async with live() as run:
        (socket,) = venue.running.tastytrade.dialogues.values()
        for _ in range(GARBAGE_MAX + 1):
            socket.post("<<<")  # in one turn of the loop, so that nothing readable comes between
        await run.told.until(lambda told: told.states == ["live", "waiting", "connecting", "live"])
        await all_move(run)


@pytest.mark.parametrize("mode", ["", "first"])
async def test_a_short_row_costs_only_itself(venue: Stand, live: Live, mode: str):
    async with live() as run:
        assert await venue.fault("short_row", mode=mode) == 1
        await all_move(run)
        await untroubled(run, venue, bad=1)


async def test_nan_is_missing_on_its_own_side_only(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("nan", symbol="QQQ", field="bidPrice")
        await run.told.until(lambda told: told.known("quote", "QQQ").get("bid", 0) is None)
        assert run.told.known("quote", "QQQ")["ask"] > 0
        await venue.fault("nan", symbol="QQQ", field="askSize", text="Infinity")
        await run.told.until(lambda told: told.known("quote", "QQQ").get("ask_size", 0) is None)
        await venue.fault("clear")
        await run.told.until(lambda told: told.known("quote", "QQQ").get("bid"))
        await untroubled(run, venue, bad=0)


async def test_greeks_with_a_nan_keep_their_other_values(venue: Stand, live: Live):
    option = venue.option()
    async with live(quotes={option}, greeks={option}) as run:
        await run.told.until(lambda told: told.known("greeks", option).get("delta"))
        await venue.fault("nan", event="Greeks", symbol=computed(option), field="delta")
        await run.told.until(lambda told: told.known("greeks", option).get("delta", 0) is None)
        assert run.told.known("greeks", option)["gamma"] > 0


async def test_a_frame_of_two_megabytes_arrives_whole(venue: Stand, live: Live):
    async with live() as run:
        seen = len(run.told.events)
        assert await venue.fault("big_frame", size=2_000_000) == 1
        await run.told.until(lambda told: len(told.of(Quote, seen)) > 15_000)
        await all_move(run)
        await untroubled(run, venue, bad=0)


async def test_full_and_compact_rows_are_read_alike(venue: Stand, live: Live):
    async with live() as run:
        for mode in ("FULL", "COMPACT", "FULL"):
            await venue.fault("format", mode=mode)
            await all_move(run)
            assert run.told.known("quote", "QQQ")["bid"] > 0
        await venue.fault("short_row")
        await untroubled(run, venue, bad=0)  # a FULL row that lacks a value still has the others


async def test_a_venue_that_keeps_closing_channels_is_left(venue: Stand, live: Live):
    async with live() as run:
        async with asyncio.timeout(20):
            while "waiting" not in run.told.states:
                await venue.fault("channel_closed")
        await run.told.until_live()
        await all_move(run)


async def test_a_quote_token_that_is_never_taken_is_no_endless_loop(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("bad_quote_token")
        await venue.fault("drop", stream="dxlink")
        error = await run.ended(within=10)
        assert isinstance(error, LinkLost)
        assert "quote token" in error.reason


async def test_several_types_in_one_message_are_all_read(venue: Stand, live: Live):
    async with live() as run:
        quote, trade = '["QQQ",1,1,4.5,4.6,1.0,2.0]', '["QQQ",1,4.55,0.5,7.0]'
        text = f'{{"type":"FEED_DATA","channel":7,"data":["Quote",{quote},"Trade",{trade}]}}'
        await venue.fault("garbage", stream="dxlink", text=text)
        await run.told.until(lambda told: told.of(Quote, bid=4.5, ask=4.6))
        await run.told.until(lambda told: told.of(Quote, last=4.55, last_size=0.5))
        await untroubled(run, venue, bad=0)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('{"type":"WEATHER","channel":7,"rain":true}', 0),
        ('{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}', 0),
        ('{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{}}', 0),
        ('{"type":"FEED_DATA","channel":99,"data":["Quote",[]]}', 0),
        ('{"type":"FEED_DATA","channel":7,"data":[]}', 0),
        ('{"type":"FEED_DATA","channel":7,"data":["Weather",["QQQ",1]]}', 1),
        ('{"type":"FEED_DATA","channel":7,"data":["Quote",{"a":1}]}', 1),
        ('{"type":"FEED_DATA","channel":7,"data":["Quote",["QQQ",1,1,NaN,4.6,1.0,1e999]]}', 0),
        ('{"type":"FEED_CONFIG","channel":7,"eventFields":{"Quote":["bidPrice"]}}', 1),
        ('{"type":["FEED_DATA"],"channel":7}', 1),
        ("[" * 100_000, 1),
    ],
)
async def test_odd_messages_harm_nothing(venue: Stand, live: Live, text: str, bad: int):
    async with live() as run:
        await venue.fault("garbage", stream="dxlink", text=text)
        await all_move(run)
        await untroubled(run, venue, bad)


async def test_a_symbol_that_has_not_traded_has_no_last_price(venue: Stand, live: Live):
    await venue.fault("missing", symbol="IWM")
    async with live() as run:
        await all_move(run)
        assert run.told.known("quote", "IWM").get("last") is None
        assert run.told.known("quote", "QQQ")["last"] > 0


async def test_an_account_without_market_data_still_streams_its_balances(venue: Stand):
    await venue.fault("rest", mode="403", path="/api-quote-tokens")
    async with streaming(impatient(venue), quotes=SYMBOLS) as run:
        await run.told.until_live()
        assert run.told.of(Balance)
        await run.told.until(lambda told: "no market data" in (told.known("link", LINK)["reason"] or ""))
        assert run.told.known("link", LINK)["feed_at"] is None
        assert not run.told.of(Quote)


async def test_delayed_quotes_are_marked_as_such(venue: Stand):
    dora = NewCustomer("dora-secret", "dora-token", [SimTastytradeNewAccount("5WX00009")], level="demo")
    add_customer(venue.running.tastytrade, dora)
    broker = impatient(venue, Credentials(client_secret=dora.client_secret, refresh_token=dora.refresh_token))
    assert (await broker.verify()).delayed is True
    async with streaming(broker, quotes=SYMBOLS) as run:
        await run.told.until_live()
        await all_move(run)
        assert {quote.delayed for quote in run.told.of(Quote)} == {True}
        assert run.told.known("link", LINK)["delayed"] is True
