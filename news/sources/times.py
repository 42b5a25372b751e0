"""When an item was published, read from its source's own text. Pure.

RFC 822 and ISO 8601 are read here and not by a feed parser: those take unknown zone names, and texts without a zone,
for UTC.
"""

import datetime
import email.utils
import re
import typing
import zoneinfo

from news.sources.contract import PublishedBy, Report

FUTURE_S = 2.0
"""How far ahead of our clock an item may say to have been published."""
FUTURES_MAX = 3
"""So many items in a row from the future, and the source's times are not believed any more."""
EARLIEST = datetime.datetime(1995, 1, 1, tzinfo=datetime.UTC)
"""An earlier time is a missing one: 1970 and the year 1 are what an empty field becomes."""

_TEXT_MAX = 80
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD_DATE = re.compile(r"(?:[a-z]{3,9},?\s+)?(\d{1,2})[\s-]([a-z]{3})[a-z]*[\s-](\d{4})", re.IGNORECASE | re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]\s*(\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s*(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.IGNORECASE | re.ASCII,
)
_ZONE_NAME = re.compile(r"\b([A-Z]{1,5})$", re.IGNORECASE | re.ASCII)
_UTC_NAMES = ("UT", "UTC", "GMT", "Z")


class Publication(typing.NamedTuple):
    """A time of publication, aware UTC, and how it is known. `at` is None where the text gives none (`arrival`)."""

    at: datetime.datetime | None
    by: PublishedBy


UNDATED = Publication(None, "arrival")


def read_publication(text: str | None, zone: zoneinfo.ZoneInfo | None) -> Publication:
    """Return when `text` says that something was published.

    `zone` is the one that the settings name for the source: a time without a zone is of it (`zone_assumed`), and so is
    one whose zone name it bears itself: then `EST` in July is what its clocks show in July. Without it `EST` is -0500
    by RFC 822, and an unknown name (`BST`) or none leaves the time unknown. A date alone begins in `zone`, or in UTC.

    Of an hour that the clocks show twice the first is meant, which is never in the future; an hour that they skip
    is read as if they had not.
    """
    text = (text or "").strip()
    if not text or len(text) > _TEXT_MAX:
        return UNDATED
    try:
        found = _read_date(text, zone) or _read_iso(text, zone) or _read_rfc822(text, zone) or UNDATED
    except (ValueError, OverflowError, IndexError, TypeError):  # what email.utils raises on nonsense
        return UNDATED
    return found if found.at is not None and found.at >= EARLIEST else UNDATED


def _read_date(text: str, zone: zoneinfo.ZoneInfo | None) -> Publication | None:
    """Read a date without a time."""
    if _ISO_DATE.fullmatch(text):
        day = datetime.date.fromisoformat(text)
    elif (match := _WORD_DATE.fullmatch(text)) and match[2].lower() in _MONTHS:
        day = datetime.date(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    else:
        return None
    begins = datetime.datetime.combine(day, datetime.time(), zone or datetime.UTC)
    return Publication(begins.astimezone(datetime.UTC), "date_only")


def _read_iso(text: str, zone: zoneinfo.ZoneInfo | None) -> Publication | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    named = (match[3] or "").upper()
    at = datetime.datetime.fromisoformat(f"{match[1]}T{match[2]}{'Z' if named in _UTC_NAMES else named}")
    return _assume(at, zone) if at.tzinfo is None else Publication(at.astimezone(datetime.UTC), "source")


def _read_rfc822(text: str, zone: zoneinfo.ZoneInfo | None) -> Publication | None:
    said = email.utils.parsedate_to_datetime(text)
    match = _ZONE_NAME.search(text)
    name = match[1].upper() if match and match[1].upper() not in (*_UTC_NAMES, "AM", "PM") else ""
    if zone is not None and name in _names(zone, said.year):
        return _read_named(said, name, zone)
    if said.tzinfo is not None:
        return Publication(said.astimezone(datetime.UTC), "source")
    if text.endswith("-0000"):  # RFC 5322, 3.3: UTC, said by somewhere that does not say where it is
        return Publication(said.replace(tzinfo=datetime.UTC), "source")
    return UNDATED if name else _assume(said, zone)


def _read_named(said: datetime.datetime, name: str, zone: zoneinfo.ZoneInfo) -> Publication:
    """Read a time whose zone name is one of `zone`'s own: by its clocks, and of a doubled hour the one so named."""
    shown = [said.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    meant = next((one for one in shown if one.tzname() == name), shown[0]).astimezone(datetime.UTC)
    is_plain = said.tzinfo is not None and said.astimezone(datetime.UTC) == meant
    return Publication(meant, "source" if is_plain else "zone_assumed")


def _names(zone: zoneinfo.ZoneInfo, year: int) -> set[str | None]:
    """Return what `zone` calls itself in winter and in summer."""
    return {datetime.datetime(year, month, 1, tzinfo=zone).tzname() for month in (1, 7)}


def _assume(naive: datetime.datetime, zone: zoneinfo.ZoneInfo | None) -> Publication:
    if zone is None:
        return UNDATED
    return Publication(naive.replace(tzinfo=zone).astimezone(datetime.UTC), "zone_assumed")


class PublicationClock:
    """Judges the times of one source against our own clock."""

    def __init__(self, report: Report) -> None:
        self.is_believed = True
        self._report = report
        self._futures = 0

    def judge(self, said: Publication, received_at: datetime.datetime) -> tuple[datetime.datetime, PublishedBy]:
        """Return when an item counts as published, and how that is known.

        Counts `undated` and `future`. The arrival stands in for both, and for every time of a source whose items came
        from the future three times in a row.
        """
        if said.at is None:
            self._report.count("undated")
            return received_at, "arrival"
        if (said.at - received_at).total_seconds() > FUTURE_S:
            self._report.count("future")
            self._futures += 1
            self.is_believed = self.is_believed and self._futures < FUTURES_MAX
            return received_at, "arrival"
        self._futures = 0
        return (said.at, said.by) if self.is_believed else (received_at, "arrival")
