"""A venue of one's own for each test, as the tests of the venue itself have it."""

from tests.brokers.loopback.conftest import alice, door, venue

__all__ = ["alice", "door", "venue"]
