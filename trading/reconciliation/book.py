"""The book of one link as it is compared with its venue: read, and marked when that was done. Synchronous."""

import decimal
import itertools
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from django.db import transaction

from brokers.contract.reports import AT_WORK
from streaming.ledger import store
from streaming.models import StoredFact
from trading.models import Difference as StoredDifference
from trading.models import Fill, Holding, Order, Reconciled
from trading.reconciliation.comparison import BookedOrder, BookedState, FoundDifference

AT_ONCE = 500
"""Ids in one question to the database, at most."""

Key = tuple[str, str]
"""The kind of a fact, and its venue's id."""


class BookMark(msgspec.Struct, frozen=True):
    """How far one account was compared with its venue: see `models.Reconciled`."""

    since: int
    at: int
    opened: bool


def marks(person: int, link: str) -> dict[str, BookMark]:
    """Return how far the accounts of a link were compared with the venue."""
    rows = Reconciled.objects.filter(person=person, link=link)
    return {row.account: BookMark(row.since, row.at, row.opened) for row in rows}


def known(person: int, link: str, keys: Collection[Key]) -> set[Key]:
    """Return those of `keys` that the ledger has."""
    found: set[Key] = set()
    for ids in _parts({id_ for _, id_ in keys}):
        rows = StoredFact.objects.filter(person=person, link=link, venue_id__in=ids).order_by()
        found.update(rows.values_list("kind", "venue_id"))
    return found & set(keys)


def read(person: int, link: str, orders: Collection[str]) -> BookedState:
    """Return what the book has of a link: all holdings, the orders that work, and `orders`."""
    accounts = marks(person, link)
    rows = list(Order.objects.filter(person=person, link=link, status__in=AT_WORK).order_by())
    seen = {row.order for row in rows}
    for ids in _parts(set(orders) - seen):
        rows += Order.objects.filter(person=person, link=link, order__in=ids).order_by()
    filled = _filled(person, link, [row.order for row in rows])
    holdings = Holding.objects.filter(person=person, link=link, before__isnull=False)
    return BookedState(
        opened=frozenset(account for account, mark in accounts.items() if mark.opened),
        held={(row.account, row.symbol): row.held for row in holdings if row.held},
        orders={row.order: _booked(row, filled, accounts) for row in rows},
    )


def working(person: int) -> set[tuple[str, str]]:
    """Return the orders that work, with their links."""
    rows = Order.objects.filter(person=person, status__in=AT_WORK).order_by()
    return set(rows.values_list("link", "order"))


def open_differences(person: int, link: str) -> list[FoundDifference]:
    """Return what is told to differ."""
    rows = StoredDifference.objects.filter(person=person, link=link)
    return [
        FoundDifference(row.account, typing.cast(typing.Any, row.subject), row.name, row.book, row.venue)
        for row in rows
    ]


def mark(person: int, link: str, accounts: Collection[str], since: int, at: int) -> None:
    """Note that all that happened in `accounts` until `at` (ms) is stored; since `since`, if they are new here."""
    rows = [Reconciled(person_id=person, link=link, account=account, since=since, at=at) for account in accounts]
    Reconciled.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "link", "account"], update_fields=["at"]
    )


def open_account(person: int, link: str, account: str, held: Mapping[str, decimal.Decimal], head: int) -> bool:
    """Note what an account held, by symbol, when the newest fact was number `head`. Returns whether it still is.

    What was there before is that, less what moved by the facts so far. It is noted once.
    """
    with transaction.atomic():
        if store.head(person) != head:
            return False
        if not Reconciled.objects.filter(person=person, link=link, account=account, opened=False).update(opened=True):
            return True
        rows = {row.symbol: row for row in Holding.objects.filter(person=person, link=link, account=account)}
        for symbol in held.keys() - rows.keys():
            rows[symbol] = Holding(person_id=person, link=link, account=account, symbol=symbol, moved=decimal.Decimal())
        for symbol, row in rows.items():
            row.before = held.get(symbol, decimal.Decimal()) - row.moved
        Holding.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["person", "link", "account", "symbol"],
            update_fields=["before"],
        )
    return True


def _filled(person: int, link: str, orders: Sequence[str]) -> dict[str, decimal.Decimal]:
    """Return what the fills of each order come to, not signed."""
    found: dict[str, decimal.Decimal] = {}
    for ids in _parts(orders):
        rows = Fill.objects.standing().filter(person=person, link=link, order__in=ids).order_by()
        for order, quantity in rows.values_list("order", "quantity"):
            found[order or ""] = found.get(order or "", decimal.Decimal()) + abs(quantity)
    return found


def _booked(row: Order, filled: Mapping[str, decimal.Decimal], accounts: Mapping[str, BookMark]) -> BookedOrder:
    mark_ = accounts.get(row.account)
    whole = mark_ is not None and row.submitted_at is not None and row.submitted_at >= mark_.since
    fills = filled.get(row.order, decimal.Decimal()) if whole else None
    return BookedOrder(row.account, row.status, row.version, row.filled, fills)


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while part := list(itertools.islice(rest, AT_ONCE)):
        yield part
