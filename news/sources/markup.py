"""Plain text out of markup, and addresses that a page may link to. Pure."""

import html.parser
import re
import unicodedata
import urllib.parse

RAW_MAX = 20_000
"""Characters of markup that are read; the texts that are kept are far shorter."""
URL_MAX = 2_000
_ROUNDS = 3
"""How often text is taken out of text: `&amp;lt;b&amp;gt;` is markup only the second time."""

_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*(?:>|$)?")
_LEFT = re.compile(r"<(?=[a-zA-Z/!?])")
_JOINERS = "\u200c\u200d"
_HIDDEN = ("script", "style", "template", "title", "svg", "math", "iframe", "noscript", "object")
_BREAKS = frozenset(("p", "br", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "hr", "dd"))


class _TextReader(html.parser.HTMLParser):
    """Gathers what is neither a tag, a comment nor inside of what pages do not show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def to_text(markup: object, limit: int) -> str:
    """Return the text of `markup` in at most `limit` characters; empty for what is no text.

    No tag and no entity is left, nor a character that a reader cannot see or that turns the direction of writing;
    white space is folded.
    """
    if not isinstance(markup, str):
        return ""
    text = markup[:RAW_MAX]
    for _ in range(_ROUNDS):
        if "<" not in text and "&" not in text:
            break
        text = _read(text)
    return _cut(_fold(_LEFT.sub("", _TAG.sub(" ", text))), limit)


def _read(markup: str) -> str:
    reader = _TextReader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


def _fold(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(map(_visible, text))
    return " ".join(text.split())


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter not in _JOINERS else letter


def _cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` characters, between words where one ends in the last fifth."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at = head.rfind(" ", limit * 4 // 5)
    return (head[:at] if at > 0 else head).rstrip(" ,;:-") + "…"


def safe_url(address: object) -> str | None:
    """Return `address` where a page may link to it: http or https, a host, no credentials. None for all else."""
    if not isinstance(address, str):
        return None
    address = address.strip()
    if len(address) > URL_MAX or any(_visible(letter) in ("", " ") for letter in address) or "\\" in address:
        return None
    try:
        parts = urllib.parse.urlsplit(address)
        is_linkable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return address if is_linkable and "@" not in parts.netloc else None
