"""A venue and people, for what a desk is told of their links."""

from tests.accounts.conftest import _venue, alice, bob, heard, rotating, venue

__all__ = ["_venue", "alice", "bob", "heard", "rotating", "venue"]
