"""Text that others wrote, before a model reads it: what people do not see is dropped, what models obey is defused.

A result has it under the key `outside` only. That stops no instruction that is plain words: it marks whose they are.
"""

import re
import typing
import unicodedata
from collections.abc import Iterable, Mapping

MOST_CHARACTERS = 500
_MARK = re.compile(
    r"<(?=\|)|(?<=\|)>|\[(?=/?(?:INST|SYS)\])|<(?=/?(?:s|think|tool_call|tool_response|tools|system|assistant|user)>)"
    r"|<(?=<\/?SYS>>)|^#+(?=\s*(?:system|assistant|user|instruction)\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""What begins, or ends, a part of a chat in the templates of models."""
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


def clean_text(text: str) -> str:
    """Return text without what people do not see, 500 characters at most; marks of chat templates become `‹`."""
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(letter for letter in composed if letter == "\n" or not _is_hidden(letter))
    cut = shown if len(shown) <= MOST_CHARACTERS else f"{shown[: MOST_CHARACTERS - 1]}…"
    return _MARK.sub("‹", cut)


def move_outside(row: Mapping[str, typing.Any], names: Iterable[str]) -> dict[str, typing.Any]:
    """Return a row whose fields of those names stand under `outside`, as clean text."""
    theirs = frozenset(names)
    kept = {name: value for name, value in row.items() if name not in theirs}
    found = {name: _cleaned(row[name]) for name in row if name in theirs}
    return kept | {"outside": found} if found else kept


def _cleaned(value: typing.Any) -> typing.Any:
    """Clean every text within a value."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _cleaned(one) for name, one in value.items()}
    return value


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in _HIDDEN or any(low <= ord(letter) <= high for low, high in _SELECTORS)
