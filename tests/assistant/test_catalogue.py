"""The list of tools: what it weighs, what it says, and that it is the same every time."""

import re
import subprocess
import sys

import msgspec
import pytest

from assistant.catalogue import TOOLS, tool_named, tools_for
from assistant.contract.schema import schema_of
from assistant.contract.tool import PagedOutput, Tool
from config.env import BASE_DIR

READ, TRADE = frozenset({"read"}), frozenset({"read", "trade"})
PRINT = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from tests.assistant.test_catalogue import TRADE, written
sys.stdout.buffer.write(written(TRADE))
"""


def described(tool: Tool) -> dict:
    """A tool as protocols list it."""
    hints = tool.hints
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": schema_of(tool.input),
        "outputSchema": schema_of(tool.output),
        "annotations": {
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        },
    }


def written(scopes: frozenset[str]) -> bytes:
    return msgspec.json.encode({"tools": [described(tool) for tool in tools_for(scopes)]})


def test_the_list_weighs_no_more_than_a_context_can_spare():
    assert len(written(READ)) <= 20_000
    assert len(written(TRADE)) <= 26_000
    assert len(tools_for(TRADE)) <= 26


@pytest.mark.process
def test_the_list_is_the_same_bytes_in_every_process():
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", PRINT], cwd=BASE_DIR, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert told.stdout == written(TRADE)


def test_who_may_read_only_is_told_of_nothing_that_changes_anything():
    shown = tools_for(READ)
    assert all(tool.hints.read_only and tool.scope == "read" for tool in shown)
    assert {tool.name for tool in TOOLS} - {tool.name for tool in shown} == {
        "change_watchlist",
        "create_alert",
        "draft_order",
    }
    assert not any(tool.hints.read_only for tool in TOOLS if tool.scope == "trade")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_says_when_not_to_use_it_in_few_words(tool):
    assert tool_named(tool.name) == tool
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", tool.name)
    assert len(tool.description) <= 240
    assert re.match(r"(Not|No) ", tool.description), tool.description
    assert len(tool.title.encode()) <= 40
    assert len(tool.input.__struct_fields__) <= 6
    for struct in (tool.input, tool.output):
        assert schema_of(struct)["additionalProperties"] is False
    if issubclass(tool.output, PagedOutput):
        rows: type[PagedOutput] = tool.output
        assert rows.ROWS in rows.__struct_fields__
