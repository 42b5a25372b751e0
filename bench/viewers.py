"""The load clients: many sockets in one process, which read a system's updates as a browser would, and time them.

Reads orders as lines of JSON on stdin. `join` opens sockets and is answered `joined` once each has shown an update;
`start` is answered `started`, `stop` by a `Tally` of what came in between. They offer deflate, as a browser does, and
cost as little as they can: a parser of their own for frames from a server, msgspec for what is in them.
"""

import asyncio
import base64
import math
import os
import sys
import time
import typing
import urllib.parse
import zlib

import msgspec
import uvloop

ACK_FRAMES, ACK_S = 8, 1.0
LONGEST_MS = 20_000
LAG_S = 0.01
OPENING = 25
"""So many sockets are being opened at a time."""
TAPEDECK = "tapedeck.v1"


class Place(msgspec.Struct):
    """Where one viewer goes and what it asks for. `hello` is its first message."""

    url: str
    headers: dict[str, str] = {}
    hello: str = ""


class Order(msgspec.Struct, omit_defaults=True):
    """What the viewers are told."""

    do: typing.Literal["join", "start", "stop"]
    places: list[Place] = []


class Tally(msgspec.Struct):
    """What arrived between start and stop. `delays` counts updates by their delay in ms, `lags` by how late we were."""

    updates: int = 0
    messages: int = 0
    bytes: int = 0
    closed: int = 0
    errors: int = 0
    delays: dict[int, int] = {}
    lags: dict[int, int] = {}


class Update(msgspec.Struct):
    """One changed symbol. `bid_at` is when the venue wrote it, in ms; without one the quote did not change."""

    type: str
    bid_at: int | None = None


class Frame(msgspec.Struct):
    """What a socket of Tapedeck is sent."""

    type: str
    seq: int = 0
    state: list[Update] = []


_frames = msgspec.json.Decoder(Frame)
_updates = msgspec.json.Decoder(Update)


class Counter:
    """Counts for all viewers."""

    def __init__(self) -> None:
        self.tally = Tally()

    def count(self, update: Update, now: float) -> None:
        """Count one update."""
        if update.bid_at is not None:
            delays = self.tally.delays
            delay = min(LONGEST_MS, max(0, int(now - update.bid_at)))
            delays[delay] = delays.get(delay, 0) + 1
            self.tally.updates += 1


class Viewer(asyncio.Protocol):
    """One socket."""

    def __init__(self, place: Place, counter: Counter) -> None:
        self.seen = asyncio.Event()
        self._place = place
        self._counter = counter
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._is_open = False
        self._inflate: typing.Any = None
        self._takes_over = True
        self._parts: list[bytes] = []
        self._is_deflated = False
        self._frames = self._acked = self._seq = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = typing.cast(asyncio.Transport, transport)
        url = urllib.parse.urlsplit(self._place.url)
        headers = {
            "Host": url.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
            **self._place.headers,
        }
        lines = (f"GET {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        self._transport.write("\r\n".join(lines).encode())

    def connection_lost(self, error: Exception | None) -> None:
        """Count it: nobody is meant to lose a socket."""
        self._counter.tally.closed += 1
        self.seen.set()

    def data_received(self, data: bytes) -> None:
        """Take frames as they come."""
        data = self._rest + data if self._rest else data
        if not self._is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self._open(head.decode("latin1").lower())
        at, end = 0, len(data)
        while (size := _size(data, at, end)) is not None:
            begin, length = size
            self._take(data[at], data[begin : begin + length])
            at = begin + length
        self._rest = data[at:]

    def _open(self, head: str) -> None:
        if not head.startswith("http/1.1 101"):
            raise RuntimeError(f"no WebSocket at {self._place.url}: {head[:200]}")
        if "permessage-deflate" in head:
            self._takes_over = "server_no_context_takeover" not in head
            self._inflate = zlib.decompressobj(-15)
        self._is_open = True
        if self._place.hello:
            self.send(self._place.hello)

    def _take(self, first: int, payload: bytes) -> None:
        """Take one frame."""
        match first & 0x0F:
            case 0 | 1:
                if first & 0x0F:
                    self._is_deflated = bool(first & 0x40)
                if first & 0x80 and not self._parts:
                    self._hear(payload)
                    return
                self._parts.append(payload)
                if first & 0x80:
                    whole, self._parts = b"".join(self._parts), []
                    self._hear(whole)
            case 9:
                self._write(0x8A, payload)
            case 8:
                self._counter.tally.errors += 1

    def _hear(self, payload: bytes) -> None:
        """Take one message."""
        tally = self._counter.tally
        tally.messages += 1
        tally.bytes += len(payload)
        if self._is_deflated:
            payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
            if not self._takes_over:
                self._inflate = zlib.decompressobj(-15)
        if not self._place.hello:
            self._counter.count(_updates.decode(payload), time.time() * 1000)
            self.seen.set()
        elif payload.startswith(b'{"type":"frame"'):
            self._hear_frame(_frames.decode(payload))
        elif payload.startswith(b'{"type":"error"'):
            raise RuntimeError(payload.decode())

    def _hear_frame(self, frame: Frame) -> None:
        now = time.time() * 1000
        for update in frame.state:
            if update.type == "quote":
                self._counter.count(update, now)
                self.seen.set()
        self._seq = frame.seq
        self._frames += 1
        if self._frames >= ACK_FRAMES:
            self.ack()

    def ack(self) -> None:
        """Say what was taken, if that is news."""
        self._frames = 0
        if self._seq > self._acked:
            self._acked = self._seq
            self.send(f'{{"type":"ack","seq":{self._seq}}}')

    def send(self, text: str) -> None:
        """Send a message."""
        self._write(0x81, text.encode())

    def _write(self, first: int, payload: bytes) -> None:
        """Write one frame, masked with zeros: who masks is not what is measured."""
        length = len(payload)
        size = bytes((0x80 | length,)) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
        assert self._transport is not None  # noqa: S101 (frames come after the connection)
        self._transport.write(bytes((first,)) + size + b"\0\0\0\0" + payload)


def _size(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at `at` begins, and its length; None while it is not whole."""
    if end - at < 2:
        return None
    length, begin = data[at + 1], at + 2
    if length >= 126:
        begin = at + (4 if length == 126 else 10)
        if end < begin:
            return None
        length = int.from_bytes(data[at + 2 : begin], "big")
    return (begin, length) if end - begin >= length else None


class Viewers:
    """All of them."""

    def __init__(self) -> None:
        self.counter = Counter()
        self.viewers: list[Viewer] = []
        self._opening = asyncio.Semaphore(OPENING)

    async def join(self, place: Place) -> None:
        """Open a socket and wait for its first update."""
        viewer = Viewer(place, self.counter)
        url = urllib.parse.urlsplit(place.url)
        async with self._opening:
            await asyncio.get_running_loop().create_connection(lambda: viewer, url.hostname or "", url.port or 80)
            await viewer.seen.wait()
        self.viewers.append(viewer)

    async def obey(self, order: Order) -> typing.Any:
        """Do what the order says, and return the answer."""
        if order.do == "join":
            await asyncio.gather(*map(self.join, order.places))
            return "joined"
        told, self.counter.tally = self.counter.tally, Tally()
        return told if order.do == "stop" else "started"

    async def ack(self) -> None:
        """Acknowledge the frames of those that get few."""
        while True:
            await asyncio.sleep(ACK_S)
            for viewer in self.viewers:
                viewer.ack()

    async def watch_lag(self) -> None:
        """Note how late this process is: a delay it adds itself is not the system's."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_S
            await asyncio.sleep(LAG_S)
            late = math.floor((loop.time() - due) * 1000)
            lags = self.counter.tally.lags
            lags[late] = lags.get(late, 0) + 1


async def main() -> None:
    """Obey until stdin ends."""
    viewers = Viewers()
    lines = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with asyncio.TaskGroup() as group:
        helping = [group.create_task(viewers.ack()), group.create_task(viewers.watch_lag())]
        while line := await lines.readline():
            answer = await viewers.obey(msgspec.json.decode(line, type=Order))
            print(msgspec.json.encode(answer).decode(), flush=True)
        for task in helping:
            task.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
