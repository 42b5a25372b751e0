"""At which prices and for how much an order can be filled against the books of a moment. Pure.

Prices of an order are signed from the customer's side (a debit is negative) and per unit of its smallest ratio.
"""

import decimal
import random

import msgspec

from simulator.exchange.market_view import SimBook, Terms

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
_SHARE, _COIN = Decimal("0.00001"), Decimal("0.00000001")
"""The smallest part of each that trades."""


class FillPart(msgspec.Struct, frozen=True):
    """One leg as matching sees it: `side` 1 buys, `ratio` units in each unit of the order."""

    terms: Terms
    side: int
    ratio: Decimal
    book: SimBook

    @property
    def natural(self) -> Decimal | None:
        """The price at which this leg trades at once."""
        return self.book.side(self.side)[0]


def fraction(terms: Terms) -> Decimal:
    """Return the smallest part of an instrument that an order of a value buys."""
    return _COIN if terms.kind == "crypto" else _SHARE


def natural(parts: list[FillPart]) -> Decimal | None:
    """Return what the order receives when every leg trades at once. None when a leg has no quote."""
    total = Decimal(0)
    for part in parts:
        price = part.natural
        if price is None:
            return None
        total -= part.side * part.ratio * price
    return total


def middle(parts: list[FillPart]) -> Decimal:
    """Return what the order is worth halfway between its quotes."""
    return -sum((part.side * part.ratio * part.book.mid for part in parts), Decimal(0))


def shared(parts: list[FillPart], limit: Decimal) -> list[Decimal] | None:
    """Return a price of every leg, on a tick within its quote, that add up to `limit`. None when they cannot.

    They start where the legs trade at once and give way leg by leg, those of the largest ratio first. When the ticks
    do not add up exactly the order gets a little more than its limit.
    """
    net = natural(parts)
    if net is None:
        return None
    missing, given = limit - net, [_NOTHING] * len(parts)
    for n in sorted(range(len(parts)), key=lambda n: -parts[n].ratio):
        given[n] = min(_room(parts[n]), missing // (parts[n].ratio * parts[n].terms.tick))
        missing -= given[n] * parts[n].ratio * parts[n].terms.tick
    for n in sorted(range(len(parts)), key=lambda n: parts[n].ratio):
        if missing > 0 and given[n] < _room(parts[n]):
            given[n] += 1
            missing -= parts[n].ratio * parts[n].terms.tick
    prices = [
        (part.natural or _NOTHING) - part.side * steps * part.terms.tick
        for part, steps in zip(parts, given, strict=True)
    ]
    return prices if missing <= 0 else None


def _room(part: FillPart) -> Decimal:
    """Return by how many ticks a leg can give way and stay in its quote, and above nothing."""
    best = part.book.side(-part.side)[0] or part.terms.tick
    return part.side * ((part.natural or best) - best) // part.terms.tick


def is_beyond(side: int, price: Decimal, stop: Decimal) -> bool:
    """Whether `price` has reached the stop of an order that buys (1) or sells (-1)."""
    return price >= stop if side > 0 else price <= stop


_GRAIN = Decimal("0.00000001")
_REACH = (0.5, 1.0)
"""The share of a shown size that can be reached before it is gone."""


class Liquidity:
    """What is left of every quote and print for orders of this venue. `draw` is the exchange's own."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self._quotes: dict[tuple[str, int], tuple[int, Decimal]] = {}
        self._prints: dict[str, tuple[int, Decimal]] = {}

    def shown(self, symbol: str, side: int, book: SimBook) -> Decimal:
        """Return what a buyer (1) or seller (-1) can still take from this quote."""
        seen, left = self._quotes.get((symbol, side), (-1, Decimal(0)))
        if seen != book.ticks:
            size = book.side(side)[1]
            left = share(size, self.draw.uniform(*_REACH))
            self._quotes[symbol, side] = (book.ticks, left)
        return left

    def consume(self, symbol: str, side: int, book: SimBook, quantity: Decimal) -> None:
        """Use up some of a quote."""
        self._quotes[symbol, side] = (book.ticks, self.shown(symbol, side, book) - quantity)

    def printed(self, symbol: str, book: SimBook) -> Decimal:
        """Return what is left of the last print."""
        seen, left = self._prints.get(symbol, (-1, Decimal(0)))
        return left if seen == book.trades else book.last_size

    def take_printed(self, symbol: str, book: SimBook, quantity: Decimal) -> None:
        """Use up some of the last print."""
        self._prints[symbol] = (book.trades, self.printed(symbol, book) - quantity)


def share(size: Decimal, part: float) -> Decimal:
    """Return `part` of a size: in whole units when it is, and never nothing of something."""
    exact = size * Decimal(repr(round(part, 6)))
    return exact.quantize(_GRAIN if size % 1 else Decimal(1), decimal.ROUND_CEILING)
