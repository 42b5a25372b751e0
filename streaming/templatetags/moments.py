"""Times in pages: a page without a script has them in UTC, its script writes them in the person's own zone."""

import datetime

from django import template

register = template.Library()


@register.filter
def moment(at: int | str | None) -> str:
    """A time in ms since the epoch: `14:31:07 UTC` of today, else with its day; nothing where there is none."""
    if at is None or at == "":
        return ""
    when = datetime.datetime.fromtimestamp(int(at) / 1000, datetime.UTC)
    is_today = when.date() == datetime.datetime.now(datetime.UTC).date()
    return f"{when:%H:%M:%S} UTC" if is_today else f"{when.day} {when:%b %H:%M} UTC"
