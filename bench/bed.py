"""One system under load: its venue, its server and its viewers, each in processes of their own, and what they use."""

import asyncio
import contextlib
import pathlib
import typing

import msgspec

from bench.busy_venue import names_of
from bench.processes import Process, cpu_seconds, hear, own_kb, say, started, waited_seconds
from bench.results import STARVED_PERCENT
from bench.systems import TAPEDECKS, System, Venue, open_rival, open_tapedeck, open_venue
from bench.viewers import Order, Place, Tally

SETTLE_S = 0.4
"""Between a new pace and the first update that counts."""
JOIN_S = 120.0


class Window(msgspec.Struct):
    """What was used and delivered in one window. CPU in s; `waited` is how long the server was kept from a core."""

    seconds: float
    people: int
    server: float
    venue: float
    clients: float
    waited: float
    tally: Tally

    @property
    def us_per_update(self) -> float:
        """CPU of the server per delivered update, in µs."""
        return 1e6 * self.server / max(1, self.tally.updates)

    @property
    def is_starved(self) -> bool:
        """Whether other work of this machine kept the server from running for so long that its figures mean little."""
        return 100 * self.waited > STARVED_PERCENT * self.seconds

    @property
    def load(self) -> float:
        """The part of a core that the server used."""
        return self.server / self.seconds


class Bed:
    """A system that people watch."""

    def __init__(self, system: System, venue: Venue, viewers: Process, symbols: list[str]) -> None:
        self.system = system
        self.venue = venue
        self.people = 0
        self.asked = 0
        """How many people it was asked to hold; it may hold fewer."""
        self._viewers = viewers
        self._symbols = symbols

    @property
    def name(self) -> str:
        """The system's name."""
        return self.system.name

    @property
    def is_ours(self) -> bool:
        """Whether it is a Tapedeck."""
        return self.name in TAPEDECKS

    async def _tell(self, order: Order) -> bytes:
        await say(self._viewers, msgspec.json.encode(order).decode())
        return await hear(self._viewers)

    async def grow(self, people: int) -> None:
        """Let people come until there are so many, with one socket each."""
        places = [self.system.place(person, self._symbols) for person in range(self.people, people)]
        await self._join(places)
        self.people = max(people, self.people)

    async def widen(self, people: int, sockets: int) -> None:
        """Let the first `people` open so many more sockets each."""
        await self._join([self.system.place(person, self._symbols) for person in range(people) for _ in range(sockets)])

    async def _join(self, places: list[Place]) -> None:
        async with asyncio.timeout(JOIN_S):
            await self._tell(Order("join", places))

    async def window(self, symbols: int, rate: float, seconds: float) -> Window:
        """Let `symbols` change `rate` times a second, count for `seconds`, and let them rest again."""
        await self.venue.pace(rate, symbols)
        await asyncio.sleep(SETTLE_S)
        counted = await self.count(seconds)
        await self.venue.pace(0, 0)
        return counted

    async def count(self, seconds: float) -> Window:
        """Count for `seconds` what happens anyway. Raises RuntimeError when a socket was lost meanwhile."""
        loop = asyncio.get_running_loop()
        before, begun = self._used(), loop.time()
        await self._tell(Order("start"))
        await asyncio.sleep(seconds)
        tally = msgspec.json.decode(await self._tell(Order("stop")), type=Tally)
        after, passed = self._used(), loop.time() - begun
        if tally.closed or tally.errors:
            raise RuntimeError(f"{self.name} lost {tally.closed} of its sockets")
        server, venue, clients, waited = (late - early for late, early in zip(after, before, strict=True))
        return Window(passed, self.people, server, venue, clients, waited, tally)

    def _used(self) -> tuple[float, float, float, float]:
        return (
            sum(map(cpu_seconds, self.system.processes)),
            cpu_seconds(self.venue.process.pid),
            cpu_seconds(self._viewers.pid),
            sum(map(waited_seconds, self.system.processes)),
        )

    def end(self) -> None:
        """Begin to end everything at once: leaving one bed after the other takes its time."""
        for process in (self._viewers, self.system.process, self.venue.process):
            if process.returncode is None:
                process.terminate()

    @property
    def memory_kb(self) -> int:
        """What the server's processes hold and share with nobody."""
        return sum(map(own_kb, self.system.processes))


@contextlib.asynccontextmanager
async def open_bed(
    name: str, folder: pathlib.Path, people: int, symbols: int, samples: pathlib.Path | None = None
) -> typing.AsyncIterator[Bed]:
    """Run a system that up to `people` may watch, each the same `symbols`."""
    names = names_of(symbols)
    async with contextlib.AsyncExitStack() as stack:
        venue = await stack.enter_async_context(open_venue(people, symbols))
        opening: typing.Any
        if name in TAPEDECKS:
            opening = open_tapedeck(name, folder / name.replace(" ", "-"), venue, samples)
        else:
            opening = open_rival(name, folder / name, venue, names)
        system = await stack.enter_async_context(opening)
        yield Bed(system, venue, await stack.enter_async_context(started("bench.viewers")), names)
