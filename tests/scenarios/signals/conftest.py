"""Gives tests of signals the databases of the tests of streaming."""

from tests.streaming.conftest import (
    chosen_postgresql,
    cookies,
    database,
    empty_file,
    ledger_database,
    postgresql,
    sqlite_ledger,
)

__all__ = [
    "chosen_postgresql",
    "cookies",
    "database",
    "empty_file",
    "ledger_database",
    "postgresql",
    "sqlite_ledger",
]
