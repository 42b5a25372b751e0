"""What the tests of the book share: a ledger for every house, and the cookies of the cast."""

from tests.accounts.conftest import alice
from tests.streaming.conftest import chosen_postgresql, cookies, empty_file, ledger_database, sqlite_ledger

__all__ = ["alice", "chosen_postgresql", "cookies", "empty_file", "ledger_database", "sqlite_ledger"]
