"""Options on futures: their series, which of them are listed at a time, and how their symbols are written. Pure.

A series is what the venue calls a future option product: `EW1` expires on the first Friday of every month. Its symbols
name the future it is exercised into: `./ESZ6 EW1Z6 261204C5450`, on DXLink `./EW1Z26C5450:XCME`.
"""

import collections.abc
import datetime
import decimal
import functools
import re
import typing

import msgspec

from brokers.instruments.symbols import Option
from simulator.market import calendar, futures, option_listing
from simulator.market.futures import MONTHS, PRODUCTS, Future, Product, month_after

Decimal = decimal.Decimal
Kind = typing.Literal["Weekly", "End-Of-Month", "Regular"]
Steps = tuple[tuple[float, float], ...]
"""Ticks by the price below which each is meant; the last is for all above."""
Rule = collections.abc.Callable[[int, int], datetime.date]
_FRIDAY = 4
_SYMBOL = re.compile(
    r"\./(?P<future>[A-Z0-9]{3,6}) +(?P<root>[A-Z0-9]{2,3})(?P<month>[FGHJKMNQUVXZ])(?P<digit>\d)"
    r" +(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{1,6}(?:\.\d{1,4})?)"
)
_STREAMER = re.compile(
    r"\./(?P<root>[A-Z0-9]{2,3})(?P<month>[FGHJKMNQUVXZ])(?P<year>\d\d)(?P<right>[CP])"
    r"(?P<strike>\d{1,6}(?:\.\d{1,4})?):(?P<venue>[A-Z]{4})"
)


def _friday(number: int) -> Rule:
    """Return the rule of the `number`th Friday of a month, or the trading day before a holiday."""

    def rule(year: int, month: int) -> datetime.date:
        day = calendar.nth_weekday(year, month, _FRIDAY, number)
        return day if calendar.is_trading_day(day) else calendar.before(day)

    return rule


def _month_end(year: int, month: int) -> datetime.date:
    return calendar.trading_days(year, month)[-1]


def _before_crude(year: int, month: int) -> datetime.date:
    """Return three business days before the crude oil contract of the month ends."""
    return calendar.shift(PRODUCTS["CL"].last_trade(year, month), -3)


def _fourth_last_day_before(year: int, month: int) -> datetime.date:
    """Return gold's: four business days before the end of the month before, not on a Friday or a holiday's eve."""
    days = calendar.trading_days(*month_after(year, month, -1))
    day = days[-4]
    is_eve = not calendar.is_trading_day(day + datetime.timedelta(days=1))
    return days[-5] if day.weekday() == _FRIDAY or is_eve else day


def _friday_before_month_end(year: int, month: int) -> datetime.date:
    """Return the notes': the last Friday at least two business days before the end of the month before."""
    days = calendar.trading_days(*month_after(year, month, -1))
    friday = days[-2] - datetime.timedelta(days=1)
    friday -= datetime.timedelta(days=(friday.weekday() - _FRIDAY) % 7)
    return friday if calendar.is_trading_day(friday) else calendar.before(friday)


class FutureOptionSeries(msgspec.Struct, frozen=True):
    """Options that differ in nothing but month, strike and right; `ahead` is for how many months they are listed.

    They expire at `closes`, New York's hour and minute, of the day `rule` says.
    """

    root: str
    product: str
    kind: Kind
    rule: Rule
    ahead: int
    closes: tuple[int, int] = (16, 0)
    months: str = MONTHS
    settlement: str = "PM"


_INDEX = "HMUZ"
SERIES: dict[str, FutureOptionSeries] = {
    series.root: series
    for series in (
        *(FutureOptionSeries(f"EW{n}", "ES", "Weekly", _friday(n), 2) for n in (1, 2, 3, 4)),
        FutureOptionSeries("EW", "ES", "End-Of-Month", _month_end, 3),
        FutureOptionSeries("ES", "ES", "Regular", option_listing.monthly, 7, (9, 30), _INDEX, "AM"),
        *(FutureOptionSeries(f"QN{n}", "NQ", "Weekly", _friday(n), 2) for n in (1, 2, 3, 4)),
        FutureOptionSeries("QNE", "NQ", "End-Of-Month", _month_end, 3),
        FutureOptionSeries("NQ", "NQ", "Regular", option_listing.monthly, 7, (9, 30), _INDEX, "AM"),
        FutureOptionSeries("LO", "CL", "Regular", _before_crude, 8, (14, 30)),
        FutureOptionSeries("OG", "GC", "Regular", _fourth_last_day_before, 6, (13, 30)),
        FutureOptionSeries("OZN", "ZN", "Regular", _friday_before_month_end, 5, (17, 0)),
    )
}
"""Every series by its root."""
_TICKS: dict[str, Steps] = {
    "ES": ((5.0, 0.05), (float("inf"), 0.25)),
    "NQ": ((5.0, 0.05), (float("inf"), 0.25)),
}
_STRIKES = {
    "ES": (10.0, 0.04, 50.0, 0.15),
    "NQ": (50.0, 0.04, 250.0, 0.15),
    "CL": (0.5, 0.10, 2.5, 0.40),
    "GC": (5.0, 0.03, 25.0, 0.20),
    "ZN": (0.25, 0.02, 0.5, 0.06),
}
"""Of each product: how far strikes are apart near the price, to which part of it that goes; the same farther out."""


class FutureOptionExpiration(msgspec.Struct, frozen=True):
    """The options of a series for one month."""

    series: FutureOptionSeries
    year: int
    month: int

    @property
    def contract(self) -> str:
        """Its symbol: `EW1Z6`."""
        return f"{self.series.root}{MONTHS[self.month - 1]}{self.year % 10}"

    @property
    def day(self) -> datetime.date:
        """The day on which its options expire."""
        return _day(self.series.root, self.year, self.month)

    @property
    def expires(self) -> int:
        """When its options expire, in ms since the epoch."""
        return _expires(self.series.root, self.year, self.month)

    @property
    def product(self) -> Product:
        """The family of futures it is about."""
        return PRODUCTS[self.series.product]

    @property
    def future(self) -> Future:
        """The contract its options are exercised into."""
        return _underlying(self.series.root, self.year, self.month)


class FutureOption(msgspec.Struct, frozen=True):
    """One option on a future; `strike` is in points."""

    expiration: FutureOptionExpiration
    right: str
    strike: Decimal

    @property
    def root(self) -> str:
        """The root of its series."""
        return self.expiration.series.root

    @property
    def expiry(self) -> datetime.date:
        """The day on which it expires."""
        return self.expiration.day

    @property
    def symbol(self) -> str:
        """Our name and the venue's: the contract of the option takes six characters."""
        expiration = self.expiration
        tail = f"{expiration.day:%y%m%d}{self.right}{plain(self.strike)}"
        return f"./{expiration.future.symbol[1:]} {expiration.contract:<6}{tail}"

    @property
    def streamer(self) -> str:
        """DXLink's name."""
        expiration = self.expiration
        month = f"{MONTHS[expiration.month - 1]}{expiration.year % 100:02d}"
        return f"./{self.root}{month}{self.right}{plain(self.strike)}:{expiration.product.venue}"


AnyOption = Option | FutureOption


def plain(number: Decimal) -> str:
    """Write a strike without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@functools.lru_cache(maxsize=2048)
def _day(root: str, year: int, month: int) -> datetime.date:
    return SERIES[root].rule(year, month)


@functools.lru_cache(maxsize=2048)
def _expires(root: str, year: int, month: int) -> int:
    day = _day(root, year, month)
    closes = calendar.at_clock(day, *SERIES[root].closes)
    return min(closes, calendar.closing(day)) if calendar.is_half_day(day) else closes


@functools.lru_cache(maxsize=2048)
def _underlying(root: str, year: int, month: int) -> Future:
    """Return the first active contract from the option's month on that outlives it."""
    expiration = FutureOptionExpiration(SERIES[root], year, month)
    months = (month_after(year, month, n) for n in range(13))
    contracts = (Future(expiration.product, *each) for each in months)
    return next(c for c in contracts if c.code in c.product.active and c.expires >= expiration.expires)


def expirations(product: Product, at: int) -> list[FutureOptionExpiration]:
    """Return what is listed on the futures of a product at `at`, the nearest first."""
    return [each for each in _expirations(product.code, calendar.day_of(at)) if each.expires > at]


@functools.lru_cache(maxsize=64)
def _expirations(code: str, day: datetime.date) -> tuple[FutureOptionExpiration, ...]:
    """Return a product's expirations from `day` on; each needs a future that is listed itself."""
    known = {contract.symbol for contract in futures.contracts(PRODUCTS[code], calendar.at_clock(day, 0))}
    found = []
    for series in SERIES.values():
        if series.product != code:
            continue
        months = [month_after(day.year, day.month, n) for n in range(series.ahead + 2)]
        dated = [FutureOptionExpiration(series, *each) for each in months if MONTHS[each[1] - 1] in series.months]
        ahead = [each for each in dated if each.day >= day]
        limit = month_after(day.year, day.month, series.ahead)
        found += [each for each in ahead if (each.year, each.month) < limit and each.future.symbol in known]
    return tuple(sorted(found, key=lambda each: (each.expires, each.series.root)))


@functools.lru_cache(maxsize=16)
def strikes(code: str) -> tuple[Decimal, ...]:
    """Return the strikes of a product's options in points, lowest first, around its usual price."""
    price, (near, near_part, far, far_part) = PRODUCTS[code].price, _STRIKES[code]
    found = {
        n * step
        for step, part in ((near, near_part), (far, far_part))
        for n in range(round(price * (1 - part) / step), round(price * (1 + part) / step) + 1)
    }
    return tuple(Decimal(repr(strike)) for strike in sorted(found))


def ticks(code: str) -> Steps:
    """Return the ticks of a product's options: where none are their own, the future's."""
    return _TICKS.get(code, ((float("inf"), PRODUCTS[code].tick),))


def listed(product: Product, at: int) -> list[FutureOption]:
    """Return every listed option on a product: by expiration and strike, the call first."""
    return [
        FutureOption(expiration, right, strike)
        for expiration in expirations(product, at)
        for strike in strikes(product.code)
        for right in "CP"
    ]


def is_listed(option: FutureOption, at: int) -> bool:
    """Whether `option` is in the chain of its product at `at`."""
    code = option.expiration.series.product
    return option.strike in strikes(code) and option.expiration in expirations(PRODUCTS[code], at)


@functools.lru_cache(maxsize=16_384)
def parse(symbol: str) -> FutureOption | None:
    """Read the venue's symbol, however many spaces it has. None when there is no such option, listed or expired."""
    match = _SYMBOL.fullmatch(symbol)
    if match is None or match["root"] not in SERIES:
        return None
    near = 2000 + int(match["expiry"][:2])
    year = next(y for y in range(near - 4, near + 6) if y % 10 == int(match["digit"]))
    option = _option(match, year)
    known = option and (option.expiration.future.symbol[1:], f"{option.expiry:%y%m%d}")
    return option if known == (match["future"], match["expiry"]) else None


@functools.lru_cache(maxsize=16_384)
def parse_streamer(symbol: str) -> FutureOption | None:
    """Read DXLink's name. None when there is no such option, or it is not written as DXLink writes it."""
    match = _STREAMER.fullmatch(symbol)
    option = _option(match, 2000 + int(match["year"])) if match is not None and match["root"] in SERIES else None
    return option if option and option.streamer == symbol else None


def _option(match: re.Match[str], year: int) -> FutureOption | None:
    series, month = SERIES[match["root"]], MONTHS.index(match["month"]) + 1
    if match["month"] not in series.months:
        return None
    return FutureOption(FutureOptionExpiration(series, year, month), match["right"], Decimal(match["strike"]))
