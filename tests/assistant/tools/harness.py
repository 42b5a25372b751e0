"""A process of a desk in whose event loop tools are called: its links talk, and its people are 1 and 2."""

import asyncio
import contextlib
import typing

from accounts.auth.access import Access
from assistant.call import ToolResult, call_tool
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress, ignore_progress
from assistant.open_limits import count_held
from streaming import runtime
from tests.market.cast import ListingBroker, ListingLinks
from tests.support.cluster_in_one_loop import STEADY, Station
from tests.support.corridor import Info

READ, TRADE = frozenset({"read"}), frozenset({"read", "trade"})


class ToolDesk:
    """A station and what calls its tools."""

    def __init__(self, station: Station, info: Info, his: Info) -> None:
        self.station = station
        self.info = info
        self.his = his

    async def call(
        self, name: str, person: int = 1, scopes: frozenset[str] = READ, progress: Progress = ignore_progress,
        **arguments: typing.Any,
    ) -> dict:  # fmt: skip
        """Call a tool that answers, and return its answer."""
        result = await self.result(name, person, scopes, progress, **arguments)
        assert not result.is_error, result.value
        return result.value

    async def refusal(self, name: str, person: int = 1, scopes: frozenset[str] = READ, **arguments: typing.Any) -> dict:
        """Call a tool that does not answer, and return why."""
        result = await self.result(name, person, scopes, **arguments)
        assert result.is_error, result.value
        return result.value

    async def result(
        self, name: str, person: int = 1, scopes: frozenset[str] = READ, progress: Progress = ignore_progress,
        **arguments: typing.Any,
    ) -> ToolResult:  # fmt: skip
        """Call a tool."""
        caller = ToolCaller(Access(person, token=f"t{person}"), scopes, "127.0.0.1")
        return await call_tool(caller, name, arguments, progress)

    async def broker(self, info: Info | None = None) -> ListingBroker:
        """Return the broker of a link once it runs; the first call of a tool makes it."""
        return typing.cast(ListingBroker, await self.station.links.live(info or self.info))

    async def talking(self, info: Info | None = None, person: int = 1) -> ListingBroker:
        """Return the broker of a link after having it run."""
        asking = asyncio.ensure_future(self.result("desk_status", person))
        broker = await self.broker(info)
        await asking
        return broker

    @property
    def open_watches(self) -> tuple[int, int, int]:
        """How many shares, sockets and calls of bounded tools there are."""
        hub = self.station.hub
        return len(hub.shares), len(hub.everybody()), count_held()


@contextlib.asynccontextmanager
async def tool_desk(valkey: str, **links: typing.Any) -> typing.AsyncIterator[ToolDesk]:
    """A desk whose persons 1 and 2 have a link each."""
    hers, his = Info(), Info()
    loop = asyncio.get_running_loop()
    async with Station(valkey, ListingLinks(p1=[hers], p2=[his], **links), in_force=STEADY) as station:
        runtime._runtimes[loop] = station
        try:
            yield ToolDesk(station, hers, his)
        finally:
            del runtime._runtimes[loop]
