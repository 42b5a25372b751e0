"""When a difference between book and venue is worth telling, and when it is known what an account held. Pure.

A statement is not of one instant: something may happen while a venue answers, and the word of it may still be on its
way. So nothing counts that was not the same twice, in answers during which nothing happened.
"""

import decimal
from collections.abc import Iterable, Mapping

import msgspec

from brokers.contract.broker import Statement
from trading.reconciliation import comparison
from trading.reconciliation.comparison import Book, Difference, Place

Holdings = dict[str, dict[str, decimal.Decimal]]
"""What is held, by account and symbol."""


class Comparison(msgspec.Struct, frozen=True):
    """Book and venue as they were seen together once, in quiet: where they differ, and what the venue says is held."""

    differences: Mapping[Place, Difference]
    held: Mapping[str, Mapping[str, decimal.Decimal]]


class Confirmed(msgspec.Struct, frozen=True):
    """What is certain after a look: `differ` and `agree` are to be told, `opening` is what accounts begin with.

    `whole` says that nothing is left that another look could make certain.
    """

    differ: tuple[Difference, ...]
    agree: tuple[Difference, ...]
    opening: Holdings
    whole: bool


def look(statement: Statement, book: Book) -> Comparison:
    """Compare book and venue."""
    held: Holdings = {account: {} for account in statement.accounts}
    for (account, symbol), quantity in comparison.held(statement).items():
        held.setdefault(account, {})[symbol] = quantity
    return Comparison(comparison.differences(statement, book), held)


def confirm(
    statement: Statement, book: Book, now: Comparison, before: Comparison | None, told: Iterable[Difference]
) -> Confirmed:
    """Return what is certain after two looks, the first of which may be missing; `told` is what is said to differ."""
    known = {one.place: one for one in told}
    news = {place: one for place, one in now.differences.items() if known.get(place) != one}
    differ = tuple(one for place, one in news.items() if before and before.differences.get(place) == one)
    agree = tuple(
        one for place, one in known.items()
        if place not in now.differences and comparison.compared(place, statement, book)
    )  # fmt: skip
    closed = [account for account in statement.accounts if account not in book.opened]
    opening = {one: dict(now.held[one]) for one in closed if before and before.held.get(one) == now.held[one]}
    return Confirmed(differ, agree, opening, len(differ) == len(news) and len(opening) == len(closed))
