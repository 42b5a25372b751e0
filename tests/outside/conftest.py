"""A venue of one's own for each test, as the tests of the venue itself have it."""

import pytest

pytest.register_assert_rewrite(
    "tests.outside.tour_javascript", "tests.outside.tour_third_party", "tests.outside.tour_sdk"
)

from tests.brokers.loopback.conftest import alice, door, venue  # noqa: E402 after what it must not import

__all__ = ["alice", "door", "venue"]
