"""Which processes run, by their heartbeats in the database."""

import os
import typing

from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from streaming.models import StoredHost
from streaming.ownership import process_id, rows


class Process(typing.NamedTuple):
    """A process by its row: for how long it has one and how old its heartbeat is (ms), and how many people it owns.

    A `live` one renewed in time; one that is not is gone, and nobody ended its row.
    """

    id: str
    name: str
    kind: str
    age_ms: int
    heartbeat_ms: int
    people: int
    live: bool


def others() -> list[Process]:
    """Return every process but this one, the oldest first. Closes this thread's connection."""
    try:
        live = {row.id for row in rows.hosts() if row.live}
        mine = {"name": process_id.name_of(os.getpid()), "boot": process_id.life_of(os.getpid())}
        found = StoredHost.objects.exclude(**mine).annotate(age=_since("started"), silent=_since("renewed"))
        return [
            Process(
                str(row.id), row.name, row.kind, _ms(row.age), _ms(row.silent), row.load, str(row.id) in live
            )
            for row in found
        ]  # fmt: skip
    finally:
        connection.close()


def _since(field: str) -> typing.Any:
    return ExpressionWrapper(Now() - F(field), output_field=DurationField())


def _ms(age: typing.Any) -> int:
    return max(0, int(age.total_seconds() * 1000))
