"""Text that others wrote, before a model of the chat reads it: no markup, no codes of terminals. Pure."""

import html
import re
import typing

from assistant.contract.outside import clean_text

OUTSIDE = "outside"
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_HIDDEN_PARTS = re.compile(r"<(script|style|svg|template)\b[^>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|body|br|button|code|div|em|font|form|h[1-6]|head|html|i|iframe|img|input"
    r"|li|link|meta|object|ol|p|pre|section|span|strong|sub|sup|table|t[dhr]|u|ul)\b[^>]*>",
    re.I,
)


def clean(text: str) -> str:
    """Return text as people would read it, 500 characters at most: HTML as its text, marks of chat templates as `‹`."""
    shown = _TAG.sub(" ", _HIDDEN_PARTS.sub(" ", html.unescape(_ANSI.sub("", text))))
    return clean_text(shown)


def clean_outside(value: typing.Any, *, is_outside: bool = False) -> typing.Any:
    """Return a result in which every text under `outside` is clean."""
    if isinstance(value, str):
        return clean(value) if is_outside else value
    if isinstance(value, list):
        return [clean_outside(one, is_outside=is_outside) for one in value]
    if isinstance(value, dict):
        return {name: clean_outside(one, is_outside=is_outside or name == OUTSIDE) for name, one in value.items()}
    return value
