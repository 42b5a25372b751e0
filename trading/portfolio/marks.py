"""What a holding is worth by the quotes of market-data venues, and which of their prices says so. Pure."""

import decimal
import typing

from brokers.instruments.symbols import parse_option
from streaming.board.board import Item

MARKET = "SPY"
"""What deltas are weighted by: beta is towards it."""
ONE = decimal.Decimal(1)
HUNDRED = decimal.Decimal(100)


class Mark(typing.NamedTuple):
    """A price in dollars per share: the `mid` of bid and ask, else the `last`, else the `close` before.

    `at` is when the quote was told or confirmed last, in ms, `link` by which it came.
    """

    price: decimal.Decimal
    source: str
    at: int | None
    link: str


def exact(number: typing.Any) -> decimal.Decimal | None:
    """Return a venue's own number, digit by digit, as a Decimal; None for what is missing or no number."""
    if number is None:
        return None
    found = number if isinstance(number, decimal.Decimal) else decimal.Decimal(str(number))
    return found if found.is_finite() else None


def mark(quote: Item, day: Item) -> Mark | None:
    """Return what a quote and its day say a share is worth; None where they do not."""
    bid, ask, last, close = exact(quote.get("bid")), exact(quote.get("ask")), exact(quote.get("last")), closed(day)
    at, link = quote.get("at"), quote.get("link", "")
    if bid is not None and ask is not None and ask > 0:
        return Mark((bid + ask) / 2, "mid", at, link)
    if last is not None:
        return Mark(last, "last", at, link)
    return None if close is None else Mark(close, "close", day.get("at"), day.get("link", ""))


def closed(day: Item) -> decimal.Decimal | None:
    """Return the close before this day; a feed's 0 is none."""
    return exact(day.get("prev_close")) or None


def is_option(symbol: str) -> bool:
    """Whether this is an option, on a future too."""
    return symbol.startswith("./") or parse_option(symbol) is not None


def is_future(symbol: str) -> bool:
    """Whether this is a future: settled daily, so that of its price only the change is worth anything."""
    return symbol.startswith("/")


def underlying(symbol: str, told: str | None) -> str:
    """Return what a symbol is on: as its venue `told`, else by its name."""
    option = parse_option(symbol)
    return told or (option.root if option else symbol)


def multiplier(symbol: str, *told: decimal.Decimal | None) -> decimal.Decimal | None:
    """Return how many shares one unit is for: as somebody `told`, else as is usual; None where nothing is."""
    for one in told:
        if one is not None:
            return one
    if parse_option(symbol) is not None:
        return HUNDRED
    return None if symbol.startswith(("/", "./")) else ONE
