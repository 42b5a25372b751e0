"""Who sees facts inside the transaction that stores them: the `STREAM_SINKS` setting."""

import sqlite3
import typing
from collections.abc import Callable, Sequence

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils.module_loading import import_string

from streaming.facts import Fact

Sink = Callable[[Sequence[Fact]], None]
"""Sees the facts of one person inside the transaction that stores them, in the ledger's thread. Synchronous."""

RETURNING = (3, 35)
"""The first SQLite that returns what an UPDATE wrote."""


def sinks() -> list[Sink]:
    """Return the sinks of this desk. Raises ImportError naming one that is not there."""
    return [import_string(path) for path in getattr(settings, "STREAM_SINKS", [])]


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Say before anything is to be recorded that it could not be."""
    found: list[checks.CheckMessage] = []
    for path in getattr(settings, "STREAM_SINKS", []):
        try:
            import_string(path)
        except ImportError as error:
            found.append(checks.Error(f"STREAM_SINKS names {path!r}: {error}.", id="streaming.E001"))
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < RETURNING:
        version = f"SQLite {sqlite3.sqlite_version} is too old for the ledger"
        found.append(checks.Error(f"{version}; it needs 3.35, or PostgreSQL by DATABASE_URL.", id="streaming.E002"))
    return found
