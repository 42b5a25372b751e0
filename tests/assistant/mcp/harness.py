"""A process of the desk behind a real server, to which programs come with API tokens."""

import asyncio
import contextlib
import json
import typing

import httpx
import httpx2
import mcp
import msgspec
from channels.routing import URLRouter
from mcp.client.streamable_http import streamable_http_client

from assistant import catalogue, routing
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress
from assistant.contract.tool import Tool, ToolInput, ToolOutput
from assistant.mcp import results
from tests.assistant.mcp.messages import BOTH, answer_of, message
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import Info, MemoryLinks
from tests.support.live_server import Served

_list_anew = results.list_tools.__wrapped__
"""The list of tools, made anew each time."""


def text_of(result: typing.Any) -> str:
    """Return the text of a result."""
    text: str = result.content[0].text
    return text


class McpDesk(Served):
    """What programs reach of the desk."""

    routes = URLRouter(routing.http_urlpatterns)
    token = ""

    async def post(self, body: typing.Any, token: str | None = None, **headers: str) -> httpx.Response:
        """Send one message. Headers are named with underscores; an empty one is left out."""
        return await self.send("POST", "/mcp", body, token, **headers)

    async def send(
        self, method: str, path: str, body: typing.Any, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """As `post`, by another method or to another path."""
        sent = {"Accept": BOTH, "Content-Type": "application/json", "Authorization": f"Bearer {token or self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name: value for name, value in sent.items() if value}
        return await self.client.request(method, path, content=content, headers=named)

    async def call(self, tool: str, arguments: dict, token: str | None = None, **headers: str) -> dict:
        """Call a tool in a handshake revision; return the result."""
        answer = await self.post(message("tools/call", {"name": tool, "arguments": arguments}), token, **headers)
        assert answer.status_code == 200, answer.text
        result: dict = answer_of(answer)["result"]
        return result

    @contextlib.asynccontextmanager
    async def program(self, mode: str, token: str | None = None) -> typing.AsyncIterator[mcp.Client]:
        """The official Python client: `auto` speaks the newest revision, `legacy` the handshake."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20) as http:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
            async with mcp.Client(transport, mode=mode) as client:
                yield client


@contextlib.asynccontextmanager
async def mcp_desk(valkey: str, token: str) -> typing.AsyncIterator[McpDesk]:
    """A desk, and a token by which a program comes."""
    async with (
        SteadyStation(valkey, MemoryLinks(p1=[Info()], p2=[Info()])) as station,
        McpDesk(typing.cast(typing.Any, station)) as served,
    ):
        served.token = token
        yield served


class WaitInput(ToolInput, frozen=True):
    """How many steps are reported before it waits for ever."""

    steps: int = 0


class WaitOutput(ToolOutput, frozen=True):
    """Nothing: it has no end."""


class WaitingTool:
    """A tool that reports and then waits until it is cancelled, and that counts what it is told."""

    def __init__(self) -> None:
        self.running = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.callers: list[ToolCaller] = []
        self.tool = Tool(
            name="wait",
            title="Wait",
            description="Waits.",
            input=WaitInput,
            output=WaitOutput,
            rate=1_000,
            run=self.run,
        )

    async def run(self, caller: ToolCaller, asked: WaitInput, progress: Progress) -> WaitOutput:
        """Report, then wait."""
        self.running += 1
        self.callers.append(caller)
        try:
            for step in range(asked.steps):
                await progress(step / 10, f"step {step}")
            self.begun.set()
            await asyncio.Event().wait()
            raise AssertionError("it has no end")
        finally:
            self.running -= 1
            self.ended.set()


def with_tool(monkeypatch: typing.Any, tool: Tool) -> None:
    """Have the desk know one more tool, or another one of a name."""
    others = (one for one in catalogue.TOOLS if one.name != tool.name)
    monkeypatch.setattr(catalogue, "TOOLS", (*others, tool))
    monkeypatch.setattr(results, "list_tools", _list_anew)
    monkeypatch.setitem(catalogue._BY_NAME, tool.name, tool)


def trading(tool: Tool) -> Tool:
    """Return a tool that takes a token which may trade."""
    return msgspec.structs.replace(tool, scope="trade")
