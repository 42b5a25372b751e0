"""docs/tools.md says what the tools do: the table and the codes."""

import re

from assistant.catalogue import TOOLS
from assistant.contract.tool import Tool
from config.env import BASE_DIR
from streaming.wire.frames import ERROR_CODES

PAGE = (BASE_DIR / "docs/tools.md").read_text()


def row(tool: Tool) -> str:
    """What the table says of a tool."""
    hints = tool.hints
    beware = {
        "changes things": not hints.read_only,
        "may remove": hints.destructive,
        "others' words": hints.open_world,
    }
    said = ", ".join(name for name, holds in beware.items() if holds) or "–"
    takes = " ".join(f"`{name}`" for name in tool.input.__struct_fields__) or "–"
    most = f"{tool.rate}/min" + (", a stream" if tool.streams else "")
    return f"| `{tool.name}` | {takes} | {tool.scope} | {said} | {most} |"


def test_the_table_has_every_tool_in_the_order_in_which_they_are_listed():
    assert [line for line in PAGE.splitlines() if re.match(r"\| `\w+` \|.*/min", line)] == [row(tool) for tool in TOOLS]


def test_every_code_that_a_tool_raises_is_in_the_documents():
    known = set(re.findall(r"^\| `(\w+)` \| (?!.*/min)", PAGE, re.MULTILINE)) | ERROR_CODES.keys()
    raised = set()
    for file in (BASE_DIR / "assistant").rglob("*.py"):
        raised |= set(re.findall(r"ToolError\(\s*\"(\w+)\"", file.read_text()))
    assert raised - known == set()
    assert {"internal", "unknown_tool"} <= known
