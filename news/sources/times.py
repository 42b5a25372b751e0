"""When a source says that something was published. Pure.

Feeds write times as they like. A parser that takes what it does not know for UTC is silently wrong by hours, so the raw
text is read here: RFC 822 (RSS), then ISO 8601 (Atom); a time without a zone, or with one that nobody defined, is in
the zone that the source's settings name, and without such a zone it is not known.
"""

import datetime
import re
import typing
import zoneinfo

from news.sources.contract import PublishedBy

FUTURE = datetime.timedelta(seconds=2)
"""How far ahead of us a source's clock may be."""
WRONG = 3
"""So many items in a row from the future, and the source's times are not believed any more."""

_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3,9})\.?\s+(?P<year>\d{4}|\d{2})"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?)?"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {
    "GMT": 0, "UT": 0, "UTC": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7,
}  # fmt: skip
"""The zones that RFC 822 defines (5.1). Military letters but Z are ambiguous (RFC 2822, 4.3) and left out."""


class Published(typing.NamedTuple):
    """When something was published (aware, UTC), and how that is known."""

    at: datetime.datetime
    by: PublishedBy


def read_published(text: str | None, zone: zoneinfo.ZoneInfo | None, received: datetime.datetime) -> Published:
    """Return what a source's time says; `zone` is the source's own, for times that name none."""
    found = _read(text.strip(), zone) if text else None
    return found or Published(received, "arrival")


def _read(text: str, zone: zoneinfo.ZoneInfo | None) -> Published | None:
    try:
        return _rfc822(text, zone) or _iso(text, zone)
    except (ValueError, OverflowError):
        return None


def _rfc822(text: str, zone: zoneinfo.ZoneInfo | None) -> Published | None:
    found = _RFC822.fullmatch(text)
    if found is None or (month := _MONTHS.get(found["month"][:3].lower())) is None:
        return None
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    if found["hour"] is None:
        return _of_day(datetime.date(year, month, int(found["day"])), zone)
    naive = datetime.datetime(  # noqa: DTZ001 (its zone follows)
        year, month, int(found["day"]), int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    )
    return _in_zone(naive, found["zone"], zone)


def _in_zone(naive: datetime.datetime, name: str | None, zone: zoneinfo.ZoneInfo | None) -> Published | None:
    """Return a time with the zone it names; one that nobody defined counts as none."""
    if name is not None and name[0] in "+-":
        digits = name.replace(":", "")
        offset = datetime.timedelta(hours=int(digits[1:3]), minutes=int(digits[3:])) * (-1 if name[0] == "-" else 1)
        return Published((naive - offset).replace(tzinfo=datetime.UTC), "source")
    if name is not None and (hours := _ZONES.get(name.upper())) is not None:
        return Published((naive - datetime.timedelta(hours=hours)).replace(tzinfo=datetime.UTC), "source")
    return _assumed(naive, zone, "zone_assumed")


def _assumed(naive: datetime.datetime, zone: zoneinfo.ZoneInfo | None, by: PublishedBy) -> Published | None:
    """Return a time of the source's own zone; None without one. What comes twice a year counts as the first of both."""
    if zone is None:
        return None
    return Published(naive.replace(tzinfo=zone, fold=0).astimezone(datetime.UTC), by)


def _of_day(day: datetime.date, zone: zoneinfo.ZoneInfo | None) -> Published:
    midnight = datetime.datetime.combine(day, datetime.time(), zone or datetime.UTC)
    return Published(midnight.astimezone(datetime.UTC), "date_only")


def _iso(text: str, zone: zoneinfo.ZoneInfo | None) -> Published | None:
    if len(text) <= 10:
        return _of_day(datetime.date.fromisoformat(text), zone)
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        return _assumed(found, zone, "zone_assumed")
    return Published(found.astimezone(datetime.UTC), "source")


class TimeCheck:
    """Whether a source's times are to be believed: three in a row from the future, and they are not."""

    def __init__(self) -> None:
        self.row = 0

    @property
    def is_wrong(self) -> bool:
        """Whether the source's times are not believed."""
        return self.row >= WRONG

    def judge(self, published: Published, received: datetime.datetime) -> Published:
        """Return the time to go by: that of arrival for one from the future, and for all of a clock that is wrong."""
        is_future = published.by != "arrival" and published.at > received + FUTURE
        self.row = self.row + 1 if is_future else self.row if self.is_wrong else 0
        return Published(received, "arrival") if is_future or self.is_wrong else published
