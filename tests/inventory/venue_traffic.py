"""What the desk sends to venues: requests with their parameters, and messages on streams, reduced to templates."""

import json
import pathlib
import re
import typing
from urllib.parse import parse_qsl, unquote

from tests.inventory.shapes import Shape, kind_of, merge, shape_of

BELOW = {"tradier": "/v1/", "alpaca": "/alpaca/"}
"""Where the simulated venues stand on their one port; the rest is tastytrade's."""
CONTROL = "/_sim"
"""Where tests give orders to them."""
TEMPLATES = (
    (re.compile(r"[A-Z]{1,6} *\d{6}[CP]\d{8}"), "<option>"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "<date>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d+"), "<number>"),
    (re.compile(r"[A-Z]{2,5}"), "<symbol>"),
)
NAMED = ("type", "action", "event", "channel")
"""Members of a message that say what it is."""


class Traffic:
    """What venues were sent until now. `file` is that of `venue_recorder.py`, `accounts` the numbers to leave out."""

    def __init__(self, file: pathlib.Path, accounts: typing.Collection[str]) -> None:
        self._lines = file.open(encoding="utf-8")
        self._rest = ""
        self._accounts = accounts
        self._found: dict[str, dict[str, Shape]] = {}

    def found(self) -> dict[str, typing.Any]:
        """Return shapes by venue, then by request or by message of a WebSocket."""
        *lines, self._rest = (self._rest + self._lines.read()).split("\n")
        for line in lines:
            self._record(json.loads(line))
        return {venue: dict(shapes) for venue, shapes in self._found.items()}

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _record(self, line: dict[str, typing.Any]) -> None:
        if line["path"].startswith(CONTROL):
            return
        shapes = self._found.setdefault(venue_of(line["path"]), {})
        name = f"{line['method']} {template(line['path'], self._accounts)}"
        if "message" in line:
            kind, shape = _message(line["message"])
            name = f"{name}: {kind}"
        else:
            shape = {f"header {header}": value or "text" for header, value in line["headers"].items()}
            shape |= {f"query {parameter}": _text_kind(value) for parameter, value in line["query"].items()}
            shape |= _body(line.get("body", ""))
        shapes[name] = merge(shapes[name], shape) if name in shapes else shape


def venue_of(path: str) -> str:
    """Return the venue that a path belongs to."""
    return next((venue for venue, start in BELOW.items() if path.startswith(start)), "tastytrade")


def template(path: str, accounts: typing.Collection[str]) -> str:
    """Return a path without its data: `/accounts/<account>/orders/<number>`."""
    return "/".join(_segment(unquote(segment), accounts) for segment in path.split("/"))


def _segment(segment: str, accounts: typing.Collection[str]) -> str:
    if segment in accounts:
        return "<account>"
    return next((name for form, name in TEMPLATES if form.fullmatch(segment)), segment)


def _message(text: str) -> tuple[str, Shape]:
    """Return what a message on a stream is, and its shape."""
    message = json.loads(text)
    kind = " ".join(str(message[name]) for name in NAMED if isinstance(message.get(name), str))
    return kind or "message", shape_of(message)


def _body(text: str) -> Shape:
    if not text:
        return {}
    try:
        return {f"body {path}".rstrip(): kinds for path, kinds in shape_of(json.loads(text)).items()}
    except json.JSONDecodeError:
        return {f"form {name}": _text_kind(value) for name, value in parse_qsl(text, keep_blank_values=True)}


def _text_kind(text: str) -> str:
    """Return the kind of a value that is written as text, as parameters are: `number` where it is digits alone."""
    return "number" if text.isdigit() else kind_of(text)
