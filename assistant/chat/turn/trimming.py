"""Fits the messages of a turn into the context of a model. Pure."""

import json
import typing
from collections.abc import Sequence

from assistant.chat.turn.tokens import Message, TokenEstimate, raw_tokens

LEFT_OUT = "left_out_of_context"
"""How many rows of a result were taken out."""


class ContextTooLongError(Exception):
    """The system text, the tools and the question alone are too long."""


def trim_messages(
    system: Message, history: Sequence[Message], turn: Sequence[Message], tools: Sequence[Message],
    estimate: TokenEstimate, most: int,
) -> list[Message]:  # fmt: skip
    """Return the messages that fit into `most` tokens.

    `turn` begins with the question. The oldest exchanges of `history` go first, in pairs, then rows at the end of
    results. The system text, the tools and the question stay. Raises ContextTooLongError.
    """
    kept = list(history)
    fixed = raw_tokens([system, *turn], tools)
    weights = [raw_tokens([message], []) for message in kept]
    while kept and estimate.scale(fixed + sum(weights)) > most:
        length = _exchange_length(kept)
        del kept[:length], weights[:length]
    trimmed = [system, *kept, *turn]
    while estimate.count(trimmed, tools) > most:
        shorter = _shorten_result(trimmed)
        if shorter is None:
            raise ContextTooLongError
        trimmed = shorter
    return trimmed


def _exchange_length(history: Sequence[Message]) -> int:
    """Return how many messages the oldest exchange has: up to the next question."""
    questions = [place for place, message in enumerate(history) if message["role"] == "user" and place]
    return questions[0] if questions else len(history)


def _shorten_result(messages: Sequence[Message]) -> list[Message] | None:
    """Return the messages with half the rows of the longest result; None where none can be shorter."""
    results = [place for place, message in enumerate(messages) if message["role"] == "tool"]
    for place in sorted(results, key=lambda one: len(messages[one]["content"]), reverse=True):
        content = _first_half(messages[place]["content"])
        if content is not None:
            return [*messages[:place], {**messages[place], "content": content}, *messages[place + 1 :]]
    return None


def _first_half(content: str) -> str | None:
    """Return a result with the first half of its longest list: references name rows by their place, so that the rest
    must not move up. None where no list has two rows.
    """
    value: dict[str, typing.Any] = json.loads(content)
    lists = {name: rows for name, rows in value.items() if isinstance(rows, list) and len(rows) > 1}
    if not lists:
        return None
    name = max(lists, key=lambda one: len(lists[one]))
    rows = lists[name]
    kept = rows[: len(rows) // 2]
    left_out = value.get(LEFT_OUT, 0) + len(rows) - len(kept)
    return json.dumps({**value, name: kept, LEFT_OUT: left_out}, separators=(",", ":"), ensure_ascii=False)
