"""`manage.py mcp`: a program on the desk's own machine calls a person's tools over standard input and output."""

import asyncio
import contextlib
import json
import signal
import sys
import typing

import mcp
import pytest
from mcp.client.stdio import StdioServerParameters

from config.env import BASE_DIR
from tests.assistant.mcp.messages import HELLO, message
from tests.support.people import ALICE

pytestmark = pytest.mark.process
WITHIN_S = 60


def command(desk, *options: str) -> StdioServerParameters:
    arguments = ["manage.py", "mcp", "--user", ALICE, *options]
    return StdioServerParameters(command=sys.executable, args=arguments, cwd=str(BASE_DIR), env=desk.environment)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_program_lists_and_calls(desk, mode):
    async with mcp.Client(command(desk), mode=mode, read_timeout_seconds=WITHIN_S) as program:
        listed = await program.list_tools()
        assert "calculate" in [tool.name for tool in listed.tools]
        found = await program.call_tool("calculate", {"expression": "6 * 7"})
        assert found.structured_content["value"] == 42


async def test_it_has_what_the_desk_streams(desk):
    async with mcp.Client(command(desk), read_timeout_seconds=WITHIN_S) as program:
        found = await program.call_tool("get_quotes", {"symbols": ["QQQ"]})
        (row,) = found.structured_content["quotes"]
        assert row["symbol"] == "QQQ"
        assert row["bid"] > 0
        assert row["age_ms"] is not None


@contextlib.asynccontextmanager
async def silent(desk) -> typing.AsyncIterator[asyncio.subprocess.Process]:
    """The command after it answered once. Its program keeps its side open, and says nothing any more."""
    found = command(desk)
    process = await asyncio.create_subprocess_exec(
        found.command, *found.args, cwd=found.cwd, env=found.env,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(message("initialize", HELLO)).encode() + b"\n")
        async with asyncio.timeout(WITHIN_S):
            answer = json.loads(await process.stdout.readline())
        assert answer["result"]["serverInfo"]["name"] == "tapedeck"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_it_is_told_to_while_its_program_says_nothing(desk, number):
    async with silent(desk) as process:
        process.send_signal(number)
        async with asyncio.timeout(5):
            assert await process.wait() == 0


async def test_it_ends_when_its_program_leaves(desk):
    async with silent(desk) as process:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(5):
            assert await process.wait() == 0
