"""A WebSocket client that can do anything wrong: bytes on a TCP connection, and what came back."""

import asyncio
import base64
import contextlib
import os
import struct
import typing
from urllib.parse import urlsplit

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
SUBPROTOCOL = b"Sec-WebSocket-Protocol: tapedeck.v1"
MARK = b'{"type":"are you there","ref":"mark"}'


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True, length: int | None = None
) -> bytes:
    """One frame as RFC 6455 §5.2 lays it out, right or wrong. `length` claims another one than the payload has."""
    said = len(payload) if length is None else length
    masked = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if said < 126:
        head += bytes([masked | said])
    elif said < 1 << 16:
        head += struct.pack("!BH", masked | 126, said)
    else:
        head += struct.pack("!BQ", masked | 127, said)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def text(message: str | bytes, **options: typing.Any) -> bytes:
    """A text frame."""
    return frame(TEXT, message.encode() if isinstance(message, str) else message, **options)


def close(code: int | None = 1000, reason: bytes = b"", **options: typing.Any) -> bytes:
    """A close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason, **options)


def head(url: str, lines: typing.Iterable[bytes], target: bytes = b"/ws/streaming/", method: bytes = b"GET") -> bytes:
    """The head of a request with these header lines and a Host."""
    host = urlsplit(url).netloc.encode()
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: " + host, *lines, b"", b""])


def upgrade(cookie: str = "", *more: bytes, **changed: bytes | None) -> list[bytes]:
    """The header lines of an opening handshake; `changed` replaces some by name, None leaves one out."""
    lines: dict[str, bytes | None] = {
        "upgrade": b"Upgrade: websocket",
        "connection": b"Connection: Upgrade",
        "version": b"Sec-WebSocket-Version: 13",
        "key": b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)),
        "cookie": b"Cookie: " + cookie.encode() if cookie else None,
        **changed,
    }
    return [*(line for line in lines.values() if line is not None), *more]


class Raw:
    """One TCP connection to a desk."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.texts: list[bytes] = []
        self.pongs: list[bytes] = []

    @classmethod
    async def connect(cls, url: str) -> "Raw":
        """Open the connection alone."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    @classmethod
    async def open(cls, url: str, cookie: str, *more: bytes) -> "Raw":
        """Open a WebSocket. Raises ConnectionError when it is refused."""
        raw = await cls.connect(url)
        raw.send(head(url, upgrade(cookie, *more)))
        if (status := await raw.status()) != 101:
            raise ConnectionError(f"refused with {status}")
        return raw

    async def __aenter__(self) -> "Raw":
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cut()

    def send(self, data: bytes) -> None:
        """Write, whatever the other side made of what came before."""
        if not self.writer.transport.is_closing():
            self.writer.write(data)

    def cut(self) -> None:
        """End the connection with a reset."""
        self.writer.transport.abort()

    async def status(self) -> int | str:
        """Read the head of the answer; return its status, or "cut"."""
        try:
            answer = await self.reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError):
            return "cut"
        return int(answer.split(b" ", 2)[1])

    async def frame(self) -> tuple[int, bytes]:
        """Read one frame of the server: its opcode and payload. Raises OSError or EOFError when there is none."""
        first, length = await self.reader.readexactly(2)
        assert not length & 0x80, "a server masks nothing"
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(length)

    async def end(self) -> int | str:
        """Return the close code the server sends, or "cut", or "open" where it answers the mark instead.

        After a close it must also end the connection.
        """
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == TEXT and b'"ref":"mark"' in payload:
                    return "open"
                if opcode == TEXT:
                    self.texts.append(payload)
                elif opcode == PONG:
                    self.pongs.append(payload)
                elif opcode == CLOSE:
                    self.send(frame(CLOSE, payload[:2]))
                    await self._ended()
                    return int.from_bytes(payload[:2]) if payload else "closed"
        except (OSError, EOFError):
            return "cut"

    async def _ended(self) -> None:
        with contextlib.suppress(OSError):
            while await self.reader.read(65_536):
                pass

    async def answer(self, data: bytes = b"") -> int | str:
        """Send `data` and a message behind it; return what became of the socket, as `end` does."""
        self.send(data + text(MARK))
        return await self.end()
