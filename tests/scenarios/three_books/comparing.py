"""The books of one account, and how they are compared: what the venue did, what was stored, what was made of it. Pure.

The book of a client is compared with the ledger fact by fact: it is told the same, under the same numbers.
"""

import collections
import dataclasses
import decimal
import itertools
import typing

Decimal = decimal.Decimal
NOTHING = Decimal(0)


@dataclasses.dataclass(frozen=True)
class Execution:
    """One fill, bust or correction, as one book has it: `quantity` is signed.

    `void` is what was taken back or replaced by another.
    """

    id: str
    order: str
    symbol: str
    quantity: Decimal
    price: Decimal
    void: bool = False
    kind: str = "fill"

    @property
    def counts(self) -> bool:
        """Whether something was bought or sold by it that still is."""
        return not self.void and self.kind != "bust"

    @property
    def leg(self) -> tuple[str, str]:
        """The order it is of, and what it traded."""
        return self.order, self.symbol


@dataclasses.dataclass
class Book:
    """What one book says of one account: fills as often as they stand there, and the venue's last word on each order.

    `held` is what the account holds of each symbol, by this book.
    """

    fills: list[Execution]
    orders: dict[str, str]
    held: dict[str, Decimal]


@dataclasses.dataclass
class Difference:
    """What differs between two books, each with both numbers; empty is what is hoped for."""

    lost: list[str] = dataclasses.field(default_factory=list)
    doubled: list[str] = dataclasses.field(default_factory=list)
    wrong: list[str] = dataclasses.field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.wrong)

    def __str__(self) -> str:
        told = {"lost": self.lost, "doubled": self.doubled, "wrong": self.wrong}
        return "; ".join(f"{len(what)} {name}: {', '.join(what[:5])}" for name, what in told.items() if what) or "none"

    def add(self, other: "Difference", where: str) -> None:
        """Take what differs elsewhere."""
        for name in ("lost", "doubled", "wrong"):
            getattr(self, name).extend(f"{where}: {what}" for what in getattr(other, name))


def compare(venue: Book, other: Book, *, by_id: bool) -> Difference:
    """Compare a book with the venue's own. Without `by_id` the venue gives executions no ids: sums are compared."""
    found = Difference()
    if by_id:
        _compare_ids(venue.fills, other.fills, found)
    else:
        _compare_sums(venue.fills, other.fills, found)
    found.lost += [f"order {order}, {status}" for order, status in venue.orders.items() if order not in other.orders]
    found.wrong += [f"order {order} is not the venue's" for order in other.orders if order not in venue.orders]
    found.wrong += [
        f"order {order} is {told}, and {status} at the venue"
        for order, status in venue.orders.items()
        if (told := other.orders.get(order, status)) != status
    ]
    found.wrong += [
        f"{other.held.get(symbol, NOTHING)} of {symbol} are held, and {venue.held.get(symbol, NOTHING)} at the venue"
        for symbol in sorted({*venue.held, *other.held})
        if other.held.get(symbol, NOTHING) != venue.held.get(symbol, NOTHING)
    ]
    return found


def _compare_ids(venue: list[Execution], other: list[Execution], found: Difference) -> None:
    known = {fill.id: fill for fill in venue}
    told: dict[str, list[Execution]] = collections.defaultdict(list)
    for fill in other:
        told[fill.id].append(fill)
    found.lost += [f"fill {id} of {known[id].quantity} {known[id].symbol}" for id in known if id not in told]
    found.doubled += [f"fill {id}, {len(fills)} times" for id, fills in told.items() if len(fills) > 1]
    for id, fills in told.items():
        if id not in known:
            found.wrong.append(f"fill {id} of {fills[0].quantity} {fills[0].symbol} is not the venue's")
        elif fills[0] != known[id]:
            found.wrong.append(f"fill {id} is {_terms(fills[0])}, and {_terms(known[id])} at the venue")


def _compare_sums(venue: list[Execution], other: list[Execution], found: Difference) -> None:
    wanted, told = _sums(venue), _sums(other)
    for leg in sorted({*wanted, *told}):
        mine, theirs = told.get(leg, (NOTHING, NOTHING)), wanted.get(leg, (NOTHING, NOTHING))
        if mine != theirs:
            text = (
                f"{mine[0]} of {leg[1]} by order {leg[0]} for {mine[1]}, and {theirs[0]} for {theirs[1]} at the venue"
            )
            less = abs(mine[0]) < abs(theirs[0])
            (found.lost if less else found.doubled if mine[0] != theirs[0] else found.wrong).append(text)
    ids = collections.Counter(fill.id for fill in other)
    found.doubled += [f"fill {id}, {times} times" for id, times in ids.items() if times > 1]


def _sums(fills: list[Execution]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Quantity, and dollars to the cent, by order and symbol."""
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for fill in fills:
        if not fill.counts:
            continue
        quantity, dollars = sums.get(fill.leg, (NOTHING, NOTHING))
        sums[fill.leg] = (quantity + fill.quantity, dollars + fill.quantity * fill.price)
    return {leg: (quantity, dollars.quantize(Decimal("0.01"))) for leg, (quantity, dollars) in sums.items()}


def _terms(fill: Execution) -> str:
    void = ", void" if fill.void else ""
    kind = "" if fill.kind == "fill" else f"{fill.kind} of "
    price = f"{fill.price.normalize():f}"
    return f"{kind}{fill.quantity.normalize():f} {fill.symbol} at {price} by order {fill.order}{void}"


Fact = dict[str, typing.Any]
"""A fact as clients are told it."""


def compare_told(ledger: typing.Sequence[Fact], told: typing.Sequence[Fact], first: int) -> Difference:
    """Compare what a client was told, from behind the fact `first`, with the ledger: each once, whole, in order."""
    found = Difference()
    stored = {fact["fact"]: fact for fact in ledger if fact["fact"] > first}
    times = collections.Counter(fact["fact"] for fact in told)
    found.lost += [f"fact {number}, {_word(fact)}" for number, fact in stored.items() if number not in times]
    found.doubled += [f"fact {number}, {often} times" for number, often in times.items() if often > 1]
    found.wrong += [
        f"fact {before['fact']} came before {after['fact']}"
        for before, after in itertools.pairwise(told)
        if after["fact"] <= before["fact"]
    ]
    found.wrong += [
        f"fact {fact['fact']} was told as {fact}, and is {stored.get(fact['fact'])}"
        for fact in told
        if fact != stored.get(fact["fact"])
    ]
    return found


def compare_numbers(numbers: typing.Sequence[int]) -> Difference:
    """Find what is wrong with the numbers of a ledger: they begin at 1, and none is missing."""
    found = Difference()
    present = collections.Counter(numbers)
    found.lost += [f"number {number}" for number in range(1, max(present, default=0) + 1) if number not in present]
    found.doubled += [f"number {number}" for number, times in present.items() if times > 1]
    return found


def _word(fact: Fact) -> str:
    return f"{fact['type']} of {fact.get('order') or fact.get('symbol') or fact.get('code')}"
