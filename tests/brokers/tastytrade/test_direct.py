"""A connection hands hot texts on as they come in, and loses, doubles or overtakes none, however the stream is read."""

import asyncio
import contextlib
import typing

import hypothesis
import pytest
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from brokers.tastytrade import websocket
from brokers.tastytrade.websocket import DirectConnection

HOT = b"hot "


class Heard:
    """Collects what comes in by either way."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.taken = 0

    def take(self, raw: bytes) -> bool:
        if not raw.startswith(HOT):
            return False
        self.texts.append(raw)
        self.taken += 1
        return True

    async def read(self, socket: DirectConnection) -> None:
        while True:
            self.texts.append(await socket.recv(decode=False))
            socket.queued -= 1


async def silent(socket: ServerConnection) -> None:
    await socket.wait_closed()


@contextlib.asynccontextmanager
async def connected() -> typing.AsyncIterator[tuple[DirectConnection, Heard]]:
    async with serve(silent, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        address = f"ws://127.0.0.1:{port}"
        async with connect(address, compression=None, create_connection=DirectConnection, close_timeout=0.1) as socket:
            assert isinstance(socket, DirectConnection)
            heard = Heard()
            socket.take = heard.take
            yield socket, heard


def wire(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


def written(message: tuple[bytes, bool, bool]) -> bytes:
    """Return a text as a server writes it: whole or in two fragments, with a ping before it or (there) between them."""
    text, is_split, is_pinged = message
    ping = wire(Opcode.PING, b"?") if is_pinged else b""
    if not is_split:
        return ping + wire(Opcode.TEXT, text)
    middle = len(text) // 2
    return wire(Opcode.TEXT, text[:middle], fin=False) + ping + wire(Opcode.CONT, text[middle:])


TEXTS = st.builds(
    lambda start, fill, size: start + fill * size,
    st.sampled_from((HOT, b"cold ")),
    st.sampled_from((b"a", b"\r\n\r\n")),
    st.sampled_from((0, 1, 100, 121, 122, 130, 16_000, 66_000)),
)
STREAMS = st.lists(st.tuples(TEXTS, st.booleans(), st.booleans()), max_size=8)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(STREAMS, st.lists(st.tuples(st.integers(1, 70_000), st.integers(0, 6)), max_size=12))
async def test_every_text_is_heard_once_and_in_order_however_the_stream_is_cut(stream, cuts):
    data = b"".join(map(written, stream))
    async with connected() as (socket, heard), asyncio.timeout(10):
        reading = asyncio.create_task(heard.read(socket))
        for size, turns in (*cuts, (len(data), 6)):
            chunk, data = data[:size], data[size:]
            if chunk:
                socket.data_received(chunk)
            for _ in range(turns):
                await asyncio.sleep(0)
        while socket.queued:
            await asyncio.sleep(0)
        reading.cancel()
        assert heard.texts == [text for text, _, _ in stream]
        assert heard.taken or not stream or not (stream[0][0].startswith(HOT) and not stream[0][1])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xc1\x01x", 1002),  # a reserved bit
        (b"\x81\x81\0\0\0\0x", 1002),  # a mask
        (b"\x81\x7f" + (websocket.FRAME_MAX + 1).to_bytes(8, "big"), 1009),
        (wire(Opcode.TEXT, b"half", fin=False) + wire(Opcode.TEXT, HOT), 1002),
    ],
)
async def test_what_breaks_the_protocol_ends_the_connection(data: bytes, code: int):
    async with connected() as (socket, heard):
        socket.protocol.max_message_size = websocket.FRAME_MAX
        socket.data_received(wire(Opcode.TEXT, HOT + b"1") + data + wire(Opcode.TEXT, HOT + b"2"))
        assert heard.texts == [HOT + b"1"]
        assert socket.protocol.close_sent is not None
        assert socket.protocol.close_sent.code == code


@contextlib.asynccontextmanager
async def _raw(talk) -> typing.AsyncIterator[str]:
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_server_that_speaks_first_is_heard_the_long_way():
    async def speak_first(reader, writer):
        protocol = ServerProtocol()
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        (request,) = protocol.events_received()
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        protocol.send_text(HOT + b"1")
        writer.write(b"".join(protocol.data_to_send()))
        await reader.read()
        writer.close()

    heard = Heard()
    async with _raw(speak_first) as address:
        with contextlib.suppress(ConnectionClosedError):
            async with connect(
                address, compression=None, create_connection=DirectConnection, close_timeout=0.1
            ) as socket:
                assert isinstance(socket, DirectConnection)
                socket.take = heard.take
                assert await socket.recv(decode=False) == HOT + b"1"
                socket.queued -= 1
                assert heard.texts == []
