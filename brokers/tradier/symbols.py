"""Which of our symbols the venue can have at all, and its words for them. Pure.

It lists US stocks, funds, indices and options, under the names we use; no futures, no coins.
"""

from brokers.instruments.symbols import is_symbol, parse_option

LOT = 100.0
"""Shares in the round lots in which sizes of stocks are told; those of options are contracts."""


def is_listable(symbol: str) -> bool:
    """Whether the venue could have `symbol`."""
    return (
        is_symbol(symbol) and not symbol.startswith(("/", "./")) and not symbol.endswith("/USD") and " " not in symbol
    )


def lot(symbol: str) -> float:
    """Return how many shares or contracts one of a quote's size is."""
    return 1.0 if parse_option(symbol) else LOT
