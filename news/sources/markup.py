"""Text from markup, and addresses that a page may link to. Pure."""

import html
import html.parser
import re
import unicodedata
import urllib.parse

SILENT = frozenset({"script", "style", "head", "template", "iframe", "object", "noscript", "svg", "math"})
"""Elements whose content is no text."""
_URL_LENGTH = 2_000
_MARKUP = re.compile(r"[<&]")


class _TextReader(html.parser.HTMLParser):
    """Collects the text of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain_text(markup: str | None, length: int) -> str:
    """Return what markup says, without it: entities decoded, on one line, at most `length` characters.

    Markup inside of markup goes too, and so does what turns the direction of text, or cannot be seen.
    """
    text = (markup or "")[: length * 20]
    for _ in range(3):
        if not _MARKUP.search(text):
            break
        text = _without_tags(text)
    visible = (" " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C")
    whole = " ".join("".join(visible).split())
    return whole if len(whole) <= length else whole[: length - 1].rstrip() + "…"


def _without_tags(text: str) -> str:
    reader = _TextReader()
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)


def safe_url(text: str | None) -> str | None:
    """Return an address that a page may link to: http or https, of a host, without credentials. None for any other."""
    address = (text or "").strip()
    if not address or len(address) > _URL_LENGTH or any(one.isspace() or ord(one) < 32 for one in address):
        return None
    try:
        parts = urllib.parse.urlsplit(address)
        is_fine = parts.scheme in ("http", "https") and parts.hostname and not (parts.username or parts.password)
    except ValueError:
        return None
    return address if is_fine else None
