"""Symbols on tastytrade's wires: OCC for REST, `.SPY241220C450` for DXLink. Pure."""

import decimal
import re

from brokers.symbols import Option, parse_option

_STREAMER = re.compile(
    r"\.(?P<root>[A-Z][A-Z0-9]{0,5}?)(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{1,5}(?:\.\d{1,3})?)"
)


def streamer_symbol(option: Option) -> str:
    """Return DXLink's name of an option: the strike without trailing zeros."""
    return f".{option.root}{option.expiry:%y%m%d}{option.right}{_plain(option.strike)}"


def parse_streamer(symbol: str) -> Option | None:
    """Read DXLink's name of an option. None when it is not one, or not written as DXLink writes it."""
    match = _STREAMER.fullmatch(symbol)
    if match is None:
        return None
    mills = int(decimal.Decimal(match["strike"]) * 1000)
    option = parse_option(f"{match['root']}{match['expiry']}{match['right']}{mills:08d}")
    return option if option and streamer_symbol(option) == symbol else None


def _plain(number: decimal.Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
