"""What the adapter does when its market stream is refused, breaks, falls silent or says senseless things."""

import asyncio
import math
import typing

import httpx2
import pytest

from brokers.contract.broker import Demand
from brokers.contract.errors import LinkLost
from brokers.contract.events import Profile, Quote
from brokers.tradier.market_data.streams import HttpStream
from brokers.tradier.stream_sessions import TradierStreamSession, TradierStreamSessions
from tests.brokers.stand import LINK, Stand
from tests.brokers.tradier.conftest import (
    BOBS,
    MINT,
    Nervous,
    asked,
    fault,
    impatient,
    opened,
    running,
    sandboxed,
    streams,
)


async def test_without_a_websocket_it_streams_over_http(venue: Stand):
    fault(venue, "refuse_upgrade", stream="market")
    async with running(impatient(venue)) as run:
        await streams(run)
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "IWM"})))
        await streams(run, "IWM")
        await streams(run, "QQQ", since=len(run.told.events))
        assert run.told.states == ["live"]
    assert (opened(venue, "http"), opened(venue), asked(venue, MINT)) == (2, 0, 1)


class Named:
    """The sessions of a venue that names an address for them."""

    def __init__(self, url: str) -> None:
        self.shown = TradierStreamSession("a secret", url, 0.0)

    async def current(self) -> TradierStreamSession:
        return self.shown

    def show(self, session: TradierStreamSession) -> None:
        assert session is self.shown


async def test_a_session_is_not_shown_where_others_could_read_it():
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(500)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        stream = HttpStream(
            client,
            "https://venue.example",
            typing.cast(TradierStreamSessions, Named("http://venue.example/events")),
            lambda deadline=None: None,
        )
        reading = asyncio.create_task(stream.read(lambda raw: None))
        asking = asyncio.create_task(stream.subscribe({"QQQ"}))
        with pytest.raises(LinkLost, match="without TLS"):
            await reading
        asking.cancel()
    assert sent == []


DROPS: dict[str, tuple[str, dict[str, typing.Any]]] = {
    "closed": ("drop", {}),
    "cut": ("drop", {"mode": "abort"}),
    "reset": ("drop", {"mode": "reset"}),
    "idle": ("idle", {"delay": 0.01}),
}


@pytest.mark.parametrize("name", DROPS)
async def test_a_market_stream_that_breaks_is_opened_again_while_accounts_go_on(venue: Stand, name: str):
    order, options = DROPS[name]
    async with running(impatient(venue)) as run:
        await streams(run)
        seen, accounts = len(run.told.events), opened(venue, "account")
        assert fault(venue, order, **({"stream": "market"} if order == "drop" else {}), **options) == 1
        await run.told.until(lambda told: told.states[-3:] == ["waiting", "connecting", "live"])
        await streams(run, since=seen)
        assert opened(venue, "account") == accounts
        assert opened(venue) == 2


async def test_a_http_stream_that_breaks_is_opened_again(venue: Stand):
    fault(venue, "refuse_upgrade", stream="market")
    async with running(impatient(venue)) as run:
        await streams(run)
        fault(venue, "drop", stream="market", mode="abort")
        await run.told.until(lambda told: told.states[-3:] == ["waiting", "connecting", "live"])
        await streams(run, since=len(run.told.events))


@pytest.mark.long
@pytest.mark.parametrize("name", ["mute", "half_open"])
@pytest.mark.parametrize("carrier", ["websocket", "http"])
async def test_a_silent_stream_is_told_stale_and_ends_the_run(venue: Stand, name: str, carrier: str):
    if carrier == "http":
        fault(venue, "refuse_upgrade", stream="market")
    broker = impatient(venue, kind=Nervous)
    async with running(broker) as run:
        await streams(run)
        fault(venue, name, stream="market")
        lost = await run.ended(within=15)
        assert isinstance(lost, LinkLost)
        assert lost.mute
        assert "no SPY" in lost.reason
        assert run.told.states[-1] == "stale"


@pytest.mark.long
async def test_a_venue_that_counts_a_dead_stream_is_waited_for(venue: Stand):
    """Our old stream hangs and is still counted: the next run polls until the venue has given it up."""
    broker = impatient(venue, kind=Nervous)
    async with running(broker) as run:
        await streams(run)
        fault(venue, "half_open", stream="market", delay=600.0)
        assert isinstance(await run.ended(within=15), LinkLost)
    before = opened(venue)
    async with running(broker) as run:
        await run.told.until(lambda told: "something else streams with" in str(told.known("link", LINK)["reason"]))
        await run.told.until(lambda told: opened(venue) - before >= 2, within=10)
        assert not [quote for quote in run.told.of(Quote) if quote.source == "tradier_stream"]
        for viewer in venue.running.tradier.viewers:
            if viewer.counts_until < math.inf:
                viewer.counts_until = 0.0
        await streams(run, within=10)
        await run.told.until(lambda told: told.known("link", LINK)["reason"] is None)
        assert set(run.told.states) == {"live"}
    assert opened(venue) - before <= 5, "it stormed"


async def test_garbage_is_counted_and_the_stream_goes_on(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        for name in ("garbage", "zero_trade", "stale", "bare_summary"):
            fault(venue, name, **({"stream": "market"} if name == "garbage" else {}))
        fault(venue, "bare_summary", mode="null")
        fault(venue, "garbage", stream="market", text='{"type":"quote","symbol":"QQQ","bid":"x","ask":1}')
        await run.told.until(lambda told: told.known("link", LINK)["bad_rows"] == 2)
        await streams(run, since=len(run.told.events))
        assert run.told.states == ["live"]
        assert not [quote for quote in run.told.of(Quote) if quote.last_size == 0]


async def test_what_comes_late_is_no_silence(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        fault(venue, "late", delay=1.0, seconds=2.0)
        for _ in range(3):
            await streams(run, since=len(run.told.events))
        assert run.told.states == ["live"]


async def test_nothing_but_garbage_ends_a_stream(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        for _ in range(12):
            fault(venue, "garbage", stream="market")
        await run.told.until(lambda told: told.states[-3:] == ["waiting", "connecting", "live"])


async def test_the_sandbox_polls_late_quotes_and_says_so(venue: Stand):
    async with running(sandboxed(venue), quotes={"QQQ"}) as run:
        await run.told.until(lambda told: len(told.of(Quote, symbol="QQQ")) > 2)
        assert {(quote.source, quote.delayed) for quote in run.told.of(Quote)} == {("tradier_rest", True)}
        known = run.told.known("link", LINK)
        assert (known["delayed"], known["state"]) == (True, "live")
        assert "sandbox has no market stream" in known["reason"]
        await run.told.until(lambda told: opened(venue, "account"))
        identity = await run.broker.verify()
    assert identity.delayed is True
    assert opened(venue) == asked(venue, MINT) == 0
    assert not [path for path in venue.running.tradier_stats()["requests"] if "markets/events/session" in path]


async def test_what_is_not_listed_is_said_so_once_and_the_rest_streams(venue: Stand):
    async with running(impatient(venue), quotes={"QQQ", "NOSUCH", "/ESZ6", "BTC/USD"}) as run:
        await streams(run)
        for symbol in ("NOSUCH", "/ESZ6", "BTC/USD"):
            await run.told.until(lambda told, symbol=symbol: told.of(Profile, symbol=symbol))  # type: ignore[misc]
            assert [profile.status for profile in run.told.of(Profile, symbol=symbol)] == ["unlisted"]
        assert run.told.known("profile", "QQQ")["description"]


async def test_the_stream_goes_on_while_rest_stumbles(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        fault(venue, "rest", mode="503", path="/markets/quotes", seconds=2.0)
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "TLT"})))
        await streams(run, "TLT")
        assert not run.told.of(Profile, symbol="TLT")
        await run.told.until(lambda told: told.of(Profile, symbol="TLT"), within=10)
        assert run.told.states == ["live"]
        assert opened(venue) == 1


async def test_a_symbol_that_was_only_looked_after_is_told_whole_once_it_is_watched(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "SPY"})))
        await run.told.until(lambda told: told.known("profile", "SPY").get("description"))
        assert run.told.known("day", "SPY")["prev_close"]


async def test_symbols_can_change_as_fast_as_a_person_scrolls(venue: Stand):
    listed = sorted(s for s in venue.running.tastytrade.market.tapes if s.isalpha())
    async with running(impatient(venue)) as run:
        for start in range(0, 40, 2):
            run.watch.set_demand(Demand(quotes=frozenset(listed[start : start + 10])))
            await asyncio.sleep(0)
        last = listed[38:48]
        for symbol in last:
            await run.told.until(lambda told, symbol=symbol: told.known("quote", symbol))  # type: ignore[misc]
        assert opened(venue) == 1


@pytest.mark.parametrize("mode", ["", "cancel"])
async def test_corrections_of_prints_never_reach_it_on_either_carrier(venue: Stand, mode: str):
    async with (
        running(impatient(venue)) as run,
        running(impatient(venue, BOBS, market_socket="ws://127.0.0.1:1/")) as other,
    ):
        await streams(run)
        await streams(other)
        assert fault(venue, "stale", symbol="QQQ") == 2, "both are there to be told"
        assert fault(venue, "correction", mode=mode, symbol="QQQ") == 0
