"""What the tests of the assistant share: a ledger for every station."""

from tests.streaming.conftest import chosen_postgresql, cookies, empty_file, ledger_database, sqlite_ledger

__all__ = ["chosen_postgresql", "cookies", "empty_file", "ledger_database", "sqlite_ledger"]
