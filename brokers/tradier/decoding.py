"""Tradier's JSON is made from XML, and its errors are made of anything. How to read both. Pure.

Source: docs.tradier.com, and what clients that run against the venue had to learn. One element is an object and several
are a list; none is `null`, or the text "null"; numbers may be texts; an error is plain text, a page of HTML, a fault of
the gateway (Apigee) or, with status 200, an object `errors`.
"""

import codecs
import datetime
import json
import math
import re
import typing
from typing import Any

import msgspec

from brokers.adapter.http import parse
from brokers.instruments.calendar import NEW_YORK

Raw = dict[str, Any]

LATEST = 2**53
"""A time beyond this, in ms, is none: JavaScript could not hold it."""
WORDS = 300
"""Characters of an error that are passed on."""
REST_MAX = 1 << 18
"""Bytes of one object of a stream; what is longer without an end is none."""

_EMPTY: tuple[Any, ...] = (None, "null", "")


def as_list(value: Any) -> list[Any]:
    """Return what was one element, several or none as a list."""
    if isinstance(value, list):
        return value
    return [] if value in _EMPTY else [value]


def rows(answer: Any, *path: str) -> list[Raw]:
    """Return the objects at the end of `path` (`"quotes", "quote"`), however the venue writes one or none of them."""
    return [row for row in _at(answer, path) if isinstance(row, dict)]


def texts(answer: Any, *path: str) -> list[str]:
    """Return the texts at the end of `path`."""
    return [text for text in _at(answer, path) if isinstance(text, str)]


def _at(answer: Any, path: typing.Sequence[str]) -> list[Any]:
    for name in path[:-1]:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return as_list(answer.get(path[-1])) if isinstance(answer, dict) else []


def number(value: Any) -> float | None:
    """Read a number, or a text that is one. What is empty or not finite is None. Raises ValueError or TypeError."""
    if value.__class__ is float or value.__class__ is int:
        return value if math.isfinite(value) else None
    if value in _EMPTY:
        return None
    if not isinstance(value, str):
        raise TypeError(f"no number: {value.__class__.__name__}")
    read = float(value)
    return read if math.isfinite(read) else None


def price(value: Any) -> float | None:
    """Read a price. The venue writes 0 where there is none: no bid, no trade today."""
    return number(value) or None


def millis(value: Any) -> int | None:
    """Read a time in ms since the epoch, a number or a text. The venue writes 0 where it has none."""
    read = number(value)
    return int(read) if read is not None and 0 < read < LATEST else None


def utc(value: Any) -> int | None:
    """Read `2024-01-12 15:59:03` or `2018-06-06T20:16:17.342Z`, UTC, as ms since the epoch."""
    return _ms(value, datetime.UTC)


def eastern(value: Any) -> int | None:
    """Read `2019-05-09T09:30:00`, New York's time, as ms since the epoch."""
    return _ms(value, NEW_YORK)


def _ms(value: Any, zone: datetime.tzinfo) -> int | None:
    try:
        read = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=zone)).timestamp() * 1000)


class Objects:
    """Takes a stream of bytes apart into its JSON objects.

    They come one a line or simply one behind the other, and a chunk may end in the middle of one, or of a character.
    """

    def __init__(self) -> None:
        self.bad = 0
        """How many pieces were no objects."""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, chunk: bytes) -> list[Raw]:
        """Take a chunk. Returns the objects that are whole now."""
        *lines, rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        found: list[Raw] = []
        for line in lines:
            if self._cut(line, found):
                self.bad += 1
        self._rest = self._cut(rest, found)
        if len(self._rest) > REST_MAX:
            self.bad, self._rest = self.bad + 1, ""
        return found

    def finish(self) -> None:
        """The stream is over: what is left of it is no object."""
        self.bad, self._rest = self.bad + bool(self._rest), ""

    def _cut(self, text: str, found: list[Raw]) -> str:
        """Move the objects of `text` to `found`. Returns what is left: the beginning of the next one."""
        while text := text.lstrip():  # only there: what follows may be within a text that is cut
            if text[0] != "{":
                self.bad += 1
                text = text[at:] if (at := text.find("{")) > 0 else ""
                continue
            try:
                value, end = _DECODER.raw_decode(text)
            except (ValueError, RecursionError):
                return text
            found.append(value)
            text = text[end:]
        return ""


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite)

Kind = typing.Literal["token", "quota", "passing", "refused"]


class TradierRefusal(msgspec.Struct, frozen=True):
    """What an error of the venue comes to: the token is refused, a limit was reached, it may pass, or it will not.

    `code` is a word that can be shown: never the text itself, which may quote what was sent.
    """

    kind: Kind
    code: str


_TOKEN_CODES = {
    "keymanagement.service.access_token_expired": "the access token has expired",
    "keymanagement.service.invalid_access_token": "the access token is not valid",
    "oauth.v2.InvalidAccessToken": "the access token is not valid",
    "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound": "the token belongs to the other environment",
}
_PASSING = (404, 408, 409, 425, 500, 502, 503, 504)
"""Statuses that were seen to pass by themselves."""
_CODE = re.compile(r"[\w.-]{1,80}")
_EARLIEST = re.compile(r"start: must be on or after (\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)")


def read(status: int, body: bytes) -> Raw | TradierRefusal:
    """Read an answer: an object that tells of no error, or what its error comes to."""
    answer = _object(body)
    fault = answer.get("fault") if answer is not None else None
    if isinstance(fault, dict):
        return _fault(status, fault)
    if status >= 400:
        return _plain(status, body)
    if answer is None:
        return TradierRefusal("passing", "no JSON")  # a page of some gateway, or XML
    return TradierRefusal("refused", "errors") if "errors" in answer else answer


def _object(body: bytes) -> Raw | None:
    try:
        read = parse(body)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _fault(status: int, fault: Raw) -> TradierRefusal:
    """Read a fault of the gateway. Its code decides, for a status may be any; its text may name a token."""
    detail = fault.get("detail")
    told = detail.get("errorcode") if isinstance(detail, dict) else None
    code = told if isinstance(told, str) and _CODE.fullmatch(told) else ""
    if code in _TOKEN_CODES:
        return TradierRefusal("token", _TOKEN_CODES[code])
    if "quotaviolation" in code.lower() or status == 429:
        return TradierRefusal("quota", code or "quota")
    return TradierRefusal("token" if status == 401 and not code else "passing", code or "fault")


def _plain(status: int, body: bytes) -> TradierRefusal:
    text = body[:2000].decode("utf-8", "replace").lower()
    if "no apiproduct match found" in text:
        return TradierRefusal("token", "the token belongs to the other environment")
    if status == 401:
        return TradierRefusal("token", "the access token is not valid")
    if status == 429:
        return TradierRefusal("quota", "quota")
    if status in _PASSING:
        return TradierRefusal("passing", "")
    return TradierRefusal("refused", "")


def earliest(body: bytes) -> str | None:
    """Return from when on the venue has what was asked for too early, as it writes it; None if it does not say so."""
    match = _EARLIEST.search(body[:500].decode("utf-8", "replace"))
    return match[1] if match else None


def words(body: bytes) -> str:
    """Return the text of an error: that of `errors`, however many there are, or a plain one. Cut to a few lines."""
    answer = _object(body)
    told = texts(answer, "errors", "error") if answer is not None else []
    plain = "" if answer is not None or b"<" in body[:100] else body[:WORDS].decode("utf-8", "replace").strip()
    return ("; ".join(told) or plain or "refused")[:WORDS]
