"""Times in pages: a page without a script has them in UTC, its script writes them in the person's own zone."""

import datetime
import typing
from collections.abc import Sequence

from django import template

from lib.clock import now_ms
from streaming.formatting import lasting

register = template.Library()
Held = dict[str, typing.Any]


@register.filter
def moment(at: int | str | None) -> str:
    """A time in ms since the epoch: `14:31:07 UTC` of today, else with its day; nothing where there is none."""
    if at is None or at == "":
        return ""
    when = datetime.datetime.fromtimestamp(int(at) / 1000, datetime.UTC)
    is_today = when.date() == datetime.datetime.now(datetime.UTC).date()
    return f"{when:%H:%M:%S} UTC" if is_today else f"{when.day} {when:%b %H:%M} UTC"


@register.filter
def held_age(value: Held | Sequence[Held] | None) -> str:
    """How long ago what was last known was told: `58 min`; the oldest of several. Nothing for what is as loaded."""
    items = value if isinstance(value, list) else [value]
    times = [item["at"] for item in items if isinstance(item, dict) and item.get("held") and item.get("at")]
    return lasting((now_ms() - min(times)) / 1000) if times else ""


@register.filter
def brief(age: str) -> str:
    """An age where there is little room: `58m`."""
    return age.replace(" min", "m").replace(" ", "")
