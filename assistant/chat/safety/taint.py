"""Whether text that others wrote entered the context of a turn. From then on no tool that changes is left. Pure."""

import typing
from collections.abc import Iterable

from assistant.contract.tool import Tool

OUTSIDE = "outside"


class Taint:
    """The taint of one turn."""

    def __init__(self) -> None:
        self.is_tainted = False

    def add_result(self, value: typing.Any) -> None:
        """Take note of a result that the model will read."""
        self.is_tainted = self.is_tainted or has_outside(value)

    def allows(self, tool: Tool) -> bool:
        """Whether a tool may still be called in this turn."""
        return tool.hints.read_only or not self.is_tainted

    def left(self, tools: Iterable[Tool]) -> list[Tool]:
        """Return the tools that may still be called."""
        return [tool for tool in tools if self.allows(tool)]


def has_outside(value: typing.Any) -> bool:
    """Whether a result holds text that others wrote."""
    if isinstance(value, dict):
        return any(name == OUTSIDE or has_outside(one) for name, one in value.items())
    return isinstance(value, list) and any(map(has_outside, value))
