"""What the bars of the desk take in its database."""

import msgspec
from django.db import connection
from django.db.models import Count, Sum

from market.models import BarDay, BarRevision, KeptSeries

TABLES = (KeptSeries, BarDay, BarRevision)


class HistorySize(msgspec.Struct, frozen=True):
    """How many bars and revisions there are, and the bytes of their tables with their indexes.

    An SQLite that was built without its table of pages (dbstat) does not know the bytes: None.
    """

    bars: int
    revisions: int
    total_bytes: int | None

    @property
    def bytes_a_bar(self) -> float | None:
        """All bytes, shared among the bars; None where there is none, or they are not known."""
        return self.total_bytes / self.bars if self.bars and self.total_bytes is not None else None


def history_size() -> HistorySize:
    """Return what the bars of everybody take."""
    bars = BarDay.objects.aggregate(bars=Sum("bars"))["bars"] or 0
    revisions = BarRevision.objects.aggregate(rows=Count("pk"))["rows"]
    total = sum(_bytes(model._meta.db_table) for model in TABLES) if _tells_bytes() else None
    return HistorySize(bars, revisions, total)


def _tells_bytes() -> bool:
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA compile_options")
        return "ENABLE_DBSTAT_VTAB" in {name for (name,) in cursor.fetchall()}


def _bytes(table: str) -> int:
    """Return the bytes of a table with its indexes, free pages within it included."""
    if connection.vendor == "sqlite":
        statement = "SELECT SUM(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = %s)"
    else:
        statement = "SELECT pg_total_relation_size(%s::regclass)"
    with connection.cursor() as cursor:
        cursor.execute(statement, [table])
        return int(cursor.fetchone()[0])
