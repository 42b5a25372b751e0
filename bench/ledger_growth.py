"""What storing costs a person with few facts, and one with a million: `python -m bench.ledger_growth`.

Both have the same book but for its size: a fifth as many orders and fills as facts. Orders and fills are stored one by
one, as the ledger stores them with the book, by turns for each person; then fills are asked for as
`/trade/fills?after=` does. On SQLite, and on PostgreSQL where this machine has one.
"""

import argparse
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import time
import typing

import django
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from bench.results import Result, grammar, report  # noqa: E402 (models are known from here on only)
from streaming.ledger import store  # noqa: E402
from streaming.ledger.ledger import Database  # noqa: E402
from streaming.models import Ownership, StoredFact  # noqa: E402
from tests.support import backends, databases  # noqa: E402
from tests.trading.telling import AT, D, entries, fill, order  # noqa: E402
from trading.api import queries  # noqa: E402
from trading.models import Fill, Order  # noqa: E402
from trading.reconciliation import book  # noqa: E402

FEW, MANY = 1_000, 1_000_000
LIMIT = 1.5
"""How much more a person with many facts may pay."""
LINKS = ("main", "second")
BATCH = 10_000


class Ledger(typing.NamedTuple):
    """A person, how many facts they begin with, and what was measured of each act, in ms."""

    person: int
    size: int
    took: dict[str, list[float]]

    def timed(self, what: str, act: typing.Callable[[], object]) -> None:
        """Do something, and note how long it took."""
        begun = time.perf_counter()
        act()
        self.took.setdefault(what, []).append((time.perf_counter() - begun) * 1e3)


def grow(person: int, size: int) -> None:
    """Give a person so many facts, and a fifth as many orders and fills."""
    Ownership.objects.create(person_id=person, epoch=1, fact=size)
    for first in range(0, size, BATCH):
        numbers = range(first + 1, min(first + BATCH, size) + 1)
        StoredFact.objects.bulk_create(
            StoredFact(
                person_id=person, number=number, kind="order", link=LINKS[number % 2], venue_id=f"old-{number}",
                at=AT + number, recorded=AT + number, recovered=False, epoch=1, payload="{}",
            )
            for number in numbers
        )  # fmt: skip
        common = [
            {
                "person_id": person, "link": LINKS[number % 2], "account": "5WX1", "venue_id": f"old-{number}",
                "fact": number, "at": AT + number, "recovered": False, "order": f"old-{number}",
            }
            for number in numbers if number % 5 == 0
        ]  # fmt: skip
        Order.objects.bulk_create(Order(**each, version=1, status="filled", venue_status="Filled") for each in common)
        Fill.objects.bulk_create(
            Fill(**each, kind="fill", symbol="QQQ", quantity=D(1), price=D(450)) for each in common
        )


def act(ledger: Ledger, turn: int) -> None:
    """Store an order and a fill, and read what is asked for after that."""
    link = LINKS[turn % 2]
    placed = entries(order(f"new-{turn}", AT + turn, link=link))
    ledger.timed("store an order", lambda: store.record(ledger.person, placed))
    filled = entries(fill(f"new-{turn}", link=link, order=f"new-{turn}"))
    ledger.timed("store a fill", lambda: store.record(ledger.person, filled))
    ledger.timed("fills after a fact", lambda: queries.fills(ledger.person, 0, ledger.size, 200))
    ledger.timed("orders that work", lambda: book.working(ledger.person))
    Order.objects.filter(person=ledger.person, order=f"new-{turn}").update(status="filled")


def measure(name: str, database: Database, given: argparse.Namespace) -> list[Result]:
    """Measure one database."""

    def work() -> list[Ledger]:
        ledgers = [Ledger(1, FEW, {}), Ledger(2, given.facts, {})]
        for ledger in ledgers:
            grow(ledger.person, ledger.size)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as PostgreSQL does by itself after a while
        for turn in range(given.turns):
            for ledger in ledgers:
                act(ledger, turn)
        return ledgers

    few, many = databases.inside(database, work)
    results = []
    for what in few.took:
        costs = [statistics.median(ledger.took[what]) for ledger in (few, many)]
        results.append(Result(f"{name}: {what}, with {few.size:,} facts", costs[0], "ms"))
        results.append(Result(f"{name}: {what}, with {many.size:,}", costs[1], "ms"))
        results.append(Result(f"{name}: {what}, the one by the other", costs[1] / costs[0], "x", LIMIT))
    return results


def main(arguments: typing.Sequence[str]) -> int:
    """Measure, and return how many figures are over their limit."""
    made = grammar("bench.ledger_growth", __doc__)
    made.add_argument("--facts", type=int, default=MANY, help="facts of the person with many (%(default)s)")
    made.add_argument("--turns", type=int, default=100, help="orders and fills that are stored for each (%(default)s)")
    given = made.parse_args(arguments)
    results = []
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tapedeck-bench-")))
        found = {"SQLite": databases.sqlite(folder / "ledger.sqlite3")}
        if backends.has_another_database():
            found["PostgreSQL"] = stack.enter_context(databases.postgresql())
        for name, database in found.items():
            databases.found(database)
            results += measure(name, database, given)
    over = report("Ledger growth", results, given.results)
    return over if given.facts >= MANY else 0  # a few facts say nothing of how costs grow


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
