"""Claims about symbols whose feed name only the venue knows, and about the watch that holds them."""

import pathlib
import tomllib

import pytest

from brokers import VERSION
from brokers.contract import Wanted
from brokers.events import Quote
from brokers.tastytrade import directory
from brokers.tastytrade.names import computed
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


async def test_a_name_the_venue_tells_is_subscribed(venue: Stand, monkeypatch: pytest.MonkeyPatch):
    """The loopback lists no futures, so an equity stands in for one."""
    path = "/instruments/equities/IWM"
    monkeypatch.setattr(directory, "computed", lambda symbol: None if symbol == "/IWM" else computed(symbol))
    monkeypatch.setattr(directory, "lookup_path", lambda symbol: path if symbol == "/IWM" else None)
    async with streaming(impatient(venue), quotes={"QQQ", "/IWM"}) as run:
        await run.told.until(lambda told: told.known("quote", "/IWM").get("bid"))
        assert {slot[1] for slot in run.told.board if slot[0] == "quote"} <= {"QQQ", "/IWM"}


def test_the_version_is_the_projects():
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
