"""The cast of the demo's tests."""

from tests.accounts.conftest import alice, bob

__all__ = ["alice", "bob"]
