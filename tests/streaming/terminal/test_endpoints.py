"""Reading endpoints side by side: one that is closed at once is a line, and the others go on."""

import asyncio
import base64
import hashlib
import re

from streaming.terminal.client import Message
from streaming.terminal.endpoints import EndpointReader
from streaming.wire.subscription import SubscriptionRequest

TOLD = b'{"type":"error","code":"not_available"}'
CLOSE = b"\x88\x04" + (4003).to_bytes(2, "big") + b"no"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept a socket, say why it is closed and close it, all in one segment."""
    request = await reader.readuntil(b"\r\n\r\n")
    (key,) = re.findall(rb"(?i)sec-websocket-key: (\S+)", request)
    accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    writer.write(head + bytes([0x81, len(TOLD)]) + TOLD + CLOSE)
    await writer.drain()
    await reader.read(1)
    writer.close()


async def test_what_a_server_said_before_it_closed_is_read_though_nothing_can_be_asked():
    said: list[tuple[str, Message]] = []
    async with await asyncio.start_server(refuse, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        reader = EndpointReader(
            f"http://127.0.0.1:{port}",
            "key",
            SubscriptionRequest(quotes=["QQQ"]),
            lambda path, it: said.append((path, it)),
        )
        await reader.read(["/ws/a", "/ws/b"])
    assert sorted(((path, message["code"]) for path, message in said), key=str) == [
        ("/ws/a", "not_available"), ("/ws/a", 4003), ("/ws/b", "not_available"), ("/ws/b", 4003)
    ]  # fmt: skip
    assert [*reader.summary()] == ["/ws/a  closed 1, error 1", "/ws/b  closed 1, error 1"]
