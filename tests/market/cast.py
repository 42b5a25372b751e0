"""A house whose market side is served: links that list options, and clients of its streams of events."""

import asyncio
import contextlib
import datetime
import decimal
import json
import typing
import uuid

import httpx_sse
import msgspec
from channels.routing import URLRouter

from brokers.contract.broker import Capabilities, Chain, Expiration, Series, Strike
from brokers.contract.errors import BrokerError, LinkLost
from brokers.contract.events import Candle, Greeks, Link, Quote
from lib.clock import now_ms
from market import routing
from tests.support.corridor import QUICK, House, Info, MemoryLinks, TalkingBroker
from tests.support.live_server import Served

DAY = datetime.date(2099, 12, 18)
UNHURRIED = msgspec.structs.replace(QUICK, linger_s=60.0, deaf_s=10.0)
STRIKES = range(400, 501, 5)


def listing(underlying: str) -> Chain:
    """A chain of one day with a strike every 5 dollars."""
    rows = tuple(Strike(decimal.Decimal(at), name(underlying, at, "C"), name(underlying, at, "P")) for at in STRIKES)
    one = Expiration(DAY, underlying, "Regular", "PM", decimal.Decimal(100), rows)
    return Chain(underlying, (one,))


def name(underlying: str, strike: int, right: str) -> str:
    """An option of that day."""
    return f"{underlying}991218{right}{strike * 1000:08d}"


class ListingBroker(TalkingBroker):
    """Lists options when its gate is open, and knows what it was asked."""

    capabilities = Capabilities(quotes=True, greeks=True, chains=True, candles=True)

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.asked: list[str] = []
        self.under_way = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: BrokerError | None = None
        self.errors: list[BrokerError] = []
        """What the next runs break on, before they are live."""
        self.past: list[Candle] = []
        """The candles it knows, of whatever series."""

    async def run(self, watch, emit) -> None:
        if self.errors:
            raise self.errors.pop(0)
        emit(Link(link=str(self.info.id), feed_at=now_ms()))
        await super().run(watch, emit)

    async def close(self) -> None:
        """Stay: the next run is of the same one."""

    async def chain(self, underlying: str) -> Chain:
        await self._told(underlying)
        return listing(underlying) if underlying.isalpha() else Chain(underlying, ())

    async def candles(self, series: Series, start: datetime.datetime) -> list[Candle]:
        said = [bar for bar in self.past if bar.time >= start.timestamp() * 1000]
        await self._told(f"{series.symbol} {series.interval}")
        return [msgspec.structs.replace(bar, symbol=series.symbol, interval=series.interval) for bar in said]

    async def _told(self, about: str) -> None:
        self.asked.append(about)
        self.under_way += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        if self.error is not None:
            raise self.error

    def price(self, symbol: str, bid: float, ask: float) -> None:
        """Quote a symbol."""
        self.say(Quote(symbol=symbol, bid=bid, ask=ask, last=bid, source="test", at=1))

    def greek(self, symbol: str, delta: float) -> None:
        """Tell the Greeks of an option."""
        self.say(Greeks(symbol=symbol, delta=delta, iv=0.2, source="venue", at=2))


class ListingLinks(MemoryLinks):
    """Links with such brokers."""

    make = ListingBroker
    unmade: frozenset[uuid.UUID] = frozenset()
    """The links whose broker cannot be made."""

    async def broker(self, link):
        if link.id in self.unmade:
            raise LinkLost("nobody knows where its venue is")
        return await super().broker(link)


class Events:
    """The events of one stream, as they come."""

    def __init__(self, source: httpx_sse.EventSource) -> None:
        self.response = source.response
        self._coming = source.aiter_sse()
        self.rows: dict[str, dict] = {}
        """The newest of each symbol."""

    async def next(self, *names: str) -> tuple[str, typing.Any]:
        """Return the name and data of the next event, of these names if some are given."""
        async with asyncio.timeout(10):
            async for event in self._coming:
                data = json.loads(event.data)
                if event.event == "message":
                    self.rows[data["symbol"]] = data
                if not names or event.event in names:
                    return event.event, data
        raise AssertionError(f"the stream ended before {names}")

    async def until(self, holds: typing.Callable[["Events"], bool]) -> None:
        """Read until `holds`."""
        while not holds(self):
            await self.next()


class Market(Served):
    """The market side of a house, open to person 1 (or whom the header `X-Person` names)."""

    routes = URLRouter([routing.at(pattern, app) for pattern, app in routing.APPS.items()])

    @contextlib.asynccontextmanager
    async def stream(self, path: str, person: int = 1, **params: typing.Any) -> typing.AsyncIterator[Events]:
        """Open a stream of events."""
        headers = {"X-Person": str(person)}
        async with httpx_sse.aconnect_sse(self.client, "GET", path, params=params, headers=headers) as source:
            source.response.raise_for_status()
            yield Events(source)


@contextlib.asynccontextmanager
async def market(
    limits=UNHURRIED, before: tuple[Info, ...] = (), after: tuple[Info, ...] = ()
) -> typing.AsyncIterator[tuple[House, Market, ListingBroker]]:
    """A served market side in which persons 1 and 2 have one link each; the broker of the first.

    The first person prefers the links `before` to it, which have no brokers, and it to those `after` it, which have.
    """
    info = Info()
    links = ListingLinks(p1=[*before, info, *after], p2=[Info()])
    links.unmade = frozenset(one.id for one in before)
    async with House(links, limits) as house, Market(house) as found:
        async with found.stream("/api/market/indices"):
            broker = await house.links.live(info)
            for one in after:
                await house.links.live(one)
        yield house, found, typing.cast(ListingBroker, broker)
