"""Gives tests of history the databases of the tests of streaming."""

from tests.streaming.conftest import chosen_postgresql, empty_file, ledger_database, sqlite_ledger

__all__ = ["chosen_postgresql", "empty_file", "ledger_database", "sqlite_ledger"]
