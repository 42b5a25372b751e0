"""What the tests of the market side share: a ledger for every house, the cookies of the cast, and people."""

from tests.accounts.conftest import alice, bob
from tests.streaming.conftest import chosen_postgresql, cookies, empty_file, ledger_database, sqlite_ledger

__all__ = ["alice", "bob", "chosen_postgresql", "cookies", "empty_file", "ledger_database", "sqlite_ledger"]
