"""A web server that answers what a test says, over real sockets."""

import asyncio
import contextlib
import typing
from collections.abc import AsyncIterator, Callable

Answers = Callable[[str, dict[str, str]], "Answer"]


class Answer(typing.NamedTuple):
    """A status, headers and a body; `parts` are sent one by one, `hang` keeps the connection open without an end."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""
    parts: AsyncIterator[bytes] | None = None
    hang: bool = False


class WebServer:
    """`async with WebServer(answers)`; `asked` are the paths and headers of all requests, in lower case."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> typing.Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._over.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
            path = head[0].split(" ")[1]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            self.asked.append((path, headers))
            answer = self.answers(path, headers)
            lines = [f"HTTP/1.1 {answer.status} Said", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
            await writer.drain()
            if answer.parts is not None:
                async for part in answer.parts:
                    writer.write(part)
                    await writer.drain()
            if answer.hang:
                await self._over.wait()
        writer.close()
