"""Candles over DXLink: a snapshot from the newest to the oldest, then changes, under the normalised name."""

import asyncio
import datetime
import typing

import pytest
from tastytrade import Session
from tastytrade.dxfeed import Candle

from simulator.market.bars import DAY
from simulator.server import SimRunning
from simulator.tastytrade.dxlink.candle_events import parse_candle
from simulator.tastytrade.dxlink.channels import FRAME_BYTES
from simulator.tastytrade.dxlink.events import FIELDS
from tests.simulator.conftest import Door
from tests.simulator.market.test_future_options import near_the_money
from tests.simulator.tastytrade.dxlink.test_connection import NOON, Message, Stage
from tests.simulator.tastytrade.test_sdk import feed

Row = dict[str, typing.Any]


class Chartist:
    """A stage whose channel 1 carries candles."""

    def __init__(self, contract: str = "AUTO") -> None:
        self.stage = Stage()
        self.stage.sign_in()
        self.stage.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": contract})
        self.stage.say("FEED_SETUP", 1, acceptAggregationPeriod=0.0, acceptDataFormat="COMPACT", acceptEventFields={})

    def ask(self, symbol: str, since: int | None = None) -> list[Row]:
        """Subscribe to candles; return the rows that came at once."""
        item = {"type": "Candle", "symbol": symbol, **({} if since is None else {"fromTime": since})}
        return rows(self.stage.say("FEED_SUBSCRIPTION", 1, add=[item]))


def rows(messages: list[Message]) -> list[Row]:
    """Return the candles that messages carry, in order."""
    width = len(FIELDS["Candle"])
    values = [value for message in messages if message["type"] == "FEED_DATA" for value in message["data"][1]]
    return [dict(zip(FIELDS["Candle"], values[n : n + width], strict=True)) for n in range(0, len(values), width)]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("AAPL{=1d}", "AAPL{=d}"),
        ("AAPL{=5m}", "AAPL{=5m}"),
        ("AAPL{=01h,tho=true}", "AAPL{=h,tho=true}"),
        ("AAPL{tho=true,price=bid,=15s,a=s}", "AAPL{=15s,a=s,price=bid,tho=true}"),
        ("AAPL{=1mo,tho=false,price=last,a=m}", "AAPL{=mo}"),
        (".QQQ261218C450{=2w}", ".QQQ261218C450{=2w}"),
    ],
)
def test_a_series_is_answered_under_its_normalised_name(asked: str, answered: str):
    symbol = parse_candle(asked)
    assert symbol is not None
    assert symbol.normalised == answered
    assert parse_candle(answered) == symbol


@pytest.mark.parametrize(
    "asked",
    [
        "AAPL",
        "AAPL{}",
        "AAPL{=t}",
        "AAPL{=100v}",
        "AAPL{=0m}",
        "AAPL{=5m,pl=7}",
        "AAPL{=m,price=mid}",
        "{=d}",
        "AAPL{=d",
    ],
)
def test_what_is_not_aggregated_here_is_passed_over(asked: str):
    assert Chartist().ask(asked, NOON - DAY) == []


def test_a_snapshot_goes_from_the_newest_to_the_oldest_between_its_flags():
    chartist = Chartist()
    told = chartist.ask("QQQ{=1m}", NOON - 3_600_001)
    *candles, end = told
    assert [candle["eventFlags"] for candle in told] == [4, *[0] * (len(told) - 2), 10]
    assert end["time"] == NOON - 3_600_001
    assert {end[field] for field in ("open", "high", "low", "close", "volume")} == {"NaN"}
    times = [candle["time"] for candle in candles]
    assert times == sorted(set(times), reverse=True)
    assert times[0] <= NOON
    assert times[-1] >= NOON - 3_600_001
    assert {candle["eventSymbol"] for candle in told} == {"QQQ{=m}"}
    assert all(candle["index"] == candle["time"] // 1000 << 32 | candle["time"] % 1000 << 22 for candle in told)
    assert candles[0]["close"] == chartist.stage.market.tapes["QQQ"].last


def test_a_snapshot_that_reaches_a_candle_at_the_very_time_ends_with_it():
    told = Chartist().ask("QQQ{=1h}", NOON - 2 * 3_600_000)
    assert told[0]["eventFlags"] == 4
    assert told[-1]["eventFlags"] == 8
    assert told[-1]["time"] == NOON - 2 * 3_600_000
    assert told[-1]["open"] != "NaN"


def test_every_kind_of_instrument_has_candles():
    chartist = Chartist()
    market = chartist.stage.market
    listings = [tape.listing for tape in market.tapes.values()]
    symbols = [listing.streamer or listing.symbol for listing in listings]
    kinds = {listing.kind: symbol for listing, symbol in zip(listings, symbols, strict=True)}
    options = (".QQQ261218C450", near_the_money("ES", chartist.stage.feed.surface).streamer)
    assert set(kinds) == {"etf", "equity", "index", "future", "crypto"}
    for interval, back, asked in (("d", 30 * DAY, symbols), ("5m", 2 * DAY, list(kinds.values()))):
        for symbol in (*asked, *options):
            *candles, end = chartist.ask(f"{symbol}{{={interval}}}", NOON - back - 1)
            assert end["eventFlags"] == 10
            assert len(candles) > 4, symbol
            for candle in candles:
                assert candle["low"] <= min(candle["open"], candle["close"])
                assert candle["high"] >= max(candle["open"], candle["close"])
                assert candle["volume"] == "NaN" or candle["volume"] > 0
                assert (candle["openInterest"] == "NaN") is (symbol not in options)


def test_an_index_has_prices_and_counts_but_no_volume():
    chartist = Chartist()
    stage = chartist.stage
    chartist.ask("VIX{=1m}", NOON - DAY)
    quiet = ("volume", "vwap", "bidVolume", "askVolume")
    for price in (15.0, 15.5, 16.25, 20.0):
        stage.market.move("VIX", price, NOON)
        for channel in stage.watchers.of("Candle", "VIX"):
            channel.touch("Candle", "VIX")
        stage.now += 1
        stage.dialogue.flush_due(stage.now)
        (candle,) = rows(stage.wire.take())
        assert candle["close"] == price
        assert {candle[field] for field in quiet} == {"NaN"}


def test_an_empty_snapshot_is_one_event_that_removes_nothing():
    (end,) = Chartist().ask("QQQ{=1m}", NOON + 60_000)
    assert (end["eventFlags"], end["time"], end["close"]) == (14, NOON + 60_000, "NaN")


def test_a_long_snapshot_stays_in_small_frames_and_is_one_snapshot():
    chartist = Chartist()
    told = chartist.ask("QQQ{=1m}", NOON - 3 * DAY)
    assert len(told) > 2_000
    assert FRAME_BYTES / 2 < max(map(len, chartist.stage.wire.texts)) < 65_536
    assert [candle["eventFlags"] & 4 for candle in told].count(4) == 1
    assert [candle["eventFlags"] & 8 for candle in told].count(8) == 1


def test_after_the_snapshot_changes_have_no_flags():
    chartist = Chartist()
    newest = chartist.ask("QQQ{=1m}", NOON - 600_000)[0]
    stage = chartist.stage
    for channel in stage.watchers.of("Candle", "QQQ"):
        channel.touch("Candle", "QQQ")
    stage.market.move("QQQ", newest["high"] + 5, NOON)
    stage.dialogue.flush_due(stage.now + 1)
    (changed,) = rows(stage.wire.take())
    assert (changed["eventFlags"], changed["close"]) == (0, newest["high"] + 5)
    assert changed["time"] == NOON


def test_a_series_that_is_asked_for_again_is_told_again_only_from_another_time():
    chartist = Chartist()
    first = chartist.ask("QQQ{=1h}", NOON - DAY)
    assert chartist.ask("QQQ{=h}", NOON - DAY) == []
    more = chartist.ask("QQQ{=1h}", NOON - 2 * DAY)
    assert more[0]["eventFlags"] == 4
    assert more[: len(first) - 1] == first[:-1]
    assert len(more) > len(first)


def test_a_series_without_a_time_begins_with_the_newest_candle():
    (candle,) = Chartist().ask("QQQ{=1h}")
    assert candle["eventFlags"] == 12
    assert candle["time"] == NOON - 3_600_000 or candle["time"] == NOON


def test_a_client_that_lets_too_many_prints_wait_is_told_and_closed():
    stage = Chartist().stage
    stage.say("FEED_SUBSCRIPTION", 1, add=[{"type": "TimeAndSale", "symbol": "QQQ"}])
    stage.market.move("QQQ", 460.0, NOON)
    ((symbol, values),) = stage.feed.take_prints()
    for _ in range(50_001):
        stage.dialogue.channels[1].print(symbol, values)
    stage.dialogue.flush_due(stage.now + 1)
    (error,) = stage.wire.take()
    assert error["error"] == "BAD_ACTION"
    assert stage.wire.code == 1008


@pytest.mark.parametrize(
    ("contract", "kind", "fits"),
    [
        ("HISTORY", "Candle", True),
        ("HISTORY", "Quote", False),
        ("TICKER", "Quote", True),
        ("TICKER", "Candle", False),
        ("STREAM", "Candle", False),
        ("STREAM", "TimeAndSale", True),
    ],
)
def test_a_contract_carries_what_fits_it(contract: str, kind: str, fits: bool):
    stage = Chartist(contract).stage
    symbol = "QQQ{=d}" if kind == "Candle" else "QQQ"
    answers = stage.say("FEED_SUBSCRIPTION", 1, add=[{"type": kind, "symbol": symbol, "fromTime": NOON}])
    assert [answer["error"] for answer in answers if answer["type"] == "ERROR"] == ([] if fits else ["BAD_ACTION"])


def test_a_contract_nobody_knows_is_refused():
    stage = Stage()
    stage.sign_in()
    (error,) = stage.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "SOMETIMES"})
    assert error["error"] == "BAD_ACTION"


def test_nothing_is_left_of_candles_nobody_wants_any_more():
    stage = Chartist().stage
    add = [{"type": "Candle", "symbol": symbol, "fromTime": NOON} for symbol in ("QQQ{=1d}", "QQQ{=5m}")]
    stage.say("FEED_SUBSCRIPTION", 1, add=add)
    stage.say("FEED_SUBSCRIPTION", 1, remove=[{"type": "Candle", "symbol": "QQQ{=d}"}])
    assert stage.watchers.knows("QQQ")
    assert stage.dialogue.channels[1].wanted["Candle"] == {"QQQ{=5m}"}
    stage.say("FEED_SUBSCRIPTION", 1, remove=[{"type": "Candle", "symbol": "QQQ{=5m}"}])
    assert not stage.watchers.knows("QQQ")


async def test_the_sdk_gets_history_and_then_what_is_traded(session: Session, venue: SimRunning):
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    async with asyncio.timeout(10), feed(session) as streamer:
        for interval in ("1d", "1h", "5m"):
            await streamer.subscribe_candle(["QQQ"], interval, start, refresh_interval=0.0)
        await streamer.subscribe_candle(["QQQ"], "1h", start, extended_trading_hours=True)
        told: dict[str, list[Candle]] = {}
        while not all(any(c.event_flags & 8 for c in candles) for candles in told.values()) or len(told) < 4:
            candle = await streamer.get_event(Candle)
            told.setdefault(candle.event_symbol, []).append(candle)
        assert set(told) == {"QQQ{=d,tho=true}", "QQQ{=h,tho=true}", "QQQ{=5m,tho=true}", "QQQ{=h}"}
        newest = {symbol: max(c.time for c in candles if not c.remove) for symbol, candles in told.items()}
        venue.set_price("QQQ", 700.0)
        live: set[str] = set()
        while live != set(told):
            candle = await streamer.get_event(Candle)
            assert candle.event_flags == 0
            assert candle.time >= newest[candle.event_symbol]
            if candle.close == 700:
                live.add(candle.event_symbol)
        await streamer.unsubscribe_candle("QQQ", "1d")
        while "QQQ{=d,tho=true}" in venue.stats()["connections"][0]["subscriptions"]["Candle"]:
            await streamer.get_event(Candle)


async def test_a_raw_client_is_told_a_series_and_its_changes(alice: Door):
    async with alice.dxlink() as client:
        await client.open(3, Candle=["eventSymbol", "eventFlags", "time", "close"])
        await client.candles(3, "SPY{=1m}", venue_now() - 120_000)
        kind, values = await client.data(3)
        assert kind == "Candle"
        assert values[0] == "SPY{=m}"
        alice.venue.set_price("SPY", 612.5)
        while values[3] != 612.5:
            kind, values = await client.data(3)
            assert values[1] == 0


def venue_now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)


def test_both_formats_say_the_same_of_a_candle():
    told = []
    for data_format in ("COMPACT", "FULL"):
        stage = Stage()
        stage.open(data_format=data_format)
        item = {"type": "Candle", "symbol": "QQQ{=1h}", "fromTime": NOON}
        told.append(stage.say("FEED_SUBSCRIPTION", 1, add=[item])[-1]["data"])
    compact, full = told
    width = len(FIELDS["Candle"])
    assert [{"eventType": "Candle", **candle} for candle in rows([{"type": "FEED_DATA", "data": compact}])] == full
    assert len(compact[1]) == width * len(full)
