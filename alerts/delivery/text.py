"""A firing as people read it outside the desk. Pure. Times are in ms."""

import datetime
import typing
from collections.abc import Mapping

from brokers.instruments.calendar import NEW_YORK
from streaming.formatting import lasting

LATE_MS = 10_000
"""From when on a message says how late it comes."""


def title(firing: Mapping[str, typing.Any], count: int = 1) -> str:
    """Return what a firing is called: its condition; with `count`, that there were more of them."""
    what = str(firing.get("what") or firing.get("text") or "An alert fired")
    return what if count == 1 else f"{what}: {count} times"


def body(firing: Mapping[str, typing.Any], at: int, now: int, late_ms: int | None, *, count: int = 1) -> str:
    """Return what a firing saw, line by line: values with their age or a headline, what is odd, and the note."""
    if count > 1:
        lines = [f"{count} firings in one message, the newest at {clock(at)}. All are in the desk's list."]
    else:
        item = firing.get("detail", {}).get("headline")
        lines = [item] if item else [_reading(value) for value in firing.get("values", ())]
        lines.append(", ".join([f"at {clock(at)}", *_odd(firing, late_ms)]))
    if note := firing.get("note"):
        lines.append(str(note))
    if count == 1 and now - at > LATE_MS and late_ms is None:
        lines.append(f"told {lasting((now - at) / 1000)} late")
    return "\n".join(lines)


def clock(at: int) -> str:
    """Return a time as people in this market say it: "Tue 24 Nov 14:27:12 ET"."""
    moment = datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M:%S} ET"


def _reading(value: Mapping[str, typing.Any]) -> str:
    said = f"{value['field']} {value.get('value', 'not known')}"
    age_ms = value.get("age_ms")
    return said if age_ms is None else f"{said}, {age_ms / 1000:.1f} s old"


def _odd(firing: Mapping[str, typing.Any], late_ms: int | None) -> list[str]:
    """Return what has to be said of a firing that nobody saw happen."""
    said = []
    if firing.get("seen_in"):
        said.append(f"seen in a {firing['seen_in']}")
    if late_ms is not None:
        said.append(f"recovered, {lasting(late_ms / 1000)} late")
    if firing.get("gap"):
        said.append("over a gap")
    if firing.get("order_unknown"):
        said.append("up and down in one minute: which came first is not known")
    return said
