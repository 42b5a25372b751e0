"""Whether a date or a time of day of an answer is one of the evidence. Pure."""

import datetime
import re
import zoneinfo
from collections.abc import Iterator

from assistant.chat.grounding.evidence import Evidence, EvidenceNumber
from assistant.chat.grounding.figures import Figure

_NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
_ZONE = re.compile(r"\s*\(?(?:(UTC|GMT|Z)|(ET|EST|EDT|New York))\b")


def zone_after(text: str, end: int, zone: datetime.tzinfo) -> datetime.tzinfo:
    """Return the zone that is named behind a time, else `zone`."""
    found = _ZONE.match(text, end)
    if found is None:
        return zone
    return datetime.UTC if found[1] else _NEW_YORK


def match_time(figure: Figure, zone: datetime.tzinfo, evidence: Evidence) -> EvidenceNumber | None:
    """Return the time (ms) that a time of day is, to the minute, or to the second where it tells one."""
    zone = datetime.UTC if figure.unit == "utc" else zone
    for one in evidence.numbers:
        if one.unit == "at" and one.value > 0 and not one.is_count:
            moment = _moment(int(one.value), zone)
            is_minute = 60 * moment.hour + moment.minute == figure.value
            if is_minute and figure.second in (-1, moment.second):
                return one
    return None


def match_date(figure: Figure, zone: datetime.tzinfo, evidence: Evidence) -> bool:
    """Whether a date is one that a result names, or that of one of its times."""
    return any(
        (one.month, one.day) == (figure.month, figure.day) and figure.year in (0, one.year)
        for one in _dates(zone, evidence)
    )


def match_year(figure: Figure, zone: datetime.tzinfo, evidence: Evidence) -> bool:
    """Whether a number is the year of a date in the evidence."""
    return any(figure.value == one.year for one in _dates(zone, evidence))


def _dates(zone: datetime.tzinfo, evidence: Evidence) -> Iterator[datetime.date]:
    yield from evidence.dates
    for one in evidence.numbers:
        if one.unit == "at" and one.value > 0 and not one.is_count:
            yield _moment(int(one.value), zone).date()


def _moment(at: int, zone: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(min(at, 10**13) / 1000, zone)
