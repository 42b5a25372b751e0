"""Clients that ask for much and take nothing of it, or a byte now and then."""

import asyncio
import contextlib
import pathlib
import socket
import time
from urllib.parse import urlsplit

SMALL = 4_096
"""What the kernel keeps for a client that does not read, in bytes: what is more waits at the server."""
ESTABLISHED = "01"


class Lazy:
    """One connection whose client reads the head of the answer, and then nothing, or a byte every `sip_s`."""

    def __init__(self, carrier: str, sip_s: float | None = None) -> None:
        self.carrier = carrier
        self.sip_s = sip_s
        self.sips = 0
        self.began = 0.0
        self.cut_after: float | None = None
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.socket.setblocking(False)

    def __repr__(self) -> str:
        return f"<Lazy {self.carrier} {f'{self.sips} sips' if self.sip_s else 'reads nothing'}, cut: {self.cut_after}>"

    async def open(self, url: str, request: bytes) -> None:
        """Ask, and read the head of the answer."""
        loop = asyncio.get_running_loop()
        parts = urlsplit(url)
        await loop.sock_connect(self.socket, (parts.hostname, parts.port))
        await loop.sock_sendall(self.socket, request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await loop.sock_recv(self.socket, 1)
        assert answer.split(b" ", 2)[1] in (b"101", b"200"), answer
        ends = (self.socket.getpeername(), self.socket.getsockname())
        self._ends = (f":{ends[0][1]:04X}", f":{ends[1][1]:04X}")
        self.began = time.monotonic()

    def say(self, data: bytes) -> None:
        """Send something, as long as the server takes it."""
        with contextlib.suppress(OSError):
            self.socket.send(data)

    def sip(self) -> None:
        """Take a byte when it is time to."""
        if self.sip_s is not None and time.monotonic() - self.began > self.sip_s * self.sips:
            self.sips += 1
            with contextlib.suppress(OSError):
                self.socket.recv(1)

    def look(self, held: set[tuple[str, str]]) -> None:
        """Notice when the server has let the connection go; one that reads nothing is not told."""
        if self.began and self.cut_after is None and self._ends not in held:
            self.cut_after = time.monotonic() - self.began
            self.socket.close()


def held() -> set[tuple[str, str]]:
    """Return the ends (this one, the other one; as the kernel writes them) of every connection that is open."""
    rows = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {(row[1][8:], row[2][8:]) for row in rows if row[3] == ESTABLISHED}
