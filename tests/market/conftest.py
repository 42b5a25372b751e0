"""What the tests of the market side share: a ledger for every house, and the cookies of the cast."""

from tests.streaming.conftest import chosen_postgresql, cookies, empty_file, ledger_database, sqlite_ledger

__all__ = ["chosen_postgresql", "cookies", "empty_file", "ledger_database", "sqlite_ledger"]
