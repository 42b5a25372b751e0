"""The candle law, of what a page shows: its bars are the venue's own, whatever it saw, missed and asked in between.

The venue of tests/scenarios/streaming/test_candle_law.py, with the adapter's half, the board and the wire; histories
are those of the endpoint, kept and joined by the owner; the bars are joined by the module that pages load, in Node.
"""

import asyncio
import json
import subprocess
import typing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brokers.contract.broker import Capabilities
from brokers.contract.events import Candle
from config.env import BASE_DIR
from lib.tasks import Tasks
from streaming.feeds.allowance import FeedAllowances
from streaming.rpc.candles import CandleQueries
from tests.scenarios.streaming.test_candle_law import QQQ, STEP, Client, Server, Venue, play, steps
from tests.support.node import NODE

pytestmark = pytest.mark.process


class Driver:
    """The page's module in a process of its own."""

    def __init__(self) -> None:
        script = BASE_DIR / "tests/market/chart_driver.mjs"
        self._node = subprocess.Popen([NODE, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, op: str, **about: typing.Any) -> typing.Any:
        """Ask it something."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"op": op, **about}) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline() or "null")

    def end(self) -> None:
        """End it."""
        self._node.communicate()


class Broker:
    """The venue, where it is asked for a history."""

    capabilities = Capabilities(candles=True)

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.asked = 0

    async def candles(self, series, start) -> list[Candle]:
        self.asked += 1
        return [
            Candle(symbol=series.symbol, interval=series.interval, time=number * STEP, close=close)
            for number, close in sorted(self.venue.bars.items())
        ]


class Owner:
    """Who answers questions for the person now: one for each life of the board."""

    def __init__(self, venue: Venue, server: Server, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.broker = Broker(venue)
        self._loop = loop
        self.allowances = FeedAllowances()
        self._histories: tuple[object, CandleQueries] | None = None

    @property
    def board(self):
        return self.server.board

    def shows(self, link: str) -> bool:
        return True

    async def sources(self, preferred: str | None = None) -> dict[str, typing.Any]:
        return {"law": self.broker}

    def page(self) -> typing.Any:
        """Answer as the endpoint does."""

        async def answered() -> str:
            if self._histories is None or self._histories[0] is not self.board:
                self._histories = self.board, CandleQueries(self, Tasks("law"))
            histories = self._histories[1]
            self.allowances = FeedAllowances()  # no storm: seconds pass here between two questions
            return await histories.finders["candles"](QQQ.symbol, QQQ.interval, "", "500")

        return json.loads(self._loop.run_until_complete(answered()))


class Page(Client):
    """A chart of a page: what it decides and holds is the module's."""

    def __init__(self, venue: Venue, owner: Owner, driver: Driver) -> None:
        super().__init__(venue)
        self.owner = owner
        self.driver = driver
        self.ticket = 0
        self.page: typing.Any = None
        driver.do("begin")

    def consider(self) -> None:
        if self.driver.do("look", slot=self.slot or None)["mustAsk"]:
            self.ask()

    def ask(self) -> None:
        self.ticket = self.driver.do("ask", slot=self.slot or None)["ticket"]
        self.asks += 1
        self.page, self.asking = None, True

    def serve(self) -> None:
        if self.asking and self.page is None:
            self.page = self.owner.page()

    def arrive(self) -> None:
        if self.page is not None:
            self.driver.do("answer", ticket=self.ticket, body=self.page, slot=self.slot or None)
            self.page, self.asking = None, False
            self.consider()


@pytest.fixture(scope="module")
def driver() -> typing.Iterator[Driver]:
    found = Driver()
    yield found
    found.end()


@pytest.fixture(scope="module")
def loop() -> typing.Iterator[asyncio.AbstractEventLoop]:
    found = asyncio.new_event_loop()
    yield found
    found.close()


def settle(page: Page, server: Server) -> None:
    """Let the page see all there is, and have its questions answered."""
    server.hear(page.venue.changes(at_once=True))
    page.look(server)
    for _ in range(3):
        page.serve()
        page.arrive()
    assert not page.asking


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=14))
@example([("sent", [("correct", 2, 5.0), ("trade", 1, 7.0)])])
@example([("client", "look"), ("sent", [("correct", 3, 5.0)]), ("client", "serve"), ("client", "arrive")])
def test_whatever_a_page_saw_or_missed_its_bars_end_up_as_the_venues_own(driver, loop, script):
    venue = Venue()
    server = Server(venue)
    page = Page(venue, Owner(venue, server, loop), driver)
    page.look(server)
    page.serve()
    page.arrive()
    for step in script:
        play(venue, server, page, step)
    settle(page, server)
    told = driver.do("told")
    assert {time // STEP: close for time, close in told["bars"]} == venue.bars
    assert [time for time, _ in told["bars"]] == sorted({time for time, _ in told["bars"]}), "no bar twice, none astray"
    assert told["drawn"] == told["bars"], "what is drawn was told of every change"
    assert json.dumps(told["rows"]) == json.dumps(told["whole"]), "an indicator that followed says what it says of all"


def test_a_page_that_looks_once_a_candle_asks_once_and_so_does_the_venue_hear_it(driver, loop):
    venue = Venue()
    server = Server(venue)
    owner = Owner(venue, server, loop)
    page = Page(venue, owner, driver)
    for number in range(40):
        venue.put(max(venue.bars) + number % 2, float(number))
        server.hear(venue.changes(at_once=True))
        page.look(server)
        page.serve()
        page.arrive()
    settle(page, server)
    assert (page.asks, owner.broker.asked) == (1, 2), "once, and once more as far back as it goes: so few there are"
    assert {time // STEP: close for time, close in driver.do("told")["bars"]} == venue.bars
