"""Processes of a desk in one event loop: each a whole Runtime, with links in memory, joined by a real layer."""

import asyncio
import typing

import msgspec
from channels_redis.pubsub import RedisPubSubChannelLayer

from brokers.contract.events import Quote
from config import valkey as servers
from streaming.bus.cluster_id import StoredClusterId
from streaming.facts import Entry
from streaming.limits import Limits
from streaming.runtime import Runtime
from streaming.wire.subscription import Subscription
from tests.support import corridor
from tests.support.corridor import Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

BRISK = Limits(
    pulse_ms=5, linger_s=60, beacon_s=0.1, deaf_s=0.3, want_ttl_s=0.5, access_check_s=1, lease_s=3, send_timeout_s=5
)
"""Everything about twenty times as fast as on a real desk, but for the lease, which the database keeps."""
STEADY = msgspec.structs.replace(BRISK, lease_s=15)
"""For tests in which no lease is to lapse: on a busy machine its renewal may take seconds."""


async def _everybody(accesses):
    return set(accesses)


class Station(Runtime):
    """One process. `async with` it."""

    def __init__(self, url: str, links: MemoryLinks, *, willing: bool = True, in_force: Limits = BRISK) -> None:
        options = servers.connection_options(url)
        hosts = [{"address": url, **options}]
        self.refusals: list[str] = []
        super().__init__(
            "test", willing=willing, check=_everybody, links=links, in_force=in_force, database=corridor.database,
            channels=lambda: RedisPubSubChannelLayer(hosts=hosts, prefix="tapedeck"),
            word=StoredClusterId(url, options),
            refused=lambda error: self.refusals.append(str(error)),
        )  # fmt: skip
        self.links = links

    async def __aenter__(self) -> typing.Self:
        async with asyncio.timeout(10):
            await self.host.standing.wait()
            await aeventually(lambda: self.layer and self.layer.echo_ms is not None)
        return self

    async def __aexit__(self, *error: object) -> None:
        for socket in self.hub.everybody():  # nobody waits for readers that nobody reads any more
            self.hub.leave(socket)
        await self.drain()

    async def vanish(self) -> None:
        """Do nothing any more, and end nothing: what SIGSTOP does to a process."""
        assert self.layer is not None
        self.lease._over = True
        self.lease._row = ""  # or its thread would end the row
        self.lease._due.set()
        await asyncio.to_thread(self.lease._thread.join)
        for tasks in (self.host.tasks, self.hub.tasks):
            await tasks.cancel()
        await self.layer.close()

    async def come_back(self) -> None:
        """Clean up after it."""
        await self.drain()

    @property
    def epoch(self) -> str:
        """The epoch of person 1's board, who is owned here."""
        return self.host.people[1].board.epoch

    def reader(self, view: Subscription) -> Reader:
        """Return a client of this process that looks at person 1."""
        return Reader(typing.cast(typing.Any, self), 1, view).join()


class Talk:
    """Has a station's broker say a new price every few milliseconds, and now and then a fact; `async with` it."""

    def __init__(self, station: Station, info: Info) -> None:
        self.station = station
        self.info = info
        self.price = 0.0

    async def __aenter__(self) -> "Talk":
        self._task = asyncio.ensure_future(self._talk())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _talk(self) -> None:
        async with asyncio.timeout(30):
            broker = await self.station.links.live(self.info)
            manager = self.station.host.people[1].manager
            while True:
                self.price += 1
                broker.say(Quote(symbol="QQQ", bid=self.price))
                if self.price % 5 == 0:
                    await manager.record(Entry(kind="notice", at=int(self.price), payload={"code": "test"}))
                await asyncio.sleep(0.01)  # a market moves a hundred times a second

    async def until_level(self, *readers: Reader) -> None:
        """Wait until readers hold what is being said: newer than what was said when this was called."""
        price = self.price
        for reader in readers:
            await reader.until(lambda r: (r.slots.get(("quote", "QQQ"), {}).get("bid") or 0) > price)


async def told(reader: Reader, station: Station) -> bool:
    """Whether a reader was told every fact since it came, each once and in order, up to the newest that is stored."""
    numbers = [fact["fact"] for frame in reader.of("frame") for fact in frame.get("facts", ())]
    stored = [fact.number for fact in await station.ledger.page(1, 0, 10_000)]
    first = reader.of("frame")[0]["fact"]
    return numbers == [number for number in stored if number > first]


class SteadyStation(Station):
    """One whose lease outlives a busy machine."""

    def __init__(self, url: str, links: MemoryLinks, *, willing: bool = True, in_force: Limits = STEADY) -> None:
        super().__init__(url, links, willing=willing, in_force=in_force)
