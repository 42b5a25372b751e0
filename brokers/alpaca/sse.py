"""Server-sent events as they come over the wire, comments included. Pure.

Source: html.spec.whatwg.org, 9.2.6. This venue sends nothing but `data:` and comments, and what it says in comments
matters: that it lives, that it dropped messages, that it broke.
"""

import codecs
import typing

LONGEST = 1 << 20
"""Characters of one event or line; what is longer without an end is none."""

Kind = typing.Literal["data", "alive", "loss", "broken"]


def kind_of(comment: str) -> Kind:
    """Return what a comment says."""
    text = comment.lower()
    if "dropped" in text or "too slowly" in text:
        return "loss"
    return "broken" if "internal server error" in text else "alive"


class SseLines:
    """Takes a stream of bytes apart into events and comments, wherever its chunks end."""

    def __init__(self) -> None:
        self.bad = 0
        """How many lines and events were too long to be any."""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._after_cr = False
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[tuple[Kind, str]]:
        """Take a chunk. Returns what is whole now: an event's data, or what a comment says."""
        found: list[tuple[Kind, str]] = []
        text = self._decoder.decode(chunk)
        if self._after_cr and text:
            text, self._after_cr = text.removeprefix("\n"), False
        self._after_cr = text.endswith("\r")
        *lines, rest = (self._rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            self._receive_line(line, found)
        self._rest = rest
        if len(rest) > LONGEST:
            self.bad, self._rest = self.bad + 1, ""
        return found

    def _receive_line(self, line: str, found: list[tuple[Kind, str]]) -> None:
        if not line:
            self._dispatch(found)
        elif line.startswith(":"):
            found.append((kind_of(line), line[1:].strip()))
        elif line.startswith("data:"):
            value = line[5:].removeprefix(" ")
            self._size += len(value)
            if self._size <= LONGEST:  # what is longer is thrown away when it ends
                self._data.append(value)

    def _dispatch(self, found: list[tuple[Kind, str]]) -> None:
        """A blank line ends an event."""
        data, self._data, size, self._size = self._data, [], self._size, 0
        if size > LONGEST:
            self.bad += 1
        elif data:
            found.append(("data", "\n".join(data)))
