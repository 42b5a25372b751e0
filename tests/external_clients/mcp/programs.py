"""Programs of other people that ask the desk, each alike: official clients and two whose protocol code is their own."""

import asyncio
import contextlib
import json
import pathlib
import typing

import httpx2
import mcp
from mcp.client.streamable_http import streamable_http_client

from tests.external_clients.clients import ROOT, Client, opened
from tests.support.node import NODE

PACKAGE = "tests.external_clients.mcp"
CHUK_PYTHON = ROOT / ".venv-mcp/bin/python"
"""That of a client in Python whose protocol code is its own."""
MODULES = pathlib.Path(__file__).with_name("node_modules")
INSPECTOR = MODULES / ".bin" / "mcp-inspector"
WITHIN_S = 120.0
Result = dict[str, typing.Any]


class Program(typing.Protocol):
    """A client that is connected."""

    async def list(self) -> list[str]:
        """Return the names of the tools."""

    async def call(self, name: str, arguments: Result) -> Result:
        """Return a result as it stands in the message: `content`, `structuredContent`, `isError`."""

    async def hear(self) -> str | None:
        """Wait for what a call tells next; None where the client shows nobody."""


class OfficialPython:
    """The official client for Python."""

    def __init__(self, client: mcp.Client) -> None:
        self._client = client
        self._told: asyncio.Queue[str] = asyncio.Queue()

    async def list(self) -> list[str]:
        return [tool.name for tool in (await self._client.list_tools()).tools]

    async def call(self, name: str, arguments: Result) -> Result:
        found = await self._client.call_tool(name, arguments, progress_callback=self._note)
        written: Result = found.model_dump(mode="json", by_alias=True)
        return written

    async def hear(self) -> str:
        return await self._told.get()

    async def _note(self, progress: float, total: float | None, message: str | None) -> None:
        self._told.put_nowait(message or "")


class Bridged:
    """A client in a process of its own, lent by a bridge."""

    def __init__(self, client: Client) -> None:
        self._client = client
        client.patience_s = WITHIN_S

    async def list(self) -> list[str]:
        names: list[str] = await self._client.call("program", "list")
        return names

    async def call(self, name: str, arguments: Result) -> Result:
        found: Result = await self._client.call("program", "call", name, arguments)
        return found

    async def hear(self) -> str:
        line = await self._client.until("progress")
        return str(line["message"])


class Inspector:
    """The Inspector on the command line, a process each time. It shows nobody what a call tells meanwhile."""

    def __init__(self, url: str, token: str) -> None:
        target = ["--cli", url, "--transport", "http", "--header", f"Authorization: Bearer {token}"]
        self._command = [NODE, str(INSPECTOR.resolve()), *target]

    async def list(self) -> list[str]:
        return [tool["name"] for tool in (await self._run("tools/list"))["tools"]]

    async def call(self, name: str, arguments: Result) -> Result:
        given = [f"{key}={json.dumps(value)}" for key, value in arguments.items()]
        return await self._run(
            "tools/call", "--tool-name", name, *(part for one in given for part in ("--tool-arg", one))
        )

    async def hear(self) -> None:
        return None

    async def _run(self, method: str, *options: str) -> Result:
        process = await asyncio.create_subprocess_exec(
            *self._command, "--method", method, *options,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(WITHIN_S):
            told, complaint = await process.communicate()
        if not told.strip():
            raise RuntimeError(complaint.decode())
        found: Result = json.loads(told)
        return found


@contextlib.asynccontextmanager
async def official_python(url: str, token: str, mode: str) -> typing.AsyncIterator[Program]:
    """`auto` speaks the newest revision, `legacy` begins with a handshake."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=WITHIN_S) as http,
        mcp.Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield OfficialPython(client)


@contextlib.asynccontextmanager
async def bridged(bridge: str, *arguments: str) -> typing.AsyncIterator[Program]:
    """A client behind a bridge, connected."""
    async with opened(bridge, *arguments, python=CHUK_PYTHON, package=PACKAGE) as client:
        found = Bridged(client)
        await client.call("program", "open")
        yield found


@contextlib.asynccontextmanager
async def inspector(url: str, token: str) -> typing.AsyncIterator[Program]:
    """The Inspector connects anew for each question."""
    yield Inspector(url, token)


Open = typing.Callable[[str, str], typing.AsyncContextManager[Program]]
KINDS: dict[str, Open] = {
    "official Python, newest revision": lambda url, token: official_python(url, token, "auto"),
    "official Python, handshake": lambda url, token: official_python(url, token, "legacy"),
    "official TypeScript": lambda url, token: bridged("typescript.mjs", url, token),
    "Inspector": inspector,
    "chuk-mcp": lambda url, token: bridged("chuk", url, token),
    "AI SDK, newest revision": lambda url, token: bridged("ai_sdk.mjs", url, token, "newest"),
    "AI SDK, handshake": lambda url, token: bridged("ai_sdk.mjs", url, token, "handshake"),
}
"""How each client is connected to an address with a token."""
