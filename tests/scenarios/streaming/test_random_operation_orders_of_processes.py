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
import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from streaming.board.board import Board
from streaming.bus import messages
from streaming.bus.layer import Layer
from streaming.bus.messages import (
    Beacon,
    CatchUpReply,
    FrameBatch,
    HostMessage,
    HubRequest,
    Message,
    OwnershipDenied,
)
from streaming.discovery.owner_directory import OwnerDirectory
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.hub.sweeper import Check
from streaming.ledger.ledger import Ledger
from streaming.limits import Limits
from streaming.models import Ownership
from streaming.ownership.lease import Lease
from tests.support import corridor, random_scripts
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually
from tests.support.hub_clients import HubClient
from tests.support.random_scripts import SWIFT

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "8"))
LIMITS = msgspec.structs.replace(SWIFT, beacon_s=0.02, deaf_s=0.1, want_ttl_s=0.3, lease_s=3.0)
CELLS = 3
HOSTS = (0, 1)
HOMES = (0, 1, 2, 1, 2, 2)
"""The cell that each of the clients comes to."""

steps = st.one_of(
    *random_scripts.steps,
    st.tuples(st.sampled_from(["cut", "deaf"]), st.integers(0, CELLS - 1)),
    st.tuples(st.sampled_from(["double", "mix", "turn", "pulse", "beacon", "release", "steal", "deny"])),
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
    """A cell's end of the net, as `streaming.bus.layer.Layer` is a process's."""

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

    def send(self, message: Message, *, gathers: bool = False) -> None:
        packed = messages.encode(message)
        for cell in self._receivers():
            self._ports.net.carry(self._ports.cell, cell, packed)


class NotingHub(Hub):
    """A hub that notes the numbers of the epochs it is told of, in order."""

    def __init__(self, limits: Limits, check: Check) -> None:
        super().__init__(limits, check)
        self.epochs: list[int] = []

    def receive(self, message: HostMessage) -> None:
        assert isinstance(message, FrameBatch | CatchUpReply | Beacon), "the others say nothing of an epoch"
        if isinstance(message, Beacon):
            texts = [position.epoch for position in message.people.values()]
        else:
            texts = [message.epoch]
        self.epochs += [int(text.partition("-")[0]) for text in texts]
        super().receive(message)


class Cell:
    """One process: a hub and a host, joined to the others by the net."""

    def __init__(self, number: int, net: Net, info: Info) -> None:
        self.name = f"cell{number}"
        self.cut = self.deaf = False
        self.links = MemoryLinks(p1=[info])
        self.hub = NotingHub(LIMITS, self._check)
        self.ledger = Ledger((), corridor.database)
        self.lease = Lease("test", lease_s=LIMITS.lease_s, database=corridor.database)
        self.lease.channel = self.name
        willing = number in HOSTS
        self.host = Host(
            self.links, LIMITS, self.ledger, self.lease, (), lambda: itertools.repeat(0.05), willing=willing
        )
        self.ports = Ports(net, self)
        layer = typing.cast(Layer, self.ports)  # as much of one as is asked for
        self.whereabouts = OwnerDirectory(self.hub, self.host, self.ledger.owners, layer)
        net.cells[self.name] = self
        self.hub.start(self.whereabouts.send)
        self.whereabouts.looking.start()
        self.host.start()

    def take(self, packed: bytes) -> None:
        message = messages.decode(packed)
        if isinstance(message, HubRequest):
            self.host.receive(message, self.ports.to(message.reply))
        else:
            self.whereabouts.receive(typing.cast(HostMessage, message))

    async def _check(self, accesses):
        return set(accesses)

    async def close(self) -> None:
        await self.hub.tasks.cancel()
        await self.host.stop()
        await self.whereabouts.looking.close()
        await self.ledger.close()


class Desk:
    """All cells; as a place of clients it has many hubs and the board of whoever owns the person."""

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
    def host(self) -> Host | None:
        """The host that owns the person."""
        return None if self.owner is None else self.owner.host

    async def agreed(self) -> bool:
        """Whether the row names the one cell that holds the person, which announced everything that is stored."""
        row = await self.ledger.owner(1)
        holding = [cell for cell in self.cells if 1 in cell.host.people]
        if row is None or self.owner is None or holding != [self.owner] or row.host != self.owner.lease.host:
            return False
        return await random_scripts.told(self.owner.host, self.ledger)


class At:
    """Where a client of one cell lives."""

    def __init__(self, desk: Desk, cell: Cell) -> None:
        self._desk = desk
        self.hub = cell.hub

    @property
    def board(self) -> Board | None:
        """The board that all of them should hold."""
        host = self._desk.host
        return None if host is None else host.people[1].board


async def do(desk: Desk, clients: list[HubClient], step) -> None:
    owner = desk.owner
    match step:
        case ("say", event):
            if owner is not None:
                random_scripts.say(owner.links, desk.info, event)
        case ("facts", number):
            await random_scripts.record(desk.host, number)
        case ("cut", number):
            desk.cells[number].cut = not desk.cells[number].cut
        case ("deaf", number):
            desk.cells[number].deaf = not desk.cells[number].deaf
        case ("double",):
            desk.net.doubling = not desk.net.doubling
        case ("mix",):
            desk.net.mixing = not desk.net.mixing
        case ("turn",):
            await asyncio.sleep(0)
        case ("pulse",):
            await asyncio.sleep(0.002)  # time itself is what passes here
        case ("beacon",):
            await asyncio.sleep(LIMITS.beacon_s)  # as above
        case ("release",):
            if owner is not None:
                owner.host._release(1, "a test says so")
        case ("steal",):
            await steal(next(desk.cells[n] for n in HOSTS if desk.cells[n] is not owner))
        case ("deny",):
            for cell in desk.cells:
                cell.whereabouts.receive(OwnershipDenied(person_text="1"))
        case _:
            await random_scripts.act(clients, step)


async def steal(cell: Cell) -> None:
    """Give the person to the host of `cell`, as if the owner had been thought dead; nobody is told."""

    def write() -> None:
        Ownership.objects.filter(person=1).update(host=cell.lease.host, epoch=F("epoch") + 1)

    await asyncio.get_running_loop().run_in_executor(cell.ledger._writer, write)


async def play(script, seed: int) -> None:
    async with Desk(seed) as desk:
        clients = [
            client.open() for client in random_scripts.arrivals([At(desk, desk.cells[number]) for number in HOMES])
        ]
        try:
            first = await aeventually(lambda: desk.owner, within=10)
            await first.links.live(desk.info)
            for step in script:
                await do(desk, clients, step)
            desk.net.doubling = desk.net.mixing = False
            for cell in desk.cells:
                cell.cut = cell.deaf = False
            await random_scripts.settle(clients, desk.ledger, lambda: desk.host, desk.agreed)
            await random_scripts.assert_obeyed(clients, desk.ledger)
            for cell in desk.cells:
                assert cell.hub.epochs == sorted(cell.hub.epochs), "told of a former owner after a later one"
        finally:
            for client in clients:
                await client.close()


@pytest.mark.long
@random_scripts.lived(max_examples=EXAMPLES)
@given(st.lists(steps, min_size=10, max_size=40), st.integers(0, 1000))
def test_every_client_of_every_hub_ends_up_with_what_the_owner_holds_and_every_fact_once(script, seed):
    asyncio.run(play(script, seed))
