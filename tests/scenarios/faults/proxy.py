"""What stands between two parts of a desk when a network is bad: a proxy of bytes, over TCP or unix sockets."""

import asyncio
import collections
import contextlib
import dataclasses
import pathlib
import random
import socket
import struct
import typing

from tests.support.loop_thread import LoopThread, end

Address = tuple[str, int] | pathlib.Path
"""Where something listens: a host and a port, or a unix socket."""
Way = typing.Literal["up", "down"]
"""`up` is from who connected to where they wanted to go, `down` the way back."""
CHUNK = 65_536
ON_THE_WAY = 64
"""Chunks that are late at most; beyond them nothing more is read, as in a real network."""


@dataclasses.dataclass(frozen=True)
class Treatment:
    """What happens to the bytes of one way, for those that come from now on.

    `swallow`: they are taken and never come out, and neither does an end: what a machine that lost its power looks
    like. `cut_after`: the connection is reset once so many have come through. `duplicate` and `corrupt`: how likely a
    chunk comes twice, or with one bit of it turned over.
    """

    latency_s: float = 0.0
    bytes_per_s: float | None = None
    swallow: bool = False
    cut_after: int | None = None
    duplicate: float = 0.0
    corrupt: float = 0.0


AS_IS = Treatment()
SWALLOWED = Treatment(swallow=True)


class Proxy(LoopThread):
    """A proxy in front of `target` with an event loop in a thread of its own. Use it in a `with`.

    `at`: the unix socket to listen on; without one it is a free port. Its methods may be called from any thread.
    """

    def __init__(self, target: Address, at: pathlib.Path | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self._target = target
        self._at = at
        self._luck = random.Random(seed)
        self._treatments: dict[Way, Treatment] = {"up": AS_IS, "down": AS_IS}
        self._flows: set[_Flow] = set()
        self._refusing = False
        self.address: Address = at or ("127.0.0.1", 0)
        self.connections = 0
        """How many were made until now."""

    def __repr__(self) -> str:
        return f"<Proxy {self.address} to {self._target}, {len(self._flows)} open>"

    async def _open(self) -> None:
        if self._at is not None:
            self._server = await asyncio.start_unix_server(self._serve, self._at)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.address = self._server.sockets[0].getsockname()

    async def _close(self) -> None:
        self._server.close()
        await end(flow.task for flow in self._flows)

    # What can be done to it

    def treat(self, *ways: Way, **what: typing.Any) -> None:
        """Treat the bytes of these ways (both, with none named) so from now on: on open connections and later ones."""
        for way in ways or ("up", "down"):
            self._treatments[way] = Treatment(**what)

    @contextlib.contextmanager
    def treating(self, *ways: Way, **what: typing.Any) -> typing.Iterator[None]:
        """Treat them so for as long as the `with`. Connections whose bytes were swallowed stay as they are: dead."""
        before = dict(self._treatments)
        self.treat(*ways, **what)
        try:
            yield
        finally:
            self._treatments |= before

    @contextlib.contextmanager
    def refusing(self) -> typing.Iterator[None]:
        """Reset what is open, and whatever connects meanwhile."""
        self._refusing = True
        self.reset()
        try:
            yield
        finally:
            self._refusing = False

    def reset(self) -> int:
        """Reset both ends of every open connection, without a goodbye. Returns how many there were."""
        return self._each(_Flow.reset)

    def half_close(self, way: Way) -> int:
        """End one way of every open connection, and leave the other. Returns how many there were."""
        return self._each(lambda flow: flow.half_close(way))

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._flows)

    def _each(self, what: typing.Callable[["_Flow"], object]) -> int:
        async def do() -> int:
            flows = list(self._flows)
            for flow in flows:
                what(flow)
            return len(flows)

        return int(self._call(do()))

    # What it does by itself

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._refusing:
            return _reset(writer)
        if self._treatments["up"].swallow:  # who vanished does not take a connection either; here it hears nothing
            there: End = None
        else:
            there = await _connect(self._target)
            if there is None:
                return _reset(writer)
        flow = _Flow((reader, writer), there, self._treatments, self._luck)
        self._flows.add(flow)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the end of the proxy, which asyncio would report
                await flow.run()
        finally:
            self._flows.discard(flow)
        return None


End = tuple[asyncio.StreamReader, asyncio.StreamWriter] | None


class _Flow:
    """One connection: the two ends of it, and what is on the way between them."""

    def __init__(
        self,
        here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: End,
        treatments: dict[Way, Treatment],
        luck: random.Random,
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self._here = here
        self._there = there
        self._treatments = treatments
        self._luck = luck
        self._dead = there is None
        """Whether something was swallowed: what follows it would make no sense to the other end."""

    async def run(self) -> None:
        """Carry both ways until both have ended, or one broke."""
        try:
            if self._there is None:
                await self._here[0].read(-1)
                return
            (reader, writer), (far_reader, far_writer) = self._here, self._there
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry("up", reader, far_writer))
                ways.create_task(self._carry("down", far_reader, writer))
        except* (OSError, asyncio.IncompleteReadError):
            self.reset()
        finally:
            for side in filter(None, (self._here, self._there)):
                side[1].close()

    def reset(self) -> None:
        """Reset both ends."""
        for side in filter(None, (self._here, self._there)):
            _reset(side[1])

    def half_close(self, way: Way) -> None:
        """End one way."""
        side = self._there if way == "up" else self._here
        if side is not None and side[1].can_write_eof():
            side[1].write_eof()

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what comes and hand it on when it is due."""
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)
        handing = asyncio.create_task(self._hand_on(way, line, writer))
        try:
            while data := await reader.read(CHUNK):
                treatment = self._treatments[way]
                self._dead = self._dead or treatment.swallow
                if not self._dead:
                    await line.put((asyncio.get_running_loop().time() + treatment.latency_s, data))
            if not self._dead:
                await line.put((0.0, b""))
                await handing
        finally:
            handing.cancel()
            await asyncio.gather(handing, return_exceptions=True)

    async def _hand_on(
        self, way: Way, line: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        through = 0
        while (found := await line.get())[1]:
            due, data = found
            await asyncio.sleep(max(0.0, due - loop.time()))
            treatment = self._treatments[way]
            data = self._spoilt(treatment, data)
            if treatment.cut_after is not None and through + len(data) >= treatment.cut_after:
                writer.write(data[: treatment.cut_after - through])
                await writer.drain()
                return self.reset()
            through += len(data)
            await _write(writer, data, treatment.bytes_per_s)
        if writer.can_write_eof():
            writer.write_eof()
        return None

    def _spoilt(self, treatment: Treatment, data: bytes) -> bytes:
        if treatment.corrupt and self._luck.random() < treatment.corrupt:
            at, bit = self._luck.randrange(len(data)), 1 << self._luck.randrange(8)
            data = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
        if treatment.duplicate and self._luck.random() < treatment.duplicate:
            data += data
        return data


async def _write(writer: asyncio.StreamWriter, data: bytes, bytes_per_s: float | None) -> None:
    """Write `data`, not faster than so."""
    if bytes_per_s is None:
        writer.write(data)
        return await writer.drain()
    step = max(1, int(bytes_per_s / 20))
    rest = collections.deque(data[at : at + step] for at in range(0, len(data), step))
    while rest:
        part = rest.popleft()
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(len(part) / bytes_per_s)
    return None


async def _connect(target: Address) -> End:
    """Connect to `target`; None when it cannot be reached."""
    try:
        if isinstance(target, pathlib.Path):
            return await asyncio.open_unix_connection(target)
        return await asyncio.open_connection(*target)
    except OSError:
        return None


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST where the kind of socket knows one."""
    bare = writer.get_extra_info("socket")
    if bare is not None and bare.family != socket.AF_UNIX and bare.fileno() >= 0:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
