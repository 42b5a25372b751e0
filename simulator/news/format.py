"""How sources write times, with the oddities of real feeds. Pure; times are in ms since the epoch."""

import base64
import datetime
import email.utils
import typing

from simulator.market import calendar

Zone = typing.Literal["", "BST", "EST", "none", "iso", "date"]
"""How a fault has feeds write their times; empty is the feed's own way."""
ZONES: tuple[str, ...] = tuple(zone for zone in typing.get_args(Zone) if zone)
_LONDON, _EASTERN_SUMMER = datetime.timedelta(hours=1), datetime.timedelta(hours=-4)
_DAY = "%a, %d %b %Y"


def utc(at: int) -> datetime.datetime:
    """Return a time as an aware one, in UTC."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)


def rfc3339(at: int) -> str:
    """Write a time as JSON of Alpaca does: to the second, in UTC."""
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"


def rfc822(at: int, zone: str = "") -> str:
    """Write a time as RSS does, in GMT, or in a way that `zone` spoils.

    `EST` is New York's summer time under the name of its winter time, as feeds write it in July; `BST` a name that
    RFC 822 does not know; `none` and `iso` name no zone; `date` no time either.
    """
    moment = utc(at)
    ways = {
        "BST": f"{moment + _LONDON:{_DAY} %H:%M:%S} BST",
        "EST": f"{moment + _EASTERN_SUMMER:{_DAY} %H:%M:%S} EST",
        "none": f"{calendar.moment(at):{_DAY} %H:%M:%S}",
        "iso": f"{calendar.moment(at):%Y-%m-%d %H:%M:%S}",
        "date": f"{moment:{_DAY}}",
    }
    return ways.get(zone) or email.utils.format_datetime(moment, usegmt=True)


def to_the_minute(at: int, zone: str = "") -> str:
    """Write a time as GlobeNewswire does: in GMT, without seconds."""
    return rfc822(at, zone) if zone else f"{utc(at):{_DAY} %H:%M} GMT"


def eastern_midnight(at: int) -> str:
    """Write a day as the feed of halts does: the midnight in New York at which it began, in GMT."""
    day = calendar.moment(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return email.utils.format_datetime(day.astimezone(datetime.UTC), usegmt=True)


def eastern_offset(at: int) -> str:
    """Write a time as EDGAR's Atom does: New York's, with its offset."""
    return calendar.moment(at).replace(microsecond=0).isoformat()


def page_token(at: int, number: int) -> str:
    """Return what names the place after an item: base64 of `<updated_at in ns>|<id>`."""
    return base64.b64encode(f"{at * 1_000_000}|{number}".encode()).decode()


def read_page_token(token: str) -> tuple[int, int]:
    """Return the update time and the number in a page token. Raises ValueError."""
    nanoseconds, _, number = base64.b64decode(token, validate=True).decode("ascii").partition("|")
    return int(nanoseconds) // 1_000_000, int(number)
