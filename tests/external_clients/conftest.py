"""A venue of one's own for each test, as the tests of the venue itself have it."""

import pytest

pytest.register_assert_rewrite(
    "tests.external_clients.tour_javascript",
    "tests.external_clients.tour_third_party",
    "tests.external_clients.tour_sdk",
)

from tests.simulator.conftest import alice, door, venue  # noqa: E402 after what it must not import

__all__ = ["alice", "door", "venue"]
