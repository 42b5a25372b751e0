"""Symbols as Tapedeck writes them, and what they are.

Equities `QQQ`, indices `SPX`, futures and their options as the venue names them `/ESZ6` `./ESZ6 EW1Z6 261204C5450`,
crypto `BTC/USD`, options OCC without padding `QQQ241220C00450000`: on every venue and every wire of ours.
"""

import datetime
import decimal
import re
from collections.abc import Iterable

import msgspec

_OPTION = re.compile(r"(?P<root>[A-Z0-9.]{1,6}?)(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{8})")
_SYMBOL = re.compile(r"(?:\./|/)?[A-Z0-9][A-Z0-9./:]{0,23}(?: {1,3}[A-Z0-9][A-Z0-9.]{0,17}){0,2}")


class Option(msgspec.Struct, frozen=True):
    """One listed option. `strike` in dollars, `right` is `C` or `P`."""

    root: str
    expiry: datetime.date
    right: str
    strike: decimal.Decimal

    @property
    def symbol(self) -> str:
        """Our name: OCC without padding."""
        return f"{self.root}{self.expiry:%y%m%d}{self.right}{int(self.strike * 1000):08d}"

    @property
    def occ(self) -> str:
        """The OCC's name: root padded to six, 21 characters."""
        return f"{self.root:<6}{self.expiry:%y%m%d}{self.right}{int(self.strike * 1000):08d}"


def parse_option(symbol: str) -> Option | None:
    """Read an OCC symbol, padded or not. None when it is not one."""
    match = _OPTION.fullmatch(symbol.replace(" ", ""))
    if match is None:
        return None
    try:
        year, month, day = (int(match["expiry"][at : at + 2]) for at in (0, 2, 4))
        expiry = datetime.date(2000 + year, month, day)
    except ValueError:
        return None
    return Option(match["root"], expiry, match["right"], decimal.Decimal(match["strike"]) / 1000)


def is_symbol(text: str) -> bool:
    """Whether `text` could be a symbol at all; whether a venue knows it is the venue's to say."""
    return _SYMBOL.fullmatch(text) is not None


def normalise(text: str) -> str:
    """Write a person's or a venue's symbol our way: upper case, options without padding."""
    symbol = text.strip().upper()
    option = parse_option(symbol)
    return option.symbol if option else symbol


def readable(texts: Iterable[object]) -> tuple[str, ...]:
    """Return those of a venue's `texts` that can be symbols, our way and each once."""
    found = (normalise(text) for text in texts if isinstance(text, str))
    return tuple(dict.fromkeys(symbol for symbol in found if is_symbol(symbol)))
