"""What the tests of the book share: a ledger for every house, and the cookies of the cast."""

from tests.accounts.conftest import alice, bob
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
    "alice",
    "bob",
    "chosen_postgresql",
    "cookies",
    "database",
    "empty_file",
    "ledger_database",
    "postgresql",
    "sqlite_ledger",
]
