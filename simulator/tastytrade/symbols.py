"""Symbols of options on tastytrade's wires: OCC for REST, `.SPY241220C450` for DXLink. Pure."""

import decimal
import re
import typing

from brokers.instruments.symbols import parse_option
from simulator.market import future_options
from simulator.market.future_options import AnyOption, FutureOption, plain

InstrumentType = typing.Literal["Equity", "Equity Option", "Future", "Future Option", "Cryptocurrency"]
"""What can be traded, as the wire names it."""

_STREAMER = re.compile(
    r"\.(?P<root>[A-Z][A-Z0-9]{0,5}?)(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{1,5}(?:\.\d{1,3})?)"
)


def streamer_symbol(option: AnyOption) -> str:
    """Return DXLink's name of an option: the strike without trailing zeros."""
    if isinstance(option, FutureOption):
        return option.streamer
    return f".{option.root}{option.expiry:%y%m%d}{option.right}{plain(option.strike)}"


def venue_symbol(option: AnyOption) -> str:
    """Return the REST API's name of an option: padded where the OCC pads."""
    return option.symbol if isinstance(option, FutureOption) else option.occ


def parse_streamer(symbol: str) -> AnyOption | None:
    """Read DXLink's name of an option. None when it is not one, or not written as DXLink writes it."""
    if symbol.startswith("./"):
        return future_options.parse_streamer(symbol)
    match = _STREAMER.fullmatch(symbol)
    if match is None:
        return None
    mills = int(decimal.Decimal(match["strike"]) * 1000)
    option = parse_option(f"{match['root']}{match['expiry']}{match['right']}{mills:08d}")
    return option if option and streamer_symbol(option) == symbol else None


def wire_symbol(symbol: str) -> str:
    """Return REST's name of a symbol of ours: options padded to 21 characters, all others as they are."""
    option = parse_option(symbol)
    return option.occ if option else symbol


def instrument_type(symbol: str) -> InstrumentType:
    """Return what a symbol of ours is, by its form: `/ESZ6`, `./ESZ6 EW1 261120P5500`, `BTC/USD`, an OCC name."""
    if symbol.startswith("./"):
        return "Future Option"
    if symbol.startswith("/"):
        return "Future"
    if symbol.endswith("/USD"):
        return "Cryptocurrency"
    return "Equity Option" if parse_option(symbol) else "Equity"
