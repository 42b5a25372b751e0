"""Days of the US equity market in New York, from times in ms since the epoch. Pure."""

import datetime
import zoneinfo

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def moment(at: int) -> datetime.datetime:
    """Return the aware New York time of `at`."""
    return datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)


def day_of(at: int) -> datetime.date:
    """Return the trading day `at` belongs to."""
    return moment(at).date()


def day_ends(at: int) -> int:
    """Return when that day ends, in ms since the epoch."""
    midnight = datetime.datetime.combine(day_of(at) + datetime.timedelta(days=1), datetime.time(), NEW_YORK)
    return int(midnight.timestamp() * 1000)


def day_id(day: datetime.date) -> int:
    """Return dxFeed's number of a day: days since 1970-01-01."""
    return (day - datetime.date(1970, 1, 1)).days


def closing(day: datetime.date) -> int:
    """Return when options of that day expire: 16:00 in New York, in ms since the epoch."""
    return int(datetime.datetime.combine(day, datetime.time(16), NEW_YORK).timestamp() * 1000)


def before(day: datetime.date) -> datetime.date:
    """Return the weekday before `day`."""
    day -= datetime.timedelta(days=1)
    while day.weekday() > 4:
        day -= datetime.timedelta(days=1)
    return day


def after(day: datetime.date) -> datetime.date:
    """Return the weekday after `day`."""
    day += datetime.timedelta(days=1)
    while day.weekday() > 4:
        day += datetime.timedelta(days=1)
    return day


def at_clock(day: datetime.date, hour: int, minute: int) -> int:
    """Return New York's `hour:minute` on `day`, in ms since the epoch."""
    return int(datetime.datetime.combine(day, datetime.time(hour, minute), NEW_YORK).timestamp() * 1000)
