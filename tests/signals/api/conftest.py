"""Gives tests of what signals answer the database of the tests of streaming."""

from tests.streaming.conftest import empty_file, ledger_database, sqlite_ledger

__all__ = ["empty_file", "ledger_database", "sqlite_ledger"]
