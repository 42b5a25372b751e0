"""Instruments as this venue names them, and as we do. Pure."""

import decimal
import typing

from brokers.instruments.symbols import normalise, parse_option

_MONEY = ("USDT", "USDC", "USD", "BTC")
"""What coins are priced in, the longest first."""
_INSTRUMENTS = {"us_equity": "Equity", "us_option": "Equity Option", "crypto": "Cryptocurrency"}


def symbol_of(name: str, asset_class: typing.Any = None) -> str:
    """Return our name of an instrument. Positions name a coin `BTCUSD` that orders name `BTC/USD`."""
    symbol = normalise(name)
    if asset_class == "crypto" and "/" not in symbol:
        for money in _MONEY:
            if symbol.endswith(money) and symbol != money:
                return f"{symbol.removesuffix(money)}/{money}"
    return symbol


def kind_of(symbol: str, asset_class: typing.Any = None) -> str:
    """Return what a symbol of ours is, in our words."""
    told = _INSTRUMENTS.get(asset_class) if isinstance(asset_class, str) else None
    if told is not None:
        return told
    if parse_option(symbol):
        return "Equity Option"
    return "Cryptocurrency" if "/" in symbol else "Equity"


def underlying_of(symbol: str) -> str:
    """Return what a symbol of ours stands for: an option's root, else itself."""
    option = parse_option(symbol)
    return option.root if option else symbol


def multiplier_of(symbol: str) -> decimal.Decimal:
    """Return how many units one of it is for."""
    return decimal.Decimal(100 if parse_option(symbol) else 1)
