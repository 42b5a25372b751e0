"""The earlier turns of a conversation, as a model reads them. Pure."""

import datetime
from collections.abc import Sequence

from assistant.chat.conversations.store import Shown, answer_text
from assistant.chat.turn.tokens import Message


def history_of(turns: Sequence[Shown]) -> list[Message]:
    """Return the messages of earlier turns. Of a call one line is left, so that old numbers are not taken for new."""
    return [message for turn in turns for message in _exchange(turn)]


def _exchange(turn: Shown) -> list[Message]:
    at = datetime.datetime.fromtimestamp(turn["at"] / 1000, datetime.UTC)
    lines = [f"[{call['tool']} at {at:%H:%M} UTC, {_rows(call)}, not kept]" for call in turn["tools"]]
    text = "\n".join([*lines, answer_text(turn["answer"])])
    return [{"role": "user", "content": turn["question"]}, {"role": "assistant", "content": text}]


def _rows(call: Shown) -> str:
    rows = call.get("rows")
    return "no answer" if call.get("is_error", True) else "answered" if rows is None else f"{rows} rows"
