"""The gapless number of each fact. Synchronous.

It comes from one UPDATE of its person's ownership row, in the transaction that inserts the fact. The row is locked
until that commits, so numbers become visible in their order; the epoch in the WHERE refuses whoever is not the owner
any more.
"""

from django.db import connection

from streaming.ledger.errors import FencedError
from streaming.models import Ownership

_NUMBER = "UPDATE {table} SET fact = fact + %s WHERE person_id = %s AND epoch = %s RETURNING fact"
_NUMBER_FOR_NOBODY = """
    INSERT INTO {table} (person_id, epoch, fact) VALUES (%s, 0, %s)
    ON CONFLICT (person_id) DO UPDATE SET fact = {table}.fact + excluded.fact RETURNING fact
"""


def raised(person: int, epoch: int | None, by: int) -> int:
    """Raise the number of a person's newest fact, and return it. Raises FencedError.

    `epoch` is that of their owner; None is somebody who owns nobody.
    """
    if epoch is None:
        return _returned(_NUMBER_FOR_NOBODY, [person, by])
    return _returned(_NUMBER, [by, person, epoch])


def _returned(statement: str, values: list[int]) -> int:
    """Run a statement that changes one ownership row, and return the number it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=connection.ops.quote_name(Ownership._meta.db_table)), values)
        rows = cursor.fetchall()
    if not rows:
        raise FencedError(f"epoch {values[2]} of person {values[1]} is over")
    return int(rows[0][0])
