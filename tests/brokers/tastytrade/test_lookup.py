"""Claims about symbols whose feed name only the venue knows, and about the watch that holds them."""

import pathlib
import tomllib

from brokers import VERSION
from brokers.contract import Wanted
from brokers.events import Day, Greeks, Quote
from brokers.loopback import future_options, futures
from tests.brokers.stand import Stand, streaming
from tests.brokers.tastytrade.conftest import impatient
from tests.eventually import aeventually


async def _asked(venue: Stand, path: str) -> int:
    return int((await venue.stats())["requests"].get(f"GET {path}", 0))


async def test_a_future_nobody_lists_is_asked_for_once_and_harms_nothing(venue: Stand):
    async with streaming(impatient(venue), quotes={"QQQ", "/XXZ6"}) as run:
        await run.told.until_live()
        await run.told.until(lambda told: told.of(Quote, symbol="QQQ"))
        await aeventually(lambda: _asked(venue, "/instruments/futures/XXZ6"))
        run.watch.want(Wanted(quotes=frozenset({"QQQ", "IWM", "/XXZ6"})))
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


def test_the_version_is_the_projects():
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
