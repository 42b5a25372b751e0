"""Calls a tool: its arguments are checked, its starts counted, its result cut to size, and its failure told."""

import logging
import typing
from collections.abc import Mapping

import msgspec

from assistant import rate_limits
from assistant.catalogue import tool_named
from assistant.contract import errors
from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Tool, ToolInput, ToolOutput
from assistant.open_streams import enter_stream
from streaming.wire import frames

logger = logging.getLogger(__name__)

MOST_BYTES = 16_384
"""The longest result, as JSON."""
MINUTE_MS = 60_000


class ToolResult(msgspec.Struct, frozen=True):
    """What a call came to, ready for JSON: numbers are ints and floats, and what is missing is None."""

    value: dict[str, typing.Any]
    is_error: bool = False


async def call_tool(
    caller: ToolCaller, name: str, arguments: Mapping[str, typing.Any], progress: Progress, *,
    most_bytes: int = MOST_BYTES,
) -> ToolResult:  # fmt: skip
    """Call a tool by name; its result has `most_bytes` of JSON at most.

    What goes wrong is a result with a code and a sentence; only cancelling it raises.
    """
    tool = tool_named(name)
    try:
        if tool is None:
            raise ToolError("unknown_tool", f"There is no tool named {name[:40]!r}.")
        return ToolResult(_cut(await _run(tool, caller, arguments, progress), most_bytes))
    except Exception as error:  # whatever it is, the caller is told that there is no answer
        found = errors.translate(error)
        if found is None:
            logger.exception("tool %s failed", name[:40])
            found = ToolError("internal", "This failed inside the desk, which logged it.")
        return ToolResult(found.value, is_error=True)


async def _run(tool: Tool, caller: ToolCaller, arguments: Mapping[str, typing.Any], progress: Progress) -> ToolOutput:
    """Run a tool that is allowed. Raises ToolError, and whatever the tool raises."""
    if not caller.may(tool.scope):
        raise ToolError("forbidden", f"This access may not {tool.scope}.")
    asked = _read_arguments(tool, arguments)
    wait_s = await rate_limits.count_start(f"tool:{tool.name}:{caller.rate_key}", tool.rate, MINUTE_MS)
    if wait_s is not None:
        raise ToolError("rate_limited", f"{tool.name} may start {tool.rate} times a minute.", wait_s)
    if caller.has_place or not tool.stays_open(arguments):
        return await tool.run(caller, asked, progress)
    async with enter_stream(caller.person_id):
        return await tool.run(caller, asked, progress)


def _read_arguments(tool: Tool, arguments: Mapping[str, typing.Any]) -> ToolInput:
    """Return arguments as a tool takes them. Raises ToolError."""
    try:
        return msgspec.convert(arguments, tool.input, strict=True)
    except msgspec.ValidationError as error:
        raise errors.refuse_arguments(error) from error


def _cut(output: ToolOutput, most_bytes: int) -> dict[str, typing.Any]:
    """Return a result ready for JSON, with as many of its rows as an answer holds."""
    text = frames.dumps(output)
    if len(text.encode()) > most_bytes:
        if not isinstance(output, PagedOutput):
            raise ToolError("too_long", f"The answer is longer than {most_bytes} bytes. Ask for less.")
        text = _shortened(output, most_bytes)
    value: dict[str, typing.Any] = msgspec.json.decode(text)
    return value


def _shortened(output: PagedOutput, most_bytes: int) -> str:
    """Write a result with as many of its first rows as fit. Raises ToolError where not one does."""
    rows = getattr(output, output.ROWS)
    fits, too_many = 0, len(rows)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(frames.dumps(_first(output, rows, middle)).encode()) <= most_bytes:
            fits = middle
        else:
            too_many = middle
    if not fits:
        raise ToolError("too_long", f"One row is longer than {most_bytes} bytes. Ask for less.")
    return frames.dumps(_first(output, rows, fits))


def _first(output: PagedOutput, rows: typing.Sequence[typing.Any], count: int) -> PagedOutput:
    """Return a result with the first `count` of its rows."""
    kept = rows[:count]
    changed: dict[str, typing.Any] = {
        output.ROWS: kept,
        "truncated": True,
        "left_out": output.left_out + len(rows) - count,
        "next": output.next_after(kept[-1]) if count else None,
    }
    if hasattr(output, "more"):
        changed["more"] = True
    return msgspec.structs.replace(output, **changed)
