"""Which options are listed: expirations and strikes of an underlying on a day. Pure."""

import datetime
import decimal
import math

from brokers.loopback import calendar
from brokers.loopback.universe import Listing
from brokers.symbols import Option

DAILIES = frozenset({"SPY", "QQQ", "IWM"})
"""Underlyings with an expiration on every weekday."""
_WEEKLIES, _MONTHLIES = 6, 8
_STEPS_EACH_WAY = 24
_STEPS = ((25.0, 0.5), (110.0, 1.0), (250.0, 2.5), (600.0, 5.0), (math.inf, 10.0))
"""Strike distance by the price it starts to be too fine for."""


def expirations(symbol: str, at: int) -> list[datetime.date]:
    """Return the days on which options of `symbol` expire, nearest first; today until its close."""
    today = calendar.day_of(at)
    first = today if at < calendar.closing(today) else today + datetime.timedelta(days=1)
    fridays = [_friday(first) + datetime.timedelta(weeks=n) for n in range(_WEEKLIES)]
    days = set(fridays) | {day for day in (third_friday(first, n) for n in range(_MONTHLIES + 1)) if day >= first}
    days |= {third_friday(datetime.date(first.year + n, 1, 1), 0) for n in (1, 2)}
    if symbol in DAILIES:
        week = (first + datetime.timedelta(days=n) for n in range(7))
        days |= {day for day in week if day.weekday() < 5}
    return sorted(days)


def is_monthly(day: datetime.date) -> bool:
    """Whether `day` is a standard monthly expiration: the third Friday."""
    return day == third_friday(day, 0)


def _friday(day: datetime.date) -> datetime.date:
    return day + datetime.timedelta(days=(4 - day.weekday()) % 7)


def third_friday(day: datetime.date, months: int) -> datetime.date:
    """Return the third Friday of the month `months` after that of `day`."""
    month = day.year * 12 + day.month - 1 + months
    return _friday(datetime.date(month // 12, month % 12 + 1, 15))


def strikes(listing: Listing) -> list[decimal.Decimal]:
    """Return the listed strikes in dollars, lowest first, around the listed price."""
    step = next(step for price, step in _STEPS if listing.price < price)
    middle = round(listing.price / step)
    lowest = max(1, middle - _STEPS_EACH_WAY)
    return [decimal.Decimal(repr(n * step)) for n in range(lowest, middle + _STEPS_EACH_WAY + 1)]


def root(symbol: str) -> str:
    """Return the option root of an underlying: `BRKB` for `BRK/B`."""
    return symbol.replace("/", "")


def is_listed(option: Option, listing: Listing, at: int) -> bool:
    """Whether `option` is in the chain of `listing` now."""
    return (
        listing.has_options and option.strike in strikes(listing) and option.expiry in expirations(listing.symbol, at)
    )


def near(listing: Listing, at: int, days: int, moneyness: float, right: str) -> Option:
    """Return the monthly option about `days` from now whose strike is nearest to `moneyness` times the price."""
    target = calendar.day_of(at) + datetime.timedelta(days=days)
    monthlies = [day for day in expirations(listing.symbol, at) if is_monthly(day)]
    expiry = min(monthlies, key=lambda day: abs((day - target).days))
    wanted = decimal.Decimal(str(listing.price * moneyness))
    return Option(root(listing.symbol), expiry, right, min(strikes(listing), key=lambda strike: abs(strike - wanted)))
