"""The cast, for tests of what pages keep of them."""

from tests.accounts.conftest import alice, bob

__all__ = ["alice", "bob"]
