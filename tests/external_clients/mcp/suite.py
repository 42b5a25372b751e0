"""The conformance suite and official JavaScript clients, against the desk's gate and server.

pytest does not collect this by itself: `make programs` installs what it needs and runs it (ONLY=real: the short form).
The suite knows of no credentials, so that what it sends is given a token on its way to the gate.
"""

import asyncio
import contextlib
import json
import pathlib
import tempfile
import typing

import pytest
from channels.routing import URLRouter

from assistant import routing
from assistant.mcp import gate
from assistant.mcp.gate import McpGate
from assistant.mcp.owner import ServerOwner
from tests.assistant.mcp.conftest import _settings as _settings
from tests.assistant.mcp.conftest import alice, reading
from tests.assistant.mcp.harness import McpDesk
from tests.external_clients.mcp.fixture_server import make_fixture
from tests.streaming.conftest import chosen_postgresql, empty_file, ledger_database, sqlite_ledger
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import Info, MemoryLinks
from tests.support.node import NODE

__all__ = ["alice", "chosen_postgresql", "empty_file", "ledger_database", "reading", "sqlite_ledger"]
pytestmark = pytest.mark.filterwarnings("ignore:The logging capability is deprecated")
MODULES = pathlib.Path(__file__).with_name("node_modules")
SUITE = MODULES / "@modelcontextprotocol/conformance/dist/index.js"
WITHIN_S = 240
REAL = ["server-initialize", "ping", "tools-list", "dns-rebinding-protection", "server-sse-multiple-streams"]
"""Scenarios that need no fixture."""
ASKS = "the server would have to ask its client, which takes a session that one process keeps"
EXPECTED = {
    "tools-call-sampling": ASKS,
    "tools-call-elicitation": ASKS,
    "elicitation-sep1034-defaults": ASKS,
    "elicitation-sep1330-enums": ASKS,
}
"""Scenarios that fail, and why."""


class SuiteDesk(McpDesk):
    """A desk that gives each request a token which has none."""

    async def _app(self, scope: typing.Any, receive: typing.Any, send: typing.Any) -> None:
        if not any(name in (b"authorization", b"x-api-key") for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (b"x-api-key", self.token.encode())]}
        await self.routes(scope, receive, send)


class FixtureDesk(SuiteDesk):
    """The same gate before the suite's fixtures."""

    routes = URLRouter(routing.routes_of(McpGate(ServerOwner(make_fixture))))


@pytest.fixture(autouse=True)
def _rates(monkeypatch):
    monkeypatch.setattr(gate, "BURST", (10_000, 10_000))
    monkeypatch.setattr(gate, "REQUESTS", (10_000, 60_000))


@contextlib.asynccontextmanager
async def served(kind: type[SuiteDesk], valkey: str, token: str) -> typing.AsyncIterator[SuiteDesk]:
    async with (
        SteadyStation(valkey, MemoryLinks(p1=[Info()])) as station,
        kind(typing.cast(typing.Any, station)) as desk,
    ):
        desk.token = token
        yield desk


async def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    """Run Node beside this event loop; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        NODE, *arguments, cwd=MODULES.parent,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(WITHIN_S):
        told, _ = await process.communicate(stdin.encode())
    return process.returncode or 0, told.decode()


@pytest.mark.parametrize("scenario", REAL)
async def test_the_real_server_conforms(valkey, reading, scenario):
    async with served(SuiteDesk, valkey, reading) as desk:
        code, told = await run(str(SUITE), "server", "--url", f"{desk.url}/mcp", "--scenario", scenario)
        assert code == 0, told


async def test_the_fixtures_conform_but_for_what_is_expected(valkey, reading):
    async with served(FixtureDesk, valkey, reading) as desk:
        with tempfile.TemporaryDirectory() as folder:
            expected = pathlib.Path(folder) / "expected.yml"
            expected.write_text("server:\n" + "".join(f"  - {name}\n" for name in EXPECTED))
            code, told = await run(
                str(SUITE), "server", "--url", f"{desk.url}/mcp", "--expected-failures", str(expected)
            )
        assert code == 0, told


TYPESCRIPT = """
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
const [url, token] = process.argv.slice(-2);
const headers = { Authorization: `Bearer ${token}` };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);
const tools = (await client.listTools()).tools.map((tool) => tool.name);
const answer = await client.callTool({ name: "calculate", arguments: { expression: "6 * 7" } });
const wrong = await client.callTool({ name: "calculate", arguments: { expression: 1 } });
const session = transport.sessionId;
await transport.terminateSession();
await client.close();
console.log(JSON.stringify({ tools, answer, wrong, session }));
"""


async def test_the_official_typescript_client_lists_calls_and_ends_its_session(valkey, reading):
    async with served(SuiteDesk, valkey, reading) as desk:
        code, told = await run("--input-type=module", "--eval", TYPESCRIPT, "--", f"{desk.url}/mcp", reading)
        assert code == 0, told
        found = json.loads(told.splitlines()[-1])
        assert "calculate" in found["tools"]
        assert found["answer"]["structuredContent"]["value"] == 42
        assert found["wrong"]["isError"]
        assert found["session"]


async def test_the_inspector_lists_and_calls(valkey, reading):
    inspector = MODULES / ".bin" / "mcp-inspector"
    async with served(SuiteDesk, valkey, reading) as desk:
        common = [str(inspector.resolve()), "--cli", f"{desk.url}/mcp", "--transport", "http"]
        token = ["--header", f"Authorization: Bearer {reading}"]
        code, told = await run(*common, "--method", "tools/list", *token)
        assert code == 0, told
        assert '"calculate"' in told
        call = ["--method", "tools/call", "--tool-name", "calculate", "--tool-arg", "expression=6 * 7"]
        code, told = await run(*common, *call, *token)
        assert code == 0, told
        assert "42" in told
