"""Tools and their results as the SDK writes them."""

import functools

import mcp_types as types

from assistant.call import ToolResult
from assistant.catalogue import tools_for
from assistant.contract.schema import schema_of
from assistant.contract.tool import Tool
from streaming.wire import frames

FRESH_MS = 300_000
"""How long a client may keep the list of tools, which belongs to one token."""


@functools.cache
def list_tools(scopes: frozenset[str]) -> types.ListToolsResult:
    """Return the tools of those scopes, always in the same order."""
    tools = [_to_sdk_tool(tool) for tool in tools_for(scopes)]
    return types.ListToolsResult(tools=tools, ttl_ms=FRESH_MS, cache_scope="private")


def _to_sdk_tool(tool: Tool) -> types.Tool:
    hints = tool.hints
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema_of(tool.input),
        output_schema=schema_of(tool.output),
        annotations=types.ToolAnnotations(
            read_only_hint=hints.read_only,
            destructive_hint=hints.destructive,
            idempotent_hint=hints.idempotent,
            open_world_hint=hints.open_world,
        ),
    )


def to_sdk_result(result: ToolResult) -> types.CallToolResult:
    """Return a result as text and, where it is no error, as structured content: clients check that by the schema."""
    return types.CallToolResult(
        content=[types.TextContent(text=frames.dumps(result.value))],
        structured_content=None if result.is_error else result.value,
        is_error=result.is_error,
    )
