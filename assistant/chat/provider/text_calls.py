"""A call that a small model writes into its answer, where others call. It is neither run nor shown. Pure."""

import re

_MARKS = ("{", "<tool_call", "<function", "[tool_calls]", "<|python_tag|>", "```json", "```tool")
"""How an answer begins that may be a call."""
_CALL = re.compile(
    r"\A\s*(?:<tool_call|<function[=>]|\[TOOL_CALLS\]|<\|python_tag\|>|```(?:json|tool_?(?:call|code)?)?\s*)?"
    r"[\s\S]{0,40}?\{\s*\"(?:name|tool|function|type)\"\s*:",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\A\s*(?:<tool_call|<function[=>]|\[TOOL_CALLS\]|<\|python_tag\|>)", re.IGNORECASE)


class TextCallFilter:
    """Holds an answer back that begins as a call does, until its end shows what it is."""

    def __init__(self) -> None:
        self.is_call = False
        """Whether the answer was one, known at its end."""
        self._held: str | None = ""

    def feed(self, text: str) -> str:
        """Take a piece. Returns what may be shown by now; it may be empty."""
        if self._held is None:
            return text
        self._held += text
        begun = self._held.lstrip().lower()
        if any(begun.startswith(mark) or mark.startswith(begun) for mark in _MARKS):
            return ""
        held, self._held = self._held, None
        return held

    def end(self) -> str:
        """Return what was held back, unless it is a call."""
        held, self._held = self._held or "", None
        self.is_call = bool(_MARKED.match(held) or _CALL.match(held))
        return "" if self.is_call else held
