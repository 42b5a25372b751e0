"""Which options are listed: expirations and strikes of an underlying on a day. Pure."""

import datetime
import decimal
import functools
import math

import msgspec

from brokers.instruments.symbols import Option
from simulator.market import calendar
from simulator.market.universe import Listing

DAILIES = frozenset({"SPY", "QQQ", "IWM"})
"""Underlyings with an expiration on every trading day."""
_WEEKLIES, _MONTHLIES, _YEARS = 6, 8, 2
_STEPS = ((25.0, 0.5), (110.0, 1.0), (250.0, 2.5), (600.0, 5.0), (math.inf, 10.0))
"""Strike distance by the price from which it is too fine; underlyings with dailies have a dollar."""
_FINE, _COARSE, _COARSER = 0.06, 0.30, 5
"""Strikes are this dense to 6 % from the price, and five times as far apart to 30 %."""
DENSE, _DENSE = frozenset({"SPY"}), 0.25
"""Underlyings whose monthly expirations are that dense to 25 %: they have more than 250 strikes, as real ones do."""


def expirations(symbol: str, at: int) -> list[datetime.date]:
    """Return the days on which options of `symbol` expire, nearest first; today until its close."""
    today = calendar.day_of(at)
    first = today if at < calendar.closing(today) else today + datetime.timedelta(days=1)
    return list(_expirations(symbol in DAILIES, first))


@functools.lru_cache(maxsize=16)
def _expirations(has_dailies: bool, first: datetime.date) -> tuple[datetime.date, ...]:
    friday = first + datetime.timedelta(days=(4 - first.weekday()) % 7)
    days = {friday + datetime.timedelta(weeks=n) for n in range(_WEEKLIES)}
    months = (first.year * 12 + first.month - 1 + n for n in range(_MONTHLIES))
    days |= {monthly(month // 12, month % 12 + 1) for month in months}
    days |= {monthly(first.year + n, 1) for n in range(1, _YEARS + 1)}
    if has_dailies:
        days |= {first + datetime.timedelta(days=n) for n in range(7) if (first.weekday() + n) % 7 < 5}
    traded = {day if calendar.is_trading_day(day) else calendar.before(day) for day in days}
    return tuple(sorted(day for day in traded if day >= first))


def monthly(year: int, month: int) -> datetime.date:
    """Return the standard expiration of a month: its third Friday, or the trading day before a holiday."""
    friday = calendar.nth_weekday(year, month, 4, 3)
    return friday if calendar.is_trading_day(friday) else calendar.before(friday)


def is_monthly(day: datetime.date) -> bool:
    """Whether `day` is a standard monthly expiration."""
    return day == monthly(day.year, day.month)


def strikes(listing: Listing, expiry: datetime.date) -> tuple[decimal.Decimal, ...]:
    """Return the strikes listed for a day in dollars, lowest first, around the listed price."""
    return _strikes(listing, listing.symbol in DENSE and is_monthly(expiry))


def split(option: Option, ratio: int) -> Option:
    """Return what an option is after a split of its shares: there are `ratio` for each, at so much lower a strike."""
    return msgspec.structs.replace(option, strike=_lowered(option.strike, ratio))


def _lowered(strike: decimal.Decimal, ratio: int) -> decimal.Decimal:
    return decimal.Decimal(repr(round(float(strike) / ratio, 3)))


@functools.lru_cache(maxsize=256)
def _strikes(listing: Listing, is_dense: bool) -> tuple[decimal.Decimal, ...]:
    """Return strikes around the price, and those that were listed before a split, as they are now."""
    if not listing.splits:
        return _around(listing, is_dense)
    before = {_lowered(strike, listing.splits[-1]) for strike in _strikes(listing.unsplit, is_dense)}
    return tuple(sorted(before.union(_around(listing, is_dense))))


def _around(listing: Listing, is_dense: bool) -> tuple[decimal.Decimal, ...]:
    step = 1.0 if listing.symbol in DAILIES else next(step for price, step in _STEPS if listing.price < price)
    middle = round(listing.price / step)
    fine = max(10, math.ceil(listing.price * (_DENSE if is_dense else _FINE) / step))
    coarse = math.ceil(listing.price * _COARSE / step)
    near = range(max(1, middle - fine), middle + fine + 1)
    far = (n for n in range(max(1, middle - coarse), middle + coarse + 1) if n % _COARSER == 0)
    return tuple(decimal.Decimal(repr(n * step)) for n in sorted({*near, *far}))


def root(symbol: str) -> str:
    """Return the option root of an underlying: `BRKB` for `BRK/B`."""
    return symbol.replace("/", "")


def is_listed(option: Option, listing: Listing, at: int) -> bool:
    """Whether `option` is in the chain of `listing` now."""
    if not listing.has_options or option.expiry not in expirations(listing.symbol, at):
        return False
    return option.strike in strikes(listing, option.expiry)


def near(listing: Listing, at: int, days: int, moneyness: float, right: str) -> Option:
    """Return the monthly option about `days` from now whose strike is nearest to `moneyness` times the price."""
    target = calendar.day_of(at) + datetime.timedelta(days=days)
    monthlies = [day for day in expirations(listing.symbol, at) if is_monthly(day)]
    expiry = min(monthlies, key=lambda day: abs((day - target).days))
    wanted = decimal.Decimal(str(listing.price * moneyness))
    strike = min(strikes(listing, expiry), key=lambda one: abs(one - wanted))
    return Option(root(listing.symbol), expiry, right, strike)
