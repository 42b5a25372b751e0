"""Dividends and earnings of the simulated companies: on which days, and how much. Pure; the listing decides all.

They come once a quarter. Amounts are dollars a share, and were smaller in the past.
"""

import datetime
import typing
import zlib

import msgspec

from simulator.market import calendar
from simulator.market.universe import Listing

A_YEAR = 4
"""Dividends, and earnings reports, a year."""
_GROWTH = 1.05
"""Of dividends and earnings, a year."""
_QUARTERS = 32
_PAID_AFTER = datetime.timedelta(days=18)
_PRICE_EARNINGS = 24
_SURPRISES = (-0.06, -0.02, 0.01, 0.03, 0.05, 0.08)


class Dividend(msgspec.Struct, frozen=True):
    """One dividend, in dollars a share."""

    ex_day: datetime.date
    paid: datetime.date
    amount: float


class Earnings(msgspec.Struct, frozen=True):
    """The earnings of one quarter, in dollars a share; `reported` is the day on which they are told."""

    quarter_end: datetime.date
    reported: datetime.date
    eps: float
    consensus: float


def dividends(listing: Listing, day: datetime.date) -> list[Dividend]:
    """Return eight years of dividends to `day` and the next one, oldest first: nothing without a yield."""
    if not listing.dividend:
        return []
    first, offset = _own(listing, 3), 4 + _own(listing, 17)
    days = [_traded(datetime.date(year, month, offset)) for year, month in _quarter_months(day, first)]
    return [
        Dividend(ex_day, ex_day + _PAID_AFTER, round(dividend_amount(listing) * _then(ex_day, day), 4))
        for ex_day in _through_next(days, day)
    ]


def dividends_paid(listing: Listing, day: datetime.date) -> list[Dividend]:
    """Return the dividends that are paid on `day`, as they were on their ex day."""
    return [each for each in dividends(listing, day - _PAID_AFTER) if each.paid == day]


def dividend_amount(listing: Listing) -> float:
    """Return the present dividend in dollars a share."""
    return round(listing.price * listing.dividend / A_YEAR, 4)


def earnings(listing: Listing, day: datetime.date) -> list[Earnings]:
    """Return eight years of earnings told to `day` and the next report, oldest first: only companies earn."""
    if listing.kind != "equity":
        return []
    delay = datetime.timedelta(days=18 + _own(listing, 24))
    ends = [datetime.date(y, m, 1) - datetime.timedelta(days=1) for y, m in _quarter_months(day, 0)]
    told = {_traded(end + delay): end for end in ends}
    return [_earned(listing, told[report], report, day) for report in _through_next(sorted(told), day)]


def annual_eps(listing: Listing) -> float | None:
    """Return a company's earnings of a year in dollars a share. None for a fund or an index."""
    return round(listing.price / _PRICE_EARNINGS, 2) if listing.kind == "equity" else None


def _earned(listing: Listing, end: datetime.date, report: datetime.date, day: datetime.date) -> Earnings:
    consensus = round(listing.price / _PRICE_EARNINGS / A_YEAR * _then(end, day), 2)
    surprise = _SURPRISES[zlib.crc32(f"{listing.symbol}{end}".encode()) % len(_SURPRISES)]
    return Earnings(end, report, round(consensus * (1 + surprise), 2), consensus)


def _quarter_months(day: datetime.date, first: int) -> typing.Iterator[tuple[int, int]]:
    """Yield (year, month) of each quarter around `day`, oldest first; `first` 0 begins them in January."""
    now = (day.year * 12 + day.month - 1 - first) // 3 * 3 + first
    for month in range(now - 3 * _QUARTERS, now + 7, 3):
        yield month // 12, month % 12 + 1


def _through_next(days: list[datetime.date], day: datetime.date) -> list[datetime.date]:
    """Keep the days to `day` and the first after it."""
    ahead = next(n for n, each in enumerate(days) if each > day)
    return days[: ahead + 1]


def _then(when: datetime.date, day: datetime.date) -> float:
    """Return the share of today's amount that was paid back then: amounts grow once a year."""
    return float(_GROWTH ** -max(0, day.year - when.year))


def _traded(day: datetime.date) -> datetime.date:
    return day if calendar.is_trading_day(day) else calendar.after(day)


def _own(listing: Listing, below: int) -> int:
    """Return a number that is always the same for this listing."""
    return zlib.crc32(listing.symbol.encode()) % below
