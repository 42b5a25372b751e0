"""A thin HTTP server over a real socket: what it answers is told by path, what it was asked is kept."""

import asyncio
import contextlib
import typing
from collections.abc import AsyncIterator, Callable, Mapping

import orjson

from tests.support.loop_thread import end


class Answer(typing.NamedTuple):
    """One answer. `parts` follow the body without an end that was announced."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    parts: typing.Any = None


class Asked(typing.NamedTuple):
    """One request. Names of headers are lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    line: str


XML = {"Content-Type": "application/rss+xml"}


def json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer of JSON."""
    return Answer(orjson.dumps(value), status, {"Content-Type": "application/json", **headers})


class WebServer:
    """Answers by path; `answers[path]` is an Answer, or what makes one of a request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self.sent = 0
        self.port = 0
        self._serving: set[asyncio.Task[typing.Any]] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def running(self, host: str = "127.0.0.1", ssl: typing.Any = None) -> AsyncIterator["WebServer"]:
        """Serve until the end."""
        server = await asyncio.start_server(self._serve, host, 0, ssl=ssl)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await end(self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._answer(reader, writer)
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked = await self._read(reader)
            self.asked.append(asked)
            found = self.answers.get(asked.path, Answer(status=404))
            answer = found(asked) if callable(found) else found
            await self._write(writer, answer)
            writer.close()
            await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        path, _, query = line.split(" ")[1].partition("?")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        return Asked(path, {name: value for name, _, value in pairs}, headers, line)

    async def _write(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        length = {} if answer.parts else {"Content-Length": str(len(answer.body))}
        headers = {**length, "Connection": "close", **answer.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{head}\r\n".encode() + answer.body)
        await writer.drain()
        if answer.parts is not None:
            async for part in answer.parts:
                writer.write(part)
                await writer.drain()
                self.sent += len(part)
