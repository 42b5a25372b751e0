"""What a venue says of a link's accounts, beside what the book says: where they differ. Pure."""

import decimal
import typing
from collections.abc import Iterable, Mapping

import msgspec

from brokers.contract.broker import OrderKey, Statement
from brokers.contract.reports import ENDED, OrderReport

Subject = typing.Literal["position", "order", "filled", "fills"]
"""What can differ: how much of a symbol is held; how an order stands; how much of it is filled by its own word; and how
much the fills of it come to."""
Place = tuple[str, str, str]
"""Where book and venue can differ: account, subject, and a symbol or an order's id."""


class FoundDifference(msgspec.Struct, frozen=True):
    """Book and venue say different things. None is said of what one of them does not know of."""

    account: str
    subject: Subject
    name: str
    book: str | None
    venue: str | None

    @property
    def place(self) -> Place:
        """What it is about."""
        return self.account, self.subject, self.name


class BookedOrder(msgspec.Struct, frozen=True):
    """An order by the book: `fills` is what its fills come to, not signed; None where not all of them can be known."""

    account: str
    status: str
    version: int
    filled: decimal.Decimal | None
    fills: decimal.Decimal | None


class BookedState(msgspec.Struct, frozen=True):
    """What the book has of one link, as far as it is compared.

    `opened` are the accounts whose holdings are known; `held` is by account and symbol, `orders` by their ids: those
    that work, and those asked for.
    """

    opened: frozenset[str]
    held: Mapping[tuple[str, str], decimal.Decimal]
    orders: Mapping[str, BookedOrder]

    @property
    def working(self) -> tuple[str, ...]:
        """The orders that work."""
        return tuple(id_ for id_, order in self.orders.items() if order.status not in ENDED)

    def missing(self, statement: Statement) -> dict[OrderKey, BookedOrder]:
        """Return the orders that work by the book, and of which the venue says nothing, by account and id."""
        told = {order.order for order in statement.orders}
        known = ((id_, order) for id_, order in self.orders.items() if order.account in statement.accounts)
        return {(order.account, id_): order for id_, order in known if order.status not in ENDED and id_ not in told}


def differences(statement: Statement, book: BookedState) -> dict[Place, FoundDifference]:
    """Return where book and venue differ, by place."""
    found = [*_of_positions(statement, book), *_of_orders(statement.orders, book), *_gone(statement, book)]
    return {one.place: one for one in found}


def compared(place: Place, statement: Statement, book: BookedState) -> bool:
    """Whether a statement says anything of a place, so that where no difference is found there, there is none."""
    account, subject, name = place
    if account not in statement.accounts:
        return False
    return account in book.opened if subject == "position" else any(one.order == name for one in statement.orders)


def held(statement: Statement) -> dict[tuple[str, str], decimal.Decimal]:
    """Return what the venue says is held, by account and symbol."""
    return {
        (one.account, one.symbol): one.quantity
        for one in statement.positions
        if isinstance(one.quantity, decimal.Decimal) and one.quantity
    }


def _of_positions(statement: Statement, book: BookedState) -> Iterable[FoundDifference]:
    venue = held(statement)
    unsaid = {(one.account, one.symbol) for one in statement.positions if not isinstance(one.quantity, decimal.Decimal)}
    for place in sorted({*venue, *book.held} - unsaid):
        account, symbol = place
        by_book, by_venue = book.held.get(place, decimal.Decimal()), venue.get(place, decimal.Decimal())
        if account in book.opened and account in statement.accounts and by_book != by_venue:
            yield FoundDifference(account, "position", symbol, _number(by_book), _number(by_venue))


def _of_orders(orders: Iterable[OrderReport], book: BookedState) -> Iterable[FoundDifference]:
    for order in orders:
        booked = book.orders.get(order.order)
        if booked is None:
            yield FoundDifference(order.account, "order", order.order, None, order.status)
            continue
        if booked.status != order.status:
            yield FoundDifference(order.account, "order", order.order, booked.status, order.status)
        filled = filled_of(order)
        for subject, by_book in (("filled", booked.filled), ("fills", booked.fills)):
            if filled is not None and by_book is not None and filled != by_book:
                yield FoundDifference(
                    order.account, typing.cast(Subject, subject), order.order, _number(by_book), _number(filled)
                )  # fmt: skip


def _gone(statement: Statement, book: BookedState) -> Iterable[FoundDifference]:
    told = {order.order for order in statement.orders}
    for id_, order in book.orders.items():
        if order.account in statement.accounts and order.status not in ENDED and id_ not in told:
            yield FoundDifference(order.account, "order", id_, order.status, None)


def filled_of(order: OrderReport) -> decimal.Decimal | None:
    """Return how much of all legs together is filled, not signed; None where the venue does not tell."""
    known = [leg.filled for leg in order.legs if leg.filled is not None]
    return sum(known, decimal.Decimal()) if known else None


def _number(value: decimal.Decimal) -> str:
    """Write a quantity as short as it is exact."""
    return f"{value.normalize():f}" if value else "0"


Holdings = dict[str, dict[str, decimal.Decimal]]
"""What is held, by account and symbol."""


class Comparison(msgspec.Struct, frozen=True):
    """Book and venue as they were seen together once, in quiet: where they differ, and what the venue says is held."""

    differences: Mapping[Place, FoundDifference]
    held: Mapping[str, Mapping[str, decimal.Decimal]]


class Confirmed(msgspec.Struct, frozen=True):
    """What is certain after a look: `differ` and `agree` are to be told, `opening` is what accounts begin with.

    `whole` says that nothing is left that another look could make certain.
    """

    differ: tuple[FoundDifference, ...]
    agree: tuple[FoundDifference, ...]
    opening: Holdings
    whole: bool


def compare(statement: Statement, book: BookedState) -> Comparison:
    """Compare book and venue."""
    by_account: Holdings = {account: {} for account in statement.accounts}
    for (account, symbol), quantity in held(statement).items():
        by_account.setdefault(account, {})[symbol] = quantity
    return Comparison(differences(statement, book), by_account)


def confirm(
    statement: Statement, book: BookedState, now: Comparison, before: Comparison | None, told: Iterable[FoundDifference]
) -> Confirmed:
    """Return what is certain after two looks, the first of which may be missing; `told` is what is said to differ."""
    known = {one.place: one for one in told}
    news = {place: one for place, one in now.differences.items() if known.get(place) != one}
    differ = tuple(one for place, one in news.items() if before and before.differences.get(place) == one)
    agree = tuple(
        one for place, one in known.items()
        if place not in now.differences and compared(place, statement, book)
    )  # fmt: skip
    closed = [account for account in statement.accounts if account not in book.opened]
    opening = {one: dict(now.held[one]) for one in closed if before and before.held.get(one) == now.held[one]}
    return Confirmed(differ, agree, opening, len(differ) == len(news) and len(opening) == len(closed))
