"""The books of a desk return to where they were, whoever came and went. `make soak` asks for more of the same."""

import asyncio
import os

import pytest

from tests.scenarios.leaks import books, visitors
from tests.scenarios.leaks.place import VARIABLES
from tests.support.people import ALICE, BOB

CONNECTS, CYCLES = (1_000, 100) if os.environ.get("SOAK") else (250, 6)


@pytest.fixture(scope="module")
def open_desk(make_desk):
    """A desk that lets us look into it."""
    with make_desk(variables=VARIABLES) as desk:
        yield desk


def test_after_all_who_came_and_went_nothing_is_held_of_them(open_desk):
    cookies = [open_desk.cookie(email) for email in (ALICE, BOB)]
    asyncio.run(visitors.come_and_go(open_desk, cookies, 60))
    before = books.settled(open_desk)
    asyncio.run(visitors.come_and_go(open_desk, cookies, CONNECTS))
    books.assert_returned(open_desk, before)


def test_links_that_were_made_streamed_and_removed_leave_nothing_behind(open_desk):
    open_desk.order("customer", **visitors.CUSTOMER)
    with open_desk.sign_in(BOB) as browser:
        linker = visitors.Linker(open_desk, browser)
        asyncio.run(linker.cycle(2))
        before = books.settled(open_desk)
        asyncio.run(linker.cycle(CYCLES))
    books.assert_returned(open_desk, before)
