"""Runs the calls of tools that a model requests, within the limits of the turn."""

import asyncio
import time
import typing
from collections.abc import Awaitable, Callable, Sequence

from assistant.audit import describe_call, digest_of, keep_call, outcome_of
from assistant.call import ToolResult, call_tool
from assistant.catalogue import tool_named
from assistant.chat.grounding.evidence import Evidence
from assistant.chat.provider.events import CallRequest
from assistant.chat.safety.provenance import is_derived
from assistant.chat.safety.taint import Taint
from assistant.chat.turn.asker import Asker
from assistant.chat.turn.events import ToolAnswered, ToolAsked
from assistant.chat.turn.system_text import CANARY
from assistant.chat.turn.tokens import Message
from assistant.contract.errors import ToolError
from assistant.contract.progress import ignore_progress
from assistant.contract.tool import PagedOutput
from assistant.counts import counts
from assistant.tools.calculation import CALCULATE
from lib.tasks import Tasks
from streaming.wire import frames

LEAST_BYTES = 512
"""A result that may not even be so long is refused."""
Tell = Callable[[typing.Any], Awaitable[None]]
"""Takes an event of the turn, or a piece of its answer."""

audits = Tasks("audit of chat calls")
"""Stores calls beside what goes on."""


class ToolRounds:
    """The calls of one turn. `is_over` says that no more may be requested."""

    def __init__(self, asker: Asker, evidence: Evidence, taint: Taint, tell: Tell) -> None:
        self._asker = asker
        self._limits = asker.limits
        self._evidence = evidence
        self._taint = taint
        self._tell = tell
        self._count = 0
        self._bytes_left = asker.limits.results_bytes
        self._seconds_left = asker.limits.tools_s
        self._known: dict[str, list[ToolResult]] = {}
        self._places = asyncio.Semaphore(asker.limits.at_once)
        self.is_over = False

    @property
    def left(self) -> int:
        """How many calls may still run."""
        return max(0, self._limits.calls - self._count)

    async def run(self, requests: Sequence[CallRequest]) -> list[Message]:
        """Run the calls of one round, some at a time; return a message for each, in their order."""
        begun = time.monotonic()
        allowed = min(self._limits.result_bytes, self._bytes_left // max(1, len(requests)))
        numbered = [(self._count + place, request) for place, request in enumerate(requests, 1)]
        self._count += len(requests)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._run(number, request, allowed)) for number, request in numbered]
        finally:
            self._seconds_left -= time.monotonic() - begun
        self.is_over = self.is_over or self._count >= self._limits.calls or self._seconds_left <= 0
        return [
            {"role": "tool", "tool_call_id": request.id, "content": task.result()}
            for (_, request), task in zip(numbered, tasks, strict=True)
        ]

    async def _run(self, number: int, request: CallRequest, allowed: int) -> str:
        """Run one call; return its result as a model reads it."""
        async with self._places:
            await self._tell(self._asked(number, request))
            begun = time.monotonic()
            result = await self._find(number, request, allowed)
            took_ms = round((time.monotonic() - begun) * 1000)
        if not result.is_error:
            arguments = request.arguments or {}
            if request.name != CALCULATE.name or is_derived(arguments, self._evidence):
                self._evidence.add_result(number, request.name, result.value, arguments)
            self._taint.add_result(result.value)
        text = frames.dumps({"call": f"c{number}", **result.value})
        self._bytes_left -= len(text.encode())
        await self._tell(_answered(number, request.name, result, took_ms))
        return text

    def _asked(self, number: int, request: CallRequest) -> ToolAsked:
        """Return what people are told of a request; arguments that are too long are not told."""
        tool = tool_named(request.name)
        name, title = (tool.name, tool.title) if tool is not None else (request.name[:40], "Unknown tool")
        arguments = request.arguments if self.is_short(request) else None
        return ToolAsked(call=number, tool=name, title=title, arguments=arguments or {})

    def is_short(self, request: CallRequest) -> bool:
        """Whether arguments are no longer than they may be."""
        return len(request.text.encode("utf-8", "replace")) <= self._limits.arguments_bytes

    async def _find(self, number: int, request: CallRequest, allowed: int) -> ToolResult:
        """Return what a call comes to; what the limits refuse is never run."""
        try:
            arguments = self._check(number, request, allowed)
        except ToolError as error:
            return ToolResult(error.value, is_error=True)
        known = self._known.setdefault(f"{request.name} {digest_of(arguments)}", [])
        if len(known) >= self._limits.repeats:
            self.is_over = True
        if known:
            known.append(known[0])
            return known[0]
        result = await self._call(request.name, arguments, allowed)
        known.append(result)
        return result

    def _check(self, number: int, request: CallRequest, allowed: int) -> dict[str, typing.Any]:
        """Return the arguments of a call that may run. Raises ToolError."""
        tool = tool_named(request.name)
        if number > self._limits.calls or allowed < LEAST_BYTES or self._seconds_left <= 0:
            raise ToolError("limit", "The limit of this turn is reached. Answer from what you have.")
        if CANARY.is_in(request.text):
            raise ToolError("bad_message", "The arguments hold what stands in the system text.")
        if request.arguments is None:
            raise ToolError("bad_message", "The arguments are no JSON object.")
        if not self.is_short(request):
            raise ToolError("bad_message", f"Arguments have {self._limits.arguments_bytes} bytes at most.")
        if _is_deeper(request.arguments, self._limits.arguments_depth):
            raise ToolError("bad_message", f"Arguments nest {self._limits.arguments_depth} levels at most.")
        if tool is not None and not self._taint.allows(tool):
            raise ToolError("tainted", "This turn read text that others wrote: no tool that changes may be called.")
        return request.arguments

    async def _call(self, name: str, arguments: dict[str, typing.Any], allowed: int) -> ToolResult:
        caller, begun = self._asker.caller, time.monotonic()
        result = None
        try:
            async with asyncio.timeout(min(self._limits.tool_s, self._seconds_left)):
                result = await call_tool(caller, name, arguments, ignore_progress, most_bytes=allowed)
        except TimeoutError:
            result = ToolResult(ToolError("timeout", "It took too long.").value, is_error=True)
        finally:
            kept_name = name if tool_named(name) is not None else "unknown"
            call = describe_call(caller, kept_name, arguments, result, time.monotonic() - begun)
            audits.start(keep_call(call), kept_name)
        counts.calls[kept_name, outcome_of(result)] += 1
        return result


def _answered(number: int, name: str, result: ToolResult, took_ms: int) -> ToolAnswered:
    tool = tool_named(name)
    rows = None
    if tool is not None and not result.is_error and issubclass(tool.output, PagedOutput):
        rows = len(result.value[tool.output.ROWS])
    return ToolAnswered(
        call=number,
        tool=tool.name if tool is not None else name[:40],
        rows=rows,
        age_ms=None if result.is_error else oldest_age(result.value),
        took_ms=took_ms,
        is_error=result.is_error,
        detail=str(result.value["detail"]) if result.is_error else "",
    )


def oldest_age(value: typing.Any) -> int | None:
    """Return the greatest `age_ms` in a result; None where it holds none."""
    ages = [one for one in _ages(value) if isinstance(one, int)]
    return max(ages, default=None)


def _ages(value: typing.Any) -> typing.Iterator[typing.Any]:
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and "age_ms" in value:
        yield value["age_ms"]
    for one in rows:
        yield from _ages(one)


def _is_deeper(value: typing.Any, levels: int) -> bool:
    """Whether a value nests deeper than so many levels."""
    rows = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return rows is not None and (levels == 0 or any(_is_deeper(one, levels - 1) for one in rows))
