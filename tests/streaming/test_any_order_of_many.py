"""Whatever happens between hubs and hosts, a client holds what the owner's board holds, and every fact once, in order.

Three processes in one event loop, joined by a layer that loses, doubles and reorders; two of them take people. Owners
hand over, are cut off, and are replaced without being told.
"""

import asyncio
import itertools
import os
import random
import typing

import msgspec
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from streaming import bus
from streaming.facts import Entry
from streaming.host import Host
from streaming.hub import Hub
from streaming.lease import Lease
from streaming.ledger import Ledger
from streaming.models import Ownership
from streaming.watch import View
from streaming.whereabouts import Whereabouts
from tests.streaming import cast, test_any_order
from tests.streaming.cast import Info, MemoryLinks
from tests.streaming.clients import Client, PlainClient, PollingClient
from tests.streaming.test_any_order import SWIFT, SYMBOLS, endings, paces, shown, ticks

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "8"))
LIMITS = msgspec.structs.replace(SWIFT, beacon_s=0.02, deaf_s=0.1, want_ttl_s=0.3, lease_s=3.0)
CELLS = 3
HOSTS = (0, 1)

whom = st.integers(0, 5)
which = st.integers(0, CELLS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.one_of(ticks, ticks, endings)),
        st.tuples(st.just("facts"), st.sampled_from([1, 1, 3, 250])),
        st.tuples(st.just("show"), whom, shown),
        st.tuples(st.just("pace"), whom, paces),
        st.tuples(st.sampled_from(["gate", "ack", "hold", "drop", "resume"]), whom),
        st.tuples(st.sampled_from(["cut", "deaf"]), which),
        st.tuples(st.sampled_from(["double", "mix", "turn", "pulse", "beacon", "release", "steal", "deny"])),
    ),
    min_size=10,
    max_size=40,
)


class Net:
    """A layer that loses what a cell says or is told, doubles and reorders."""

    def __init__(self, seed: int) -> None:
        self.cells: dict[str, Cell] = {}
        self.doubling = False
        self.mixing = False
        self._luck = random.Random(seed)
        self._loop = asyncio.get_running_loop()

    def carry(self, origin: "Cell", to: "Cell", packed: bytes) -> None:
        if origin.cut or to.deaf:
            return
        for _ in range(2 if self.doubling else 1):
            if self.mixing:
                self._loop.call_later(self._luck.uniform(0, 0.01), to.take, packed)
            else:
                self._loop.call_soon(to.take, packed)


class Ports:
    """A cell's end of the net, as `streaming.layer.Layer` is a process's."""

    def __init__(self, net: Net, cell: "Cell") -> None:
        self.net = net
        self.cell = cell
        self.channel = cell.name

    def to(self, channel: str) -> "NetPort":
        return NetPort(self, lambda: [self.net.cells[channel]] if channel in self.net.cells else [])

    def to_group(self, group: str) -> "NetPort":
        return NetPort(self, lambda: [cell for cell in self.net.cells.values() if cell.host.willing])


class NetPort:
    local = False

    def __init__(self, ports: Ports, receivers: typing.Callable[[], list["Cell"]]) -> None:
        self._ports = ports
        self._receivers = receivers

    def send(self, message: bus.Message) -> None:
        packed = bus.packed(message)
        for cell in self._receivers():
            self._ports.net.carry(self._ports.cell, cell, packed)


class Cell:
    """One process: a hub and a host, joined to the others by the net."""

    def __init__(self, number: int, net: Net, info: Info) -> None:
        self.name = f"cell{number}"
        self.cut = self.deaf = False
        self.links = MemoryLinks(p1=[info])
        self.hub = Hub(LIMITS, self._check)
        self.ledger = Ledger((), cast.database)
        self.lease = Lease("test", lease_s=LIMITS.lease_s, database=cast.database)
        self.lease.channel = self.name
        willing = number in HOSTS
        self.host = Host(
            self.links, LIMITS, self.ledger, self.lease, (), lambda: itertools.repeat(0.05), willing=willing
        )
        self.ports = Ports(net, self)
        self.epochs: list[int] = []
        """The numbers of the epochs that the hub was told of, in order."""
        self.whereabouts = Whereabouts(
            typing.cast(Hub, self), self.host, self.ledger.owners, typing.cast(typing.Any, self.ports)
        )
        net.cells[self.name] = self
        self.hub.start(self.whereabouts)
        self.whereabouts.looking.start()
        self.host.start()

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(self.hub, name)

    def receive(self, message: bus.Message) -> None:
        """Take what the hub is told."""
        texts = [said[0] for said in message["people"].values()] if "people" in message else [message["epoch"]]
        self.epochs += [int(text.partition("-")[0]) for text in texts]
        self.hub.receive(message)

    def take(self, packed: bytes) -> None:
        message = bus.unpacked(packed)
        if message["kind"] in ("want", "catch_up"):
            self.host.receive(message, self.ports.to(message["reply"]))
        else:
            self.whereabouts.receive(message)

    async def _check(self, accesses):
        return set(accesses)

    async def close(self) -> None:
        await self.hub.tasks.cancel()
        await self.host.stop()
        await self.whereabouts.looking.close()
        await self.ledger.close()


class Desk:
    """All cells. To a client it is a house whose hub is that of one cell, and whose host is the owner's."""

    def __init__(self, seed: int) -> None:
        self.info = Info()
        self.net = Net(seed)
        self.cells = [Cell(number, self.net, self.info) for number in range(CELLS)]

    async def __aenter__(self) -> "Desk":
        for cell in self.cells:
            await cell.host.standing.wait()
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.gather(*(cell.close() for cell in self.cells))

    @property
    def ledger(self) -> Ledger:
        return self.cells[-1].ledger

    @property
    def owner(self) -> Cell | None:
        """The cell of the highest epoch that holds the person's links open."""
        owning = {cell: cell.host.people[1] for cell in self.cells if 1 in cell.host.people}
        owned = {cell: managed.tenure.epoch for cell, managed in owning.items() if managed.tenure is not None}
        return max(owned, key=owned.__getitem__, default=None)

    @property
    def host(self) -> typing.Any:
        """What a client asks what it should hold."""
        return self.owner.host if self.owner is not None else _Nobody

    def at(self, number: int) -> typing.Any:
        """Return the house that a client of the hub of cell `number` lives in."""
        return _At(self, self.cells[number % CELLS].hub)


class _Nobody:
    people: typing.ClassVar[dict] = {}


class _At:
    def __init__(self, desk: Desk, hub: Hub) -> None:
        self._desk = desk
        self.hub = hub

    @property
    def host(self) -> typing.Any:
        return self._desk.host


def arrivals(desk: Desk) -> list[Client]:
    """Every kind of client, spread over the hubs."""
    views = [View(quotes=frozenset(SYMBOLS[: n + 1]), topics=frozenset({"links"})) for n in range(3)]
    return [
        Client(desk.at(0), views[0], credit=True),
        Client(desk.at(1), View(quotes=frozenset(SYMBOLS)), credit=True),
        Client(desk.at(2), views[1], credit=False),
        PollingClient(desk.at(1), views[2]),
        PlainClient(desk.at(2), views[2]),
        Client(desk.at(2), views[2], credit=True),
    ]


async def do(desk: Desk, clients: list[Client], step) -> None:
    owner = desk.owner
    match step:
        case ("say", event):
            broker = owner and owner.links.brokers.get(desk.info.id)
            if broker is not None and broker.running.is_set():
                broker.say(event)
        case ("facts", number):
            await record(owner, number)
        case ("cut", number):
            desk.cells[number].cut = not desk.cells[number].cut
        case ("deaf", number):
            desk.cells[number].deaf = not desk.cells[number].deaf
        case ("double",):
            desk.net.doubling = not desk.net.doubling
        case ("mix",):
            desk.net.mixing = not desk.net.mixing
        case ("beacon",):
            await asyncio.sleep(LIMITS.beacon_s)
        case ("release",):
            if owner is not None:
                owner.host._release(1, "a test says so")
        case ("steal",):
            await steal(next(desk.cells[n] for n in HOSTS if desk.cells[n] is not owner))
        case ("deny",):
            for cell in desk.cells:
                cell.whereabouts.receive({"kind": "not_mine", "person": "1"})
        case _:
            await test_any_order.do(typing.cast(typing.Any, desk), clients, desk.info, step)


async def steal(cell: Cell) -> None:
    """Give the person to the host of `cell`, as if the owner had been thought dead; nobody is told."""

    def write() -> None:
        Ownership.objects.filter(person=1).update(host=cell.lease.host, epoch=F("epoch") + 1)

    await asyncio.get_running_loop().run_in_executor(cell.ledger._writer, write)


async def record(owner: Cell | None, number: int = 1) -> None:
    """Let so many facts happen where the person is owned."""
    managed = owner and owner.host.people.get(1)
    if managed is not None and managed.owned:
        for at in range(number):
            await managed.manager.record(Entry(kind="notice", at=at, payload={"code": "test"}))


async def settle(desk: Desk, clients: list[Client]) -> None:
    """Let everybody come to rest: nothing is lost or held back any more, and one more fact happens."""
    desk.net.doubling = desk.net.mixing = False
    for cell in desk.cells:
        cell.cut = cell.deaf = False
    for client in clients:
        client.gate.set()
        client.quick = True
        client.acknowledge()
        if client.view.pace_ms is None:
            await client.show(View(quotes=client.view.quotes, topics=client.view.topics))
    async with asyncio.timeout(20):
        head = await one_more(desk, clients)
        while not all(client.level and test_any_order.caught_up(client, head) for client in clients):
            await asyncio.sleep(0.005)


async def one_more(desk: Desk, clients: list[Client]) -> int:
    """Let a fact happen once everybody holds the board of the one who may store it; return its number."""
    while True:
        while not (await agreed(desk) and all(client.level for client in clients)):
            await asyncio.sleep(0.005)
        head = await desk.ledger.head(1)
        await record(desk.owner)
        for _ in range(20):
            if (newest := await desk.ledger.head(1)) > head:
                return newest
            await asyncio.sleep(0.005)


async def agreed(desk: Desk) -> bool:
    """Whether the row names the one cell that holds the person, which announced everything that is stored."""
    row = await desk.ledger.owner(1)
    owner = desk.owner
    holding = [cell for cell in desk.cells if 1 in cell.host.people]
    if row is None or owner is None or holding != [owner] or row.host != owner.lease.host:
        return False
    managed = owner.host.people[1]
    return managed.owned and managed.board.head == await desk.ledger.head(1)


async def play(script, seed: int) -> None:
    async with Desk(seed) as desk:
        clients = [client.open() for client in arrivals(desk)]
        try:
            async with asyncio.timeout(10):
                while desk.owner is None:
                    await asyncio.sleep(0.001)
                await desk.owner.links.live(desk.info)
            for step in script:
                await do(desk, clients, step)
            await settle(desk, clients)
            numbers = await test_any_order.stored(typing.cast(typing.Any, desk))
            assert numbers == list(range(1, len(numbers) + 1))
            assert [client for client in clients if not client.obeyed(numbers)] == []
            for cell in desk.cells:
                assert cell.epochs == sorted(cell.epochs), "a hub was told of a former owner after a later one"
        finally:
            for client in clients:
                await client.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a script that hangs would be made smaller for minutes
)
@given(steps, st.integers(0, 1000))
def test_every_client_of_every_hub_ends_up_with_what_the_owner_holds_and_every_fact_once(script, seed):
    asyncio.run(play(script, seed))
