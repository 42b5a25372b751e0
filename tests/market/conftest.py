"""What the tests of the market side share: the cookies of the cast."""

import pytest

from tests.desk import Desk
from tests.people import ALICE, BOB


@pytest.fixture(scope="module")
def cookies(desk: Desk) -> dict[str, str]:
    """The sessions of alice and bob on this module's desk."""
    return {email: desk.cookie(email) for email in (ALICE, BOB)}
