"""`manage.py mcp`: a program on the desk's own machine calls a person's tools over standard input and output."""

import sys

import mcp
import pytest
from mcp.client.stdio import StdioServerParameters

from config.env import BASE_DIR
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
