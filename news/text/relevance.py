"""How near an item is to one person: they hold what it is about, watch it, it moves the whole market, or neither. Pure.

It is a person's own and is reckoned where they look, from their own book alone: nothing of it is stored.
`static/js/news/relevance.js` reckons the same on the page.
"""

import typing
from collections.abc import Collection, Iterable

from brokers.instruments.symbols import parse_option

RELEVANCE_BY, RELEVANCE_VERSION = "book", 1
"""The method, and the version of its rules."""
Relevance = typing.Literal["held", "watched", "index", "market"]
"""The nearest first."""
INDICES = frozenset(
    {
        "SPY", "VOO", "IVV", "QQQ", "DIA", "IWM", "VTI", "SPX", "NDX", "RUT", "VIX", "XLB", "XLC", "XLE", "XLF",
        "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY", "SMH", "SOXX", "XBI", "KRE",
    }
)  # fmt: skip
"""Indices of the US market, and the funds of it and of its sectors."""
WIDE = frozenset({"macro", "fed"})
"""Kinds of news that are about the whole market, whatever they name."""


class Book(typing.NamedTuple):
    """What one person holds and watches, by the symbol that news would name."""

    held: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()


def named(symbols: Iterable[str]) -> frozenset[str]:
    """Return by which symbols news name these: an option by what it is on."""
    found = ((symbol, parse_option(symbol)) for symbol in symbols)
    return frozenset(option.root if option else symbol.split(" ")[0] for symbol, option in found)


def relevance(symbols: Collection[str], category: str, book: Book) -> Relevance:
    """Return how near an item is to whose book this is."""
    if not book.held.isdisjoint(symbols):
        return "held"
    if not book.watched.isdisjoint(symbols):
        return "watched"
    return "index" if category in WIDE or not INDICES.isdisjoint(symbols) else "market"
