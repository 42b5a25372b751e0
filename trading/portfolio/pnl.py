"""Profit and loss, exactly: what trades made, what is held still makes, and what a day made of both. Pure.

Quantities are signed (sold and short < 0), in shares or contracts; prices are per share, `multiplier` is how many
shares one unit is for; money is in dollars. Nothing here is a float, and nothing is lost by rounding: where a lot is
closed in parts that do not divide, what one part is told too little the next has too much.
"""

import collections
import decimal
import typing
from collections.abc import Iterable

import msgspec

ZERO = decimal.Decimal(0)
_EXACTLY = decimal.Context(prec=50)
"""More digits than the products of any quantity, price and multiplier have."""


class Trade(msgspec.Struct, frozen=True):
    """Something was bought or sold; `fees` is what that cost (a rebate < 0)."""

    quantity: decimal.Decimal
    price: decimal.Decimal
    fees: decimal.Decimal = ZERO


class Lot(typing.NamedTuple):
    """What was bought, or sold short, at once. `cost` in dollars has the sign of `quantity`; None is not known."""

    quantity: decimal.Decimal
    cost: decimal.Decimal | None


class Lots:
    """What is held of one symbol, lot by lot: a trade the other way closes the oldest first, and what is left opens.

    `realised` is what closing made, without fees, None once something was closed whose cost is not known; `fees` are
    those of all trades.
    """

    def __init__(self, multiplier: decimal.Decimal, held: decimal.Decimal = ZERO) -> None:
        """Begin with so much `held`, at a cost that nobody knows."""
        self.multiplier = multiplier
        self.realised: decimal.Decimal | None = ZERO
        self.fees = ZERO
        self._lots = collections.deque([Lot(held, None)] if held else [])

    def __repr__(self) -> str:
        return f"<Lots {self.quantity} in {len(self._lots)}>"

    @property
    def quantity(self) -> decimal.Decimal:
        """How much is held."""
        return sum((lot.quantity for lot in self._lots), ZERO)

    @property
    def cost(self) -> decimal.Decimal | None:
        """What all that is held cost in dollars (< 0: what was got for it); None where that is not known of all."""
        return total(lot.cost for lot in self._lots)

    def trade(self, trade: Trade) -> None:
        """Close with a trade what it closes, the oldest first, and open with what is left of it."""
        with decimal.localcontext(_EXACTLY):
            self.fees += trade.fees
            left = trade.quantity
            while left and self._lots and (self._lots[0].quantity > 0) != (left > 0):
                left = self._close(left, trade.price)
            if left:
                self._lots.append(Lot(left, left * trade.price * self.multiplier))

    def _close(self, quantity: decimal.Decimal, price: decimal.Decimal) -> decimal.Decimal:
        """Close of the oldest lot what `quantity` closes of it; return what is left of that."""
        oldest = self._lots.popleft()
        part, cost = oldest.quantity, oldest.cost
        if abs(quantity) < abs(part):
            part = -quantity
            cost = None if oldest.cost is None else oldest.cost * part / oldest.quantity
            rest = None if oldest.cost is None or cost is None else oldest.cost - cost
            self._lots.appendleft(Lot(oldest.quantity - part, rest))
        if cost is None or self.realised is None:
            self.realised = None
        else:
            self.realised += part * price * self.multiplier - cost
        return quantity + part

    def split(self, to: decimal.Decimal) -> None:
        """Make all that is held a holding of `to`, which cost the same: a stock split, or its reverse.

        Raises ValueError where that is no split: of nothing, or to the other side.
        """
        held = self.quantity
        if not held or not to or (held > 0) != (to > 0):
            raise ValueError(f"{held} does not split to {to}")
        with decimal.localcontext(_EXACTLY):
            left = to
            for _ in range(len(self._lots) - 1):
                lot = self._lots.popleft()
                quantity = lot.quantity * to / held
                left -= quantity
                self._lots.append(Lot(quantity, lot.cost))
            self._lots.append(Lot(left, self._lots.popleft().cost))

    def open_pl(self, mark: decimal.Decimal | None) -> decimal.Decimal | None:
        """What is held would make at `mark`, without fees; None where mark or cost is not known."""
        cost = self.cost
        if not self._lots:
            return ZERO
        if mark is None or cost is None:
            return None
        with decimal.localcontext(_EXACTLY):
            return self.quantity * mark * self.multiplier - cost


def gain(
    mark: decimal.Decimal | None,
    paid: decimal.Decimal | None,
    quantity: decimal.Decimal | None,
    multiplier: decimal.Decimal | None,
) -> decimal.Decimal | None:
    """Return what `quantity` made from `paid` to `mark`; None where anything of it is missing."""
    if mark is None or paid is None or quantity is None or multiplier is None:
        return None
    return (mark - paid) * quantity * multiplier


class Traded(msgspec.Struct, frozen=True):
    """What trades come to: `quantity` in all, `paid` for it (quantity × price, got < 0), and their `fees`."""

    quantity: decimal.Decimal = ZERO
    paid: decimal.Decimal = ZERO
    fees: decimal.Decimal = ZERO

    @classmethod
    def of(cls, trades: Iterable[Trade]) -> "Traded":
        """Add up `trades`."""
        quantity = paid = fees = ZERO
        for trade in trades:
            quantity += trade.quantity
            paid += trade.quantity * trade.price
            fees += trade.fees
        return cls(quantity, paid, fees)


def day_pl(
    held: decimal.Decimal,
    mark: decimal.Decimal | None,
    close: decimal.Decimal | None,
    traded: Traded,
    multiplier: decimal.Decimal,
) -> decimal.Decimal | None:
    """Return what a day made of one symbol, fees taken off: of what it began with and of its trades, closed or not.

    `held` is what there is now, `close` the close before the day. None where a price is missing that it takes.
    """
    began = held - traded.quantity
    if (held and mark is None) or (began and close is None):
        return None
    worth = (held * mark if mark is not None else ZERO) - (began * close if close is not None else ZERO)
    return (worth - traded.paid) * multiplier - traded.fees


def total(amounts: Iterable[decimal.Decimal | None]) -> decimal.Decimal | None:
    """Add up amounts; None where one of them is not known."""
    found = ZERO
    for amount in amounts:
        if amount is None:
            return None
        found += amount
    return found


def known(amounts: Iterable[decimal.Decimal | None]) -> decimal.Decimal | None:
    """Add up those amounts that are known; None where none is."""
    told = [amount for amount in amounts if amount is not None]
    return sum(told, ZERO) if told else None
