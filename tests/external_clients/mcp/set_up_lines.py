"""The lines of docs/mcp.md by which clients are set up, each run against a desk, or compared with its client's form.

pytest does not collect this by itself: `make programs` runs it. The client of Claude Code is too large to be kept, and
VS Code, Cursor and Windsurf have no package that runs.
"""

import asyncio
import json
import re
import shlex
import sys
import typing

from config.env import BASE_DIR
from tests.external_clients.mcp.programs import INSPECTOR, MODULES
from tests.scenarios.programs.harness import until_ready
from tests.support.desk import Desk
from tests.support.node import NODE
from tests.support.people import ALICE

URL, TOKEN = "http://127.0.0.1:8000/mcp", "tdk_…"
WITHIN_S = 120
FORMS = """
import { MCPConfigRegistry } from "@gleanwork/mcp-config-schema";
const [serverUrl, token] = process.argv.slice(-2);
const asked = { transport: "http", serverUrl, serverName: "tapedeck", headers: { Authorization: `Bearer ${token}` } };
const registry = new MCPConfigRegistry();
const build = (client) => registry.createBuilder(client);
console.log(JSON.stringify({
  "VS Code": build("vscode").buildCommand(asked),
  Cursor: build("cursor").buildConfiguration(asked),
  Windsurf: build("windsurf").buildConfiguration(asked),
}));
"""

PYTHON = """
import asyncio
import sys
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

async def main(url, token):
    async with CLIENT as client:
        print(*(tool.name for tool in (await client.list_tools()).tools))

asyncio.run(main(*sys.argv[1:]))
"""


def line_of(client: str) -> str:
    """Return the line of a client, by how its name begins."""
    table = (BASE_DIR / "docs/mcp.md").read_text().split("## Set-up")[1].split("## ")[0]
    (line,) = re.findall(rf"^\| {re.escape(client)}[^|]*\| `(.+)` \|$", table, re.MULTILINE)
    return str(line)


async def run(*command: str, **variables: str) -> str:
    """Run a command beside this event loop; return what it printed. It must end well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=MODULES.parent, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(WITHIN_S):
        told, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return told.decode()


async def inspect(*options: str) -> typing.Any:
    """Run the Inspector; return the JSON that it printed."""
    return json.loads(await run(NODE, str(INSPECTOR.resolve()), *options))


async def test_lines_are_as_the_forms_of_their_clients_have_them():
    written = json.loads(await run(NODE, "--input-type=module", "--eval", FORMS, "--", URL, TOKEN))
    assert line_of("VS Code") == written["VS Code"]
    for client in ("Cursor", "Windsurf"):
        assert json.loads(line_of(client)) == written[client], client


async def test_lines_lead_to_the_desk(make_desk, tmp_path):
    with make_desk() as desk:
        token = desk.token(ALICE)
        await until_ready(desk, token)

        def line(client: str) -> str:
            return line_of(client).replace(URL, f"{desk.url}/mcp").replace(TOKEN, token)

        _, _, *options = shlex.split(line("MCP Inspector").replace("$TOKEN", token))
        assert "calculate" in {tool["name"] for tool in (await inspect(*options))["tools"]}
        assert '"calculate"' in await run("/bin/sh", "-c", f"{line('curl')} --silent", TOKEN=token)
        program = PYTHON.replace("CLIENT", line("Python"))
        assert "calculate" in (await run(sys.executable, "-c", program, f"{desk.url}/mcp", token)).split()
        for name, servers in (("http", json.loads(line("Cursor"))), ("stdio", by_command(desk))):
            file = tmp_path / f"{name}.json"
            file.write_text(json.dumps(servers))
            call = ["--method", "tools/call", "--tool-name", "calculate", "--tool-arg", "expression=6 * 7"]
            found = await inspect("--cli", "--config", str(file), "--server", "tapedeck", *call)
            assert found["structuredContent"]["value"] == 42, name


def by_command(desk: Desk) -> dict[str, typing.Any]:
    """Return the line of desktop programs, with the place of this project and the settings of a desk of a test."""
    found: dict[str, typing.Any] = json.loads(line_of("Desktop").replace("/path/to/tapedeck", str(BASE_DIR)))
    found["mcpServers"]["tapedeck"]["env"] = desk.environment
    return found
