"""Every tool, in the order in which they are listed."""

from collections.abc import Collection

from assistant.tools.calculation import CALCULATE
from assistant.tools.quotes import GET_QUOTES
from assistant.tools.tool import Tool

TOOLS: tuple[Tool, ...] = (GET_QUOTES, CALCULATE)
_BY_NAME = {tool.name: tool for tool in TOOLS}


def tools_for(scopes: Collection[str]) -> tuple[Tool, ...]:
    """Return the tools of those scopes, always in the same order."""
    return tuple(tool for tool in TOOLS if tool.scope in scopes)


def tool_named(name: str) -> Tool | None:
    """Return a tool by its name."""
    return _BY_NAME.get(name)
