"""What broker tests stand on: loopback venues in this event loop, brokers opened by the catalogue, and a recorder."""

import asyncio
import contextlib
import pathlib
import typing
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
from msgspec import UNSET

from brokers.catalogue import LOOPBACK_FILE, VENUES, open_broker
from brokers.contract.broker import Broker, Credentials, Demand, Watch
from brokers.contract.events import Event, Link
from simulator.market import option_listing
from simulator.market.universe import LISTINGS
from simulator.server import SimRunning, running
from tests.support.eventually import ENOUGH_S, aeventually
from tests.support.plain_http import NO_TLS

LINK = "link-of-alice"

E = typing.TypeVar("E", bound=Event)


class Recorder:
    """An `emit` that keeps every event in order, and the newest known fields of every slot."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.board: dict[tuple[str, ...], dict[str, typing.Any]] = {}

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        slot = event.slot
        told = {name: value for name in event.__struct_fields__ if (value := getattr(event, name)) is not UNSET}
        self.board.setdefault(slot, {}).update(told)

    def of(self, kind: type[E], since: int = 0, **fields: object) -> list[E]:
        """Return the events of one type with these fields, from the one numbered `since` on."""
        return [
            event
            for event in self.events[since:]
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
        ]

    def known(self, *slot: str) -> dict[str, typing.Any]:
        """Return what is known of a slot."""
        return self.board.get(slot, {})

    @property
    def states(self) -> list[str]:
        """The states the link went through, in order."""
        return [event.state for event in self.of(Link) if isinstance(event.state, str)]

    async def until(self, check: Callable[["Recorder"], object], within: float = ENOUGH_S) -> None:
        """Wait until `check` of this recorder is true."""
        await aeventually(lambda: check(self), within=within, saying=lambda: self.events[-5:])

    async def until_live(self, within: float = ENOUGH_S) -> None:
        """Wait until the link says that it is live."""
        await self.until(lambda told: told.states[-1:] == ["live"], within)


class Stand:
    """One loopback venue that runs, and where its address is written."""

    def __init__(self, venue: str, running: SimRunning, run_dir: pathlib.Path) -> None:
        self.venue = venue
        self.running = running
        self.run_dir = run_dir
        self.line: dict[str, typing.Any] = running.line[venue]
        self.brokers: list[Broker] = []
        """Those that are closed in the end, whatever a test came to."""

    def credentials(self, grant: int = 0) -> Credentials:
        """Return the credentials of one of the venue's people."""
        told = self.line["grants"][grant]
        return Credentials({field.name: told[field.name] for field in VENUES[self.venue].fields})

    def accounts(self, grant: int = 0) -> list[str]:
        """Return the account numbers of one of the venue's people."""
        return list(self.line["grants"][grant]["accounts"])

    def broker(self, credentials: Credentials | None = None, link: str = LINK) -> Broker:
        """Open a broker as the desk does."""
        given = self.credentials() if credentials is None else credentials
        return open_broker(self.venue, "simulated", given, link=link, run_dir=self.run_dir)

    async def fault(self, fault: str, **fields: typing.Any) -> int:
        """Ask the venue for a fault. Returns how many sockets, channels or people it struck."""
        async with httpx.AsyncClient(verify=NO_TLS, base_url=self.line["rest"], trust_env=False) as client:
            answer = await client.post("/_sim/fault", json={"fault": fault, **fields})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["struck"])

    async def stats(self) -> dict[str, typing.Any]:
        """Return what the venue was asked and who is connected."""
        async with httpx.AsyncClient(verify=NO_TLS, base_url=self.line["rest"], trust_env=False) as client:
            told: dict[str, typing.Any] = (await client.get("/_sim/stats")).json()
        return told

    def option(self, right: str = "C") -> str:
        """Return a listed option on QQQ near the money, about a month out."""
        return option_listing.near(LISTINGS["QQQ"], self.running.tastytrade.market.at, 30, 1.0, right).symbol


@contextlib.asynccontextmanager
async def stand(venue: str, run_dir: pathlib.Path, **options: typing.Any) -> AsyncIterator[Stand]:
    """Run the loopback of one venue."""
    async with running(**options) as venues:
        (run_dir / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venues.line))
        made = Stand(venue, venues, run_dir)
        try:
            yield made
        finally:
            for broker in made.brokers:
                await broker.close()


class Streaming:
    """A broker that runs in a task of its own, told to a recorder."""

    def __init__(self, broker: Broker, wanted: Demand, told: Recorder | None = None) -> None:
        self.broker = broker
        self.watch = Watch(wanted)
        self.told = told or Recorder()
        self.task = asyncio.create_task(broker.run(self.watch, self.told))

    async def ended(self, within: float = ENOUGH_S) -> BaseException | None:
        """Wait until the run ends by itself, and return what it raised."""
        await asyncio.wait({self.task}, timeout=within)
        assert self.task.done(), f"still streaming after {within:g} s; last: {self.told.events[-3:]}"
        return None if self.task.cancelled() else self.task.exception()

    async def stop(self) -> None:
        """Cancel the run and wait for it."""
        self.task.cancel()
        await asyncio.wait({self.task})


@contextlib.asynccontextmanager
async def streaming(broker: Broker, **wanted: typing.Iterable[typing.Any]) -> AsyncIterator[Streaming]:
    """Stream while the block runs, then cancel and close."""
    run = Streaming(broker, Demand(**{name: frozenset(things) for name, things in wanted.items()}))
    try:
        yield run
    finally:
        await run.stop()
        await broker.close()
