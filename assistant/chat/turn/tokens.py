"""Estimates tokens without a vocabulary, and learns how far off it is from what a server counts. Pure."""

import json
import math
import typing
from collections.abc import Sequence

Message = dict[str, typing.Any]

FIRST_FACTOR = 1.15
"""Errs long until a server counted."""
LEAST_FACTOR, MOST_FACTOR = 0.7, 1.6
WEIGHT = 0.2
PER_MESSAGE = 4


def raw_tokens(messages: Sequence[Message], tools: Sequence[Message]) -> float:
    """Return the estimate of a prompt, before any factor."""
    written = sum(_text_tokens(_text(message)) + PER_MESSAGE for message in messages)
    return written + (len(json.dumps(tools).encode()) / 3.2 if tools else 0)


def _text(message: Message) -> str:
    calls = message.get("tool_calls")
    return (message.get("content") or "") + (json.dumps(calls) if calls else "")


def _text_tokens(text: str) -> float:
    ascii_bytes = len(text.encode("ascii", "ignore"))
    return ascii_bytes / 3.6 + (len(text.encode("utf-8", "replace")) - ascii_bytes) / 2


class TokenEstimate:
    """Estimates for one model."""

    def __init__(self) -> None:
        self.factor = FIRST_FACTOR

    def count(self, messages: Sequence[Message], tools: Sequence[Message] = ()) -> int:
        """Return about how many tokens a prompt has."""
        return self.scale(raw_tokens(messages, tools))

    def scale(self, raw: float) -> int:
        """Return about how many tokens that is which `raw_tokens` counted."""
        return math.ceil(raw * self.factor)

    def count_characters(self, characters: int) -> int:
        """Return about how many tokens an answer of that length has."""
        return math.ceil(characters / 3.6 * self.factor)

    def learn(self, messages: Sequence[Message], tools: Sequence[Message], counted: int) -> None:
        """Take note of what a server counted for a prompt."""
        raw = raw_tokens(messages, tools)
        if raw > 0 and counted > 0:
            seen = min(MOST_FACTOR, max(LEAST_FACTOR, counted / raw))
            self.factor += WEIGHT * (seen - self.factor)


_estimates: dict[str, TokenEstimate] = {}


def estimate_for(model: str) -> TokenEstimate:
    """Return the estimate of this process for a model."""
    return _estimates.setdefault(model, TokenEstimate())
