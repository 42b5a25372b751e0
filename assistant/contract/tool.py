"""What a tool is: a name, what it takes and gives, what it may cost, and the function that does it."""

import typing
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from accounts.auth.authentication import Scope
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress

Row = dict[str, typing.Any]
"""One row of a result, with the fields of docs/protocol.md."""


class ToolInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tool takes; other fields are refused."""


class NoInput(ToolInput, frozen=True):
    """What a tool takes that takes nothing."""


class ToolOutput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a tool gives. `at`: when, in ms."""

    at: int


class PagedOutput(ToolOutput, frozen=True, kw_only=True):
    """A result with a list that may be longer than an answer. `ROWS` names it.

    Where it was cut, `left_out` rows are missing at its end, and `next` is the argument that goes on there, where the
    tool takes one.
    """

    ROWS: typing.ClassVar[str] = "rows"
    truncated: bool = False
    left_out: int = 0
    next: typing.Any = None

    def next_after(self, row: typing.Any) -> int | str | None:
        """Return what goes on after `row`; None where nothing does."""
        return None


class ToolHints(msgspec.Struct, frozen=True):
    """What a program may assume: whether a tool changes nothing, may be repeated, and tells what others wrote."""

    read_only: bool = True
    idempotent: bool = True
    open_world: bool = False
    destructive: bool = False


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool. It is started `rate` times a minute by one token, at most; one that `streams` takes its time.

    The first sentence of `description` (240 characters at most) says when not to use it.
    """

    name: str
    title: str
    description: str
    scope: Scope = "read"
    hints: ToolHints = ToolHints()
    input: type[ToolInput]
    output: type[ToolOutput]
    rate: int = 60
    streams: bool = False
    run: Callable[[ToolCaller, typing.Any, Progress], Awaitable[ToolOutput]]

    def stays_open(self, arguments: Mapping[str, typing.Any]) -> bool:
        """Whether a call is one of its person's open streams. Where a tool takes `stream`, it is if that is so."""
        return self.streams and ("stream" not in self.input.__struct_fields__ or arguments.get("stream") is True)
