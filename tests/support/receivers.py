"""A server on loopback for what a desk sends out: it keeps every request, and answers as a test says, badly too."""

import asyncio
import ssl
import typing
from collections.abc import Mapping

Answer = int | typing.Literal["hang", "drop"]


class Received(typing.NamedTuple):
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """`async with` it. `answers` are statuses in turn, the last one for ever; "hang" and "drop" are none.

    `location` is sent with redirects, `retry_after` with refusals. With `context` it speaks TLS.
    """

    def __init__(
        self,
        *answers: int | typing.Literal["hang", "drop"],
        location: str = "",
        retry_after: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.context = context
        self.answers = list(answers) or [200]
        self.location = location
        self.retry_after = retry_after
        self.received: list[Received] = []
        self._came = asyncio.Condition()
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> typing.Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def until(self, count: int, within_s: float = 30.0) -> list[Received]:
        """Wait until so many requests came, and return them."""
        async with asyncio.timeout(within_s), self._came:
            await self._came.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        async with self._came:
            self.received.append(Received(method, path, headers, body))
            self._came.notify_all()
        if answer == "hang":
            await reader.read()  # until the other side gives up
            return
        if answer == "drop":
            return
        told = {"Location": self.location, "Retry-After": self.retry_after}
        extra = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
        writer.write(f"HTTP/1.1 {answer} -\r\nContent-Length: 0\r\nConnection: close\r\n{extra}\r\n".encode())
        await writer.drain()
