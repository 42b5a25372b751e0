"""Times and ids of time as this venue writes them. Pure.

Times are RFC 3339 with up to nine digits of a second and any offset; ULIDs begin with 48 bits of ms since the epoch
(github.com/ulid/spec), which are those of the event's `at`.
"""

import datetime
import re
import typing

from brokers.instruments.calendar import NEW_YORK

_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_CROCKFORD = {letter: value for value, letter in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def nanos(value: typing.Any) -> int | None:
    """Return a time in ns since the epoch; None where there is none to be read."""
    match = _STAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    *whole, fraction, _zulu, sign, hours, minutes = match.groups()
    try:
        at = datetime.datetime(*map(int, whole), tzinfo=datetime.UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    offset = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1) if sign else 0
    seconds = (at - _EPOCH) // datetime.timedelta(seconds=1) - offset
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def millis(value: typing.Any) -> int | None:
    """Return a time in ms since the epoch; None where there is none to be read."""
    read = nanos(value)
    return None if read is None else read // 1_000_000


def day_ms(value: typing.Any) -> int | None:
    """Return when a day (`2019-08-01`) begins in New York, in ms since the epoch."""
    try:
        day = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp() * 1000)


def ulid_ms(value: typing.Any) -> int | None:
    """Return the ms since the epoch that a ULID begins with; None where it is none."""
    if not isinstance(value, str) or not _ULID.fullmatch(value):
        return None
    read = 0
    for letter in value[:10]:
        read = read * 32 + _CROCKFORD[letter]
    return read


def written(ms: int) -> str:
    """Write a time (ms since the epoch) as the venue reads it."""
    at = datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
