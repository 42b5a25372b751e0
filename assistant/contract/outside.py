"""Text that others wrote, before a model reads it: what people do not see is dropped, what models obey is defused.

A result has it under the key `outside` only. That stops no instruction that is plain words: it marks whose they are.
"""

import html
import re
import typing
import unicodedata
from collections.abc import Iterable, Mapping

MOST_CHARACTERS = 500
MOST_READ = 4_000
"""Characters of a text that are looked at."""
MOST_LAYERS = 4
"""How often entities within entities are resolved; what is left then is shown as it stands."""
_MARK = re.compile(
    r"<(?=\|)|(?<=\|)>|\[(?=/?(?:INST|SYS)\])|<(?=/?(?:s|think|tool_call|tool_response|tools|system|assistant|user)>)"
    r"|<(?=<\/?SYS>>)|^#+(?=\s*(?:system|assistant|user|instruction)\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""What begins, or ends, a part of a chat in the templates of models."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.I)
"""With its semicolon: `?a=1&copy=2` is an address."""
_HIDDEN_PARTS = re.compile(r"<(script|style|svg|template)\b[^>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|body|br|button|code|div|em|font|form|h[1-6]|head|html|i|iframe|img|input"
    r"|li|link|meta|object|ol|p|pre|section|span|strong|sub|sup|table|t[dhr]|u|ul)\b[^>]*>",
    re.I,
)
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


def clean_text(text: str) -> str:
    """Return text as people would read it, 500 characters at most: HTML as its text, marks of chat templates as `‹`."""
    shown = text[:MOST_READ]
    for _ in range(MOST_LAYERS):
        before, shown = shown, _uncovered(shown)
        if shown == before:
            break
    cut = shown if len(shown) <= MOST_CHARACTERS else f"{shown[: MOST_CHARACTERS - 1]}…"
    return _MARK.sub("‹", cut)


def _uncovered(text: str) -> str:
    """Take one layer of what hides away: codes of terminals, letters that are not seen, entities and markup."""
    composed = unicodedata.normalize("NFC", _ENTITY.sub(lambda found: html.unescape(found[0]), _ANSI.sub("", text)))
    shown = "".join(letter for letter in composed if letter == "\n" or not _is_hidden(letter))
    return _TAG.sub(" ", _HIDDEN_PARTS.sub(" ", shown))


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
