"""Claims about symbols whose feed name only the venue knows, and about the watch that holds them."""

import pathlib
import tomllib

import msgspec

from brokers import VERSION
from brokers.contract.broker import Demand
from brokers.contract.events import Day, Greeks, Profile, Quote
from simulator.market import future_options, futures
from tests.brokers.stand import Stand, Streaming, streaming
from tests.brokers.tastytrade.conftest import Impatient, impatient
from tests.support.eventually import aeventually


async def _asked(venue: Stand, path: str) -> int:
    return int((await venue.stats())["requests"].get(f"GET {path}", 0))


async def test_a_future_nobody_lists_is_asked_for_once_and_harms_nothing(venue: Stand):
    async with streaming(impatient(venue), quotes={"QQQ", "/XXZ6"}) as run:
        await run.told.until_live()
        await run.told.until(lambda told: told.of(Quote, symbol="QQQ"))
        await aeventually(lambda: _asked(venue, "/instruments/futures/XXZ6"))
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "IWM", "/XXZ6"})))
        await run.told.until(lambda told: told.of(Quote, symbol="IWM"))
        assert await _asked(venue, "/instruments/futures/XXZ6") == 1
        assert set(run.told.states) == {"live"}


async def test_futures_their_options_and_coins_stream_under_our_names(venue: Stand):
    surface = venue.running.tastytrade.surface
    at = surface.market.at
    notes = futures.PRODUCTS["ZN"]
    future = futures.active(notes, at)[0].symbol
    last = future_options.expirations(notes, at)[-1]
    strikes = future_options.strikes(notes.code)
    option = future_options.FutureOption(last, "C", strikes[len(strikes) // 2]).symbol
    wanted = {future, option, "BTC/USD"}
    async with streaming(impatient(venue), quotes=wanted, greeks={option}) as run:
        await run.told.until(lambda told: {event.symbol for event in told.of(Quote) if event.bid} == wanted, within=10)
        await run.told.until(lambda told: told.of(Greeks, symbol=option), within=10)
        await run.told.until(lambda told: {event.symbol for event in told.of(Day)} == wanted, within=10)
        for symbol in wanted:
            quote = run.told.known("quote", symbol)
            assert quote["bid"] < quote["ask"]
        book = run.told.known("quote", future)
        assert (float(book["bid"]) * 64) % 1 == (float(book["ask"]) * 64) % 1 == 0
        assert 0 < run.told.known("greeks", option)["delta"] < 1


def unlisted(run: Streaming) -> set[str]:
    """The symbols that are said to be unlisted."""
    return {event.symbol for event in run.told.of(Profile, status="unlisted")}


class Calling(Impatient):
    """The adapter that soon looks up what is silent."""

    limits = msgspec.structs.replace(Impatient.limits, call_s=0.3, uncalled_s=0.1)


async def test_what_the_venue_does_not_list_is_said_to_be_unlisted_and_nothing_else(venue: Stand):
    await venue.fault("rest", mode="500", path="/instruments/equities", times=1)
    option = venue.option()
    strangers = {"QQQQQ", "ZZZZ", "/QQZ6", "QQQQ/USD", "QQQ241220C00450000"}
    async with streaming(impatient(venue, kind=Calling), quotes={"QQQ", "VIX", option, *strangers}) as run:
        await run.told.until_live()
        await run.told.until(lambda told: unlisted(run) == strangers)
        assert await _asked(venue, "/instruments/equities") == 2
        assert await _asked(venue, "/instruments/equity-options") == 1
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "YYYY"})))
        await run.told.until(lambda told: unlisted(run) == strangers | {"YYYY"})
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "ZZZZ"})))
        seen = len(run.told.events)
        await run.told.until(lambda told: told.of(Profile, since=seen, symbol="ZZZZ", status="unlisted"))
        assert await _asked(venue, "/instruments/equities") == 4


class Patient(Impatient):
    """The adapter that does not take a silent feed for a dead one, and looks up at once what is silent."""

    limits = msgspec.structs.replace(Impatient.limits, pulse_s=60.0, inbound_s=60.0, call_s=0.1)


async def test_a_symbol_whose_feed_is_only_late_is_not_said_to_be_unlisted(venue: Stand):
    async with streaming(impatient(venue, kind=Patient), quotes={"QQQ"}) as run:
        await run.told.until(lambda told: told.known("quote", "QQQ"))
        assert await venue.fault("mute", stream="dxlink", seconds=60) == 1
        late = {"GLD", venue.option()}
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", *late})))
        await aeventually(lambda: _asked(venue, "/instruments/equities"))
        await aeventually(lambda: _asked(venue, "/instruments/equity-options"))
        assert not any(run.told.known("quote", symbol) for symbol in late)
        await venue.fault("clear")
        await run.told.until(lambda told: all(told.known("quote", symbol) for symbol in late))
        assert not unlisted(run)


def test_the_version_is_the_projects():
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
