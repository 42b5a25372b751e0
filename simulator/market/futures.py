"""Futures of the simulated market: products, their cycles of months, and which contracts are listed at a time. Pure.

Rules of last trades and first notices are the exchanges' own (CME, CBOT, NYMEX, COMEX); prices are nobody's quotes.
"""

import collections.abc
import datetime
import functools
import math
import typing

import msgspec

from simulator.market import calendar, option_listing
from simulator.market.universe import Listing

MONTHS = "FGHJKMNQUVXZ"
"""The code of each month, January first."""
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEAR_MS = 365 * 86_400_000
_SEVENTH_BEFORE_LAST, _THIRD_LAST = -8, -3
_AHEAD = 36
"""How many months ahead contracts are looked for."""
_SHARES = ((1.0, 1.0), (0.15, 0.15), (0.02, 0.03))
"""Part of the product's quotes and volume that the active month has, the next one, and each of those behind."""
Rule = collections.abc.Callable[[int, int], datetime.date]


def _third_friday(year: int, month: int) -> datetime.date:
    return option_listing.monthly(year, month)


def _before_the_25th(year: int, month: int) -> datetime.date:
    """Return crude oil's last trade: three business days before the 25th of the month before."""
    year, month = month_after(year, month, -1)
    day = datetime.date(year, month, 25)
    return calendar.shift(day if calendar.is_trading_day(day) else calendar.before(day), -3)


def _third_last_day(year: int, month: int) -> datetime.date:
    return calendar.trading_days(year, month)[_THIRD_LAST]


def _seventh_before_last(year: int, month: int) -> datetime.date:
    return calendar.trading_days(year, month)[_SEVENTH_BEFORE_LAST]


def _month_end_before(year: int, month: int) -> datetime.date:
    return calendar.trading_days(*month_after(year, month, -1))[-1]


class Product(msgspec.Struct, frozen=True):
    """A family of contracts that differ in nothing but their month.

    `price` is that of delivery today, in points; `carry` what a year's wait adds to it, as a fraction. `multiplier` is
    dollars a point, `volume` millions of contracts a day. Contracts stop trading at `closes`, New York's hour and
    minute, of the day `last_trade` says; holders are asked to deliver from `first_notice` on, where there is delivery.
    A contract is no longer the active one `rolls_before` business days before either.
    """

    code: str
    name: str
    venue: str
    price: float
    vol: float
    beta: float
    carry: float
    tick: float
    spread: float
    multiplier: float
    rate: float
    volume: float
    months: str
    active: str
    listed: int
    closes: tuple[int, int]
    last_trade: Rule
    rolls_before: int
    first_notice: Rule | None = None

    @property
    def root(self) -> str:
        """What the symbol of each of its contracts begins with."""
        return f"/{self.code}"


PRODUCTS: dict[str, Product] = {
    product.code: product
    for product in (
        Product(
            "ES", "E-mini S&P 500", "XCME", 5453.0, 0.16, 1.0, 0.031, 0.25, 0.25, 50.0, 3.0, 1.4,
            "HMUZ", "HMUZ", 5, (9, 30), _third_friday, 4,
        ),
        Product(
            "NQ", "E-mini Nasdaq-100", "XCME", 18510.0, 0.21, 1.18, 0.036, 0.25, 0.5, 20.0, 3.0, 0.6,
            "HMUZ", "HMUZ", 5, (9, 30), _third_friday, 4,
        ),
        Product(
            "CL", "Light Sweet Crude Oil", "XNYM", 71.4, 0.36, 0.35, -0.03, 0.01, 0.01, 1000.0, 1.5, 0.33,
            MONTHS, MONTHS, 12, (14, 30), _before_the_25th, 5,
        ),
        Product(
            "GC", "Gold", "XCEC", 2648.0, 0.15, 0.05, 0.045, 0.1, 0.2, 100.0, 1.0, 0.2,
            "GJMQVZ", "GJMQZ", 6, (13, 30), _third_last_day, 3, _month_end_before,
        ),
        Product(
            "ZN", "10-Year US Treasury Note", "XCBT", 110.4, 0.065, -0.1, -0.008, 0.015625, 0.015625, 1000.0, 1.0, 1.9,
            "HMUZ", "HMUZ", 3, (13, 1), _seventh_before_last, 3, _month_end_before,
        ),
    )
}  # fmt: skip
"""Every product by its code."""


class Future(msgspec.Struct, frozen=True):
    """One contract."""

    product: Product
    year: int
    month: int

    @property
    def code(self) -> str:
        """The letter of its month."""
        return MONTHS[self.month - 1]

    @property
    def symbol(self) -> str:
        """Our name and the venue's: `/ESZ6`."""
        return f"{self.product.root}{self.code}{self.year % 10}"

    @property
    def streamer(self) -> str:
        """DXLink's name: `/ESZ26:XCME`."""
        return f"{self.product.root}{self.code}{self.year % 100:02d}:{self.product.venue}"

    @property
    def last_trade(self) -> datetime.date:
        """The last day on which it trades."""
        return self.product.last_trade(self.year, self.month)

    @property
    def expires(self) -> int:
        """When it stops trading, in ms since the epoch."""
        return calendar.at_clock(self.last_trade, *self.product.closes)

    @property
    def first_notice(self) -> datetime.date | None:
        """The first day on which holders may be asked to deliver. None when it settles in cash or has no such day."""
        rule = self.product.first_notice
        return rule(self.year, self.month) if rule else None

    @property
    def leaves(self) -> datetime.date:
        """The day by which whoever wants no delivery is out."""
        return min(self.first_notice or self.last_trade, self.last_trade)

    def price(self, day: datetime.date) -> float:
        """Return how much it costs in units of delivery today: the basis, which `day` by day shrinks to one."""
        wait = max(0, self.expires - calendar.at_clock(day, 0)) / _YEAR_MS
        return math.exp(self.product.carry * wait)


def month_after(year: int, month: int, months: int) -> tuple[int, int]:
    """Return the year and month so many months on."""
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return year, month + 1


def contracts(product: Product, at: int) -> list[Future]:
    """Return the contracts of a product that trade at `at`, nearest first."""
    return [contract for contract in _contracts(product.code, calendar.day_of(at)) if contract.expires > at]


@functools.lru_cache(maxsize=64)
def _contracts(code: str, day: datetime.date) -> tuple[Future, ...]:
    product = PRODUCTS[code]
    months = (month_after(day.year, day.month, n) for n in range(_AHEAD))
    found = (Future(product, year, month) for year, month in months if MONTHS[month - 1] in product.months)
    alive = [contract for contract in found if contract.last_trade >= day]
    return tuple(alive[: product.listed])


def find(symbol: str, at: int) -> Future | None:
    """Return the contract of that symbol, if it trades at `at`."""
    product = PRODUCTS.get(symbol[1:-2])
    if product is None or not symbol.startswith("/"):
        return None
    return next((contract for contract in contracts(product, at) if contract.symbol == symbol), None)


def active(product: Product, at: int) -> list[Future]:
    """Return the contracts most trade in, the active one first, then where it rolls to."""
    day = calendar.day_of(at)
    return [
        contract
        for contract in contracts(product, at)
        if contract.code in product.active and calendar.shift(contract.leaves, -product.rolls_before) > day
    ]


def all_contracts(at: int) -> list[Future]:
    """Return every contract that trades at `at`, product by product."""
    return [contract for product in PRODUCTS.values() for contract in contracts(product, at)]


def listing(contract: Future, at: int) -> Listing:
    """Return what trades under a contract's symbol on the day of `at`."""
    product = contract.product
    order = active(product, at)
    rate, volume = _SHARES[min(order.index(contract), len(_SHARES) - 1) if contract in order else -1]
    contracts_a_day = product.volume * volume
    return Listing(
        symbol=contract.symbol,
        name=f"{product.name} {_NAMES[contract.month - 1]} {contract.year}",
        kind="future",
        price=round(product.price * contract.price(calendar.day_of(at)) / product.tick) * product.tick,
        vol=product.vol,
        beta=product.beta,
        spread=product.spread,
        rate=product.rate * rate,
        volume=contracts_a_day,
        exchange="G",
        tick=product.tick,
        multiplier=product.multiplier,
        lot=1.0,
        print_size=3.0,
        open_interest=round(contracts_a_day * 1.6e6),
        streamer=contract.streamer,
        expires=contract.expires,
    )


Listed = typing.Mapping[str, tuple[Future, Listing]]


def listed(at: int) -> Listed:
    """Return every contract that trades at `at` by symbol, with its listing."""
    return {contract.symbol: (contract, listing(contract, at)) for contract in all_contracts(at)}
