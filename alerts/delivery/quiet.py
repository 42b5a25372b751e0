"""Quiet hours: when a channel is told nothing, and when that ends. Pure."""

import datetime
import zoneinfo
from collections.abc import Iterable


def quiet_until(hours: Iterable[str], zone: str, now: datetime.datetime) -> datetime.datetime | None:
    """Return when quiet hours end that `now` lies in; None where it lies in none.

    Each is written `22:00-07:00`, by the clock of `zone`. Those that meet are one: it is the end of the last.
    """
    local = now.astimezone(zoneinfo.ZoneInfo(zone))
    spans = [span for text in hours for day in (-1, 0, 1) if (span := _span(text, local, day)) is not None]
    end = local
    while True:
        later = max((until for since, until in spans if since <= end < until), default=None)
        if later is None:
            return None if end == local else end.astimezone(datetime.UTC)
        end = later


def _span(text: str, local: datetime.datetime, day: int) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return when quiet hours begin and end that begin `day` days from today; None for none at all."""
    since, until = (datetime.time.fromisoformat(part) for part in text.split("-"))
    if since == until:
        return None
    date = local.date() + datetime.timedelta(days=day)
    begins = datetime.datetime.combine(date, since, local.tzinfo)
    ends = datetime.datetime.combine(date + datetime.timedelta(days=until < since), until, local.tzinfo)
    return begins, ends
