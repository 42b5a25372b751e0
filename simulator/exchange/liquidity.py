"""How much of what the market shows is still there: the sizes of a quote and the volume of a print, each used once."""

import decimal
import random

from simulator.exchange.market_view import Book

Decimal = decimal.Decimal
_GRAIN = Decimal("0.00000001")
_REACH = (0.5, 1.0)
"""The share of a shown size that can be reached before it is gone."""


class Liquidity:
    """What is left of every quote and print for orders of this venue. `draw` is the exchange's own."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self._quotes: dict[tuple[str, int], tuple[int, Decimal]] = {}
        self._prints: dict[str, tuple[int, Decimal]] = {}

    def shown(self, symbol: str, side: int, book: Book) -> Decimal:
        """Return what a buyer (1) or seller (-1) can still take from this quote."""
        seen, left = self._quotes.get((symbol, side), (-1, Decimal(0)))
        if seen != book.ticks:
            size = book.side(side)[1]
            left = share(size, self.draw.uniform(*_REACH))
            self._quotes[symbol, side] = (book.ticks, left)
        return left

    def take(self, symbol: str, side: int, book: Book, quantity: Decimal) -> None:
        """Use up some of a quote."""
        self._quotes[symbol, side] = (book.ticks, self.shown(symbol, side, book) - quantity)

    def printed(self, symbol: str, book: Book) -> Decimal:
        """Return what is left of the last print."""
        seen, left = self._prints.get(symbol, (-1, Decimal(0)))
        return left if seen == book.trades else book.last_size

    def take_printed(self, symbol: str, book: Book, quantity: Decimal) -> None:
        """Use up some of the last print."""
        self._prints[symbol] = (book.trades, self.printed(symbol, book) - quantity)


def share(size: Decimal, part: float) -> Decimal:
    """Return `part` of a size: in whole units when it is, and never nothing of something."""
    exact = size * Decimal(repr(round(part, 6)))
    return exact.quantize(_GRAIN if size % 1 else Decimal(1), decimal.ROUND_CEILING)
