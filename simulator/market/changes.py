"""What a market tells others of: what moved, halts, and what companies do to their shares. Pure."""

import datetime
import typing

import msgspec

NEWS_PENDING = "T1"
"""The code of a halt for news that are awaited (nasdaqtrader.com, Trade Halt Codes)."""
HaltHearer = typing.Callable[[str, str | None], None]
"""Told of a symbol that is halted, with the code of its reason, or trades again (None)."""


class Changes(msgspec.Struct):
    """What moved in one advance, by symbol."""

    quotes: set[str]
    trades: set[str]
    days: set[str]
    """Whose open, high, low or previous close changed."""


class Split(msgspec.Struct, frozen=True):
    """From now on there are `ratio` shares for each old one."""

    symbol: str
    ratio: int


class Payout(msgspec.Struct, frozen=True):
    """A dividend that is paid now, in dollars a share, to whoever held the shares when `ex_day` began."""

    symbol: str
    amount: float
    ex_day: datetime.date


ShareholderAction = Split | Payout
ActionHearer = typing.Callable[[ShareholderAction], None]
