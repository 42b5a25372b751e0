"""The rows of a watchlist as a page is rendered. Pure; static/js/watchlist/row.js goes on."""

import typing
from collections.abc import Callable, Sequence

from brokers.instruments.symbols import parse_option
from streaming.board.board import Item
from streaming.templatetags.figures import MISSING, price, strike

Find = Callable[[str, str], Item]
"""Finds what is known of a kind (quote, day, underlying) of a symbol; empty where nothing is."""


class WatchColumn(typing.NamedTuple):
    """One column: its name where it can be sorted by, its head, and what the style sheet does with it."""

    sort: str
    head: str
    kind: str


COLUMNS = (
    WatchColumn("symbol", "Symbol", "name"),
    WatchColumn("last", "Last", "number last"),
    WatchColumn("change", "Change", "number far"),
    WatchColumn("percent", "%", "number percent"),
    WatchColumn("", "Bid × Ask", "number book"),
    WatchColumn("volume", "Volume", "number volume far"),
    WatchColumn("iv_rank", "IV rank", "number rank far"),
    WatchColumn("", "Day", "day"),
)


class WatchRow(typing.NamedTuple):
    """One symbol with what is known of it. `mark` is its last trade, else the middle of its book."""

    symbol: str
    name: str
    note: str
    quote: Item
    mark: float | None
    book: str
    day: Item
    underlying: Item


BLANK = WatchRow("", "", "", {}, None, MISSING, {}, {})
"""A row of no symbol, which the page's script makes others of."""


def rows(symbols: Sequence[str], find: Find) -> list[WatchRow]:
    """Return a row for each symbol."""
    return [_row(symbol, find) for symbol in symbols]


def _row(symbol: str, find: Find) -> WatchRow:
    option, quote = parse_option(symbol), find("quote", symbol)
    note = f"{option.expiry:%-d %b %Y} {strike(option.strike)} {option.right}" if option else ""
    return WatchRow(
        symbol,
        option.root if option else symbol,
        note,
        quote,
        mark(quote)[0],
        book(quote),
        find("day", symbol),
        find("underlying", symbol),
    )


def mark(quote: Item) -> tuple[float | None, str]:
    """Return the price to show and which mark it is: the last trade, else the middle of the book, else nothing."""
    if quote.get("last") is not None:
        return quote["last"], "last"
    middle = mid(quote)
    return middle, "" if middle is None else "mid"


def mid(quote: Item) -> float | None:
    """Return the middle of a book that has two sides."""
    return (quote["bid"] + quote["ask"]) / 2 if has_book(quote) else None


def has_book(quote: Item) -> bool:
    """Whether a book has two sides: nobody sells at 0, which some venues write where nobody sells."""
    return quote.get("bid") is not None and bool(quote.get("ask"))


def book(quote: Item) -> str:
    """Write a book, as far as it is known."""
    bid, ask = quote.get("bid"), quote.get("ask")
    return MISSING if bid is None and ask is None else f"{price(bid)} × {price(ask)}"
