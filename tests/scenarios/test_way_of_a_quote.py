"""A quote and a fill go the ways that docs/architecture.md lists, from the venue's socket to a client's.

tests/browser/test_way_of_a_quote.py shows the rest of both ways, on a page.
"""

import asyncio
import contextlib
import functools
import json
import pathlib
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

import pytest
import websockets

from accounts.auth.access import Access
from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Broker
from simulator.market.changes import Changes
from streaming.runtime import Runtime
from tests.brokers.elsewhere import elsewhere
from tests.brokers.stand import Stand, stand
from tests.streaming.conftest import chosen_postgresql, empty_file, ledger_database, sqlite_ledger
from tests.support import corridor, ways
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import ENOUGH_S
from tests.support.live_server import Served
from tests.support.ways import FACT, QUOTE, Calls, Step

__all__ = ["chosen_postgresql", "empty_file", "ledger_database", "sqlite_ledger"]

SYMBOL = "QQQ"
FAR = "1.00"
"""A limit so far below the market that the order rests."""
MOST = 12
"""How many messages are sent at most, until two have gone the way."""
Item = dict[str, typing.Any]
Sent = tuple[str, Callable[[], Awaitable[object]]]
"""A text that only this message has; and a function that sends the message and waits until it arrives."""


class VenueLinks(MemoryLinks):
    """One person's link to a simulated venue, with the adapter as the desk opens it."""

    def __init__(self, venue: Stand) -> None:
        super().__init__(p1=[Info(venue=venue.venue, default_account=venue.accounts()[0])])
        self._venue = venue

    async def broker(self, link: LinkInfo) -> Broker:
        return self._venue.broker(link=str(link.id))


async def _everybody(accesses: list[Access]) -> set[Access]:
    return set(accesses)


class Client:
    """A client of the desk, by a WebSocket."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket

    async def arrival(self, check: Callable[[Item], object]) -> None:
        """Read until a frame carries a slot or a fact that `check` is true of."""
        async with asyncio.timeout(ENOUGH_S):
            while not any(map(check, await self.frame())):
                pass

    async def frame(self) -> list[Item]:
        """Wait for the next frame; return its slots and facts."""
        while (message := json.loads(await self._socket.recv()))["type"] != "frame":
            pass
        await self._socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))
        return [*message["state"], *message.get("facts", ())]


class Journey:
    """A venue whose market stands still, and a desk that is linked to it, in one event loop."""

    def __init__(self, venue: Stand, desk: Runtime, served: Served) -> None:
        self.venue = venue
        self._desk = desk
        self._url = f"{served.url.replace('http', 'ws', 1)}/ws/streaming/"

    @contextlib.asynccontextmanager
    async def client(self, **watch: list[str]) -> AsyncIterator[Client]:
        """Connect a client that watches this and nothing else."""
        protocol = websockets.Subprotocol("tapedeck.v1")
        async with websockets.connect(self._url, subprotocols=[protocol]) as socket:
            await socket.send(json.dumps({"type": "hello", "watch": watch}))
            yield Client(socket)

    async def compare(self, steps: list[Step], sends: Iterable[Sent]) -> None:
        """Fail where two of the messages sent do not call the steps in their order."""
        found: list[str] = []
        for tag, send in sends:
            calls = Calls(steps, tag)
            async with ways.noted(calls, self._desk.ledger):
                await send()
            found.append(ways.differences(steps, calls.made))
            if ways.is_settled(found):
                return


@pytest.fixture
async def journey(tmp_path: pathlib.Path) -> AsyncIterator[Journey]:
    """A journey whose link is live."""
    async with contextlib.AsyncExitStack() as stack:
        venue = await stack.enter_async_context(stand("tastytrade", tmp_path, speed=0.0))
        desk = Runtime("test", check=_everybody, links=VenueLinks(venue), database=corridor.database)
        stack.push_async_callback(desk.drain)
        served = await stack.enter_async_context(Served(typing.cast(typing.Any, desk)))
        made = Journey(venue, desk, served)
        async with made.client(topics=["links"]) as client:
            await client.arrival(lambda item: item["type"] == "link" and item.get("state") == "live")
        yield made


async def test_a_quote_goes_the_way_that_is_listed(journey: Journey) -> None:
    sim = journey.venue.running.tastytrade
    tape = sim.market.tapes[SYMBOL]
    async with journey.client(quotes=[SYMBOL]) as client:

        async def quote() -> None:
            sim.apply(Changes({SYMBOL}, set(), set()))
            await client.arrival(lambda item: item["type"] == "quote" and item.get("bid") == tape.bid)

        def quotes() -> Iterator[Sent]:
            for dollars in range(321, 321 + MOST):
                sim.market.move(SYMBOL, dollars, sim.wall_ms())
                yield str(tape.bid), quote

        await client.arrival(lambda item: item["type"] == "quote" and item.get("bid"))
        await journey.compare(ways.of("py", ways.read_way(QUOTE)), quotes())


async def test_a_fill_goes_the_way_that_is_listed(journey: Journey) -> None:
    async with journey.client(topics=["orders"]) as client, elsewhere(journey.venue) as person:

        async def working(order: str) -> None:
            await client.arrival(lambda item: (item.get("order"), item.get("status")) == (order, "working"))

        async def fill(order: str) -> None:
            person.fill(order, 1, FAR)
            await client.arrival(lambda item: item["type"] == "fill" and item["order"] == order)

        await client.frame()
        orders = []
        for _ in range(MOST):
            orders.append(await person.place(SYMBOL, 1, FAR))
            await working(orders[-1])
        fills = [("Filled", functools.partial(fill, order)) for order in orders]
        await journey.compare(ways.of("py", ways.read_way(FACT)), fills)


@pytest.mark.parametrize("heading", [QUOTE, FACT])
def test_a_way_leads_from_the_venue_s_socket_to_the_page(heading: str) -> None:
    steps = ways.read_way(heading)
    assert steps[0].file == "brokers/tastytrade/websocket.py"
    assert [*ways.of("py", steps), *ways.of("js", steps)] == steps
    assert len(set(steps)) == len(steps)
    assert ways.of("py", steps)[-1].file == "streaming/consumers.py"
    assert ways.of("js", steps)[0].file.startswith("static/js/transports/")


@pytest.mark.parametrize("name", ["Board.applies", "Boards.apply", "Board", "Board.apply.slot", "operator.itemgetter"])
def test_a_step_that_is_no_function_of_its_file_is_refused(name: str) -> None:
    with pytest.raises(AssertionError, match="no function"):
        ways.code_of(Step("streaming/board/board.py", name))


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ("abc", ""),
        ("abacbc", ""),
        ("ac", "never called: b.py: b"),
        ("acb", "called in another order: c.py: c instead of b.py: b, b.py: b instead of c.py: c"),
    ],
)
def test_differences_between_a_way_and_the_calls_are_named(calls: str, found: str) -> None:
    way = [Step(f"{name}.py", name) for name in "abc"]
    assert ways.differences(way, [Step(f"{name}.py", name) for name in calls]) == found


@pytest.mark.parametrize(
    ("found", "is_settled"), [([], False), ([""], False), (["", "x"], False), (["x", "", ""], True)]
)
def test_one_message_may_meet_another(found: list[str], is_settled: bool) -> None:
    assert ways.is_settled(found) is is_settled


def test_two_messages_that_go_another_way_are_too_many() -> None:
    with pytest.raises(AssertionError, match="never called"):
        ways.is_settled(["never called: a", "", "never called: a"])
