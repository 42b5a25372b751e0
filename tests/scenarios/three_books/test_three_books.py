"""The venues' books, the ledger with its projection, and what clients were told agree, whatever goes wrong."""

import itertools
import os
import random
import typing

import pytest

from tests.scenarios.three_books.trouble import Trouble
from tests.scenarios.three_books.world import Plan, World

LIMITS = {"beacon_s": 0.5, "deaf_s": 1.25, "want_ttl_s": 2.5, "lease_s": 3.75, "pulse_ms": 200}
"""As for other faults: times are a quarter of what they are, and fewer frames are cheaper."""
ACTS, STRIKES = 2000, 60
AWAY_S, AWAY_ACTS = 600, 300
SEED = int(os.environ.get("BOOKS_SEED", "0")) or random.randrange(1, 1 << 16)
"""Another one each time, and told of whatever fails: BOOKS_SEED=n repeats it."""
AGAIN = f"BOOKS_SEED={SEED}"
AGREED_S = 90.0


@pytest.fixture(scope="module")
def world(tmp_path_factory, linked) -> typing.Iterator[World]:
    plan = Plan(seed=SEED, limits=LIMITS)
    with World(tmp_path_factory.mktemp("books"), plan, linked) as running:
        yield running


def test_three_books_agree_over_two_thousand_acts_on_orders_under_every_fault(world):
    library = world.library
    library.live(ACTS, rate=200, seed=SEED)
    trouble = Trouble(library, SEED, ACTS, STRIKES, deaths=1, die=world.die)
    trouble.run()
    found = world.settled(AGREED_S)
    assert not found, f"{AGAIN}: {found}; after {trouble.struck}"
    assert len(trouble.struck) == STRIKES + 1
    facts = library.facts()
    assert len(facts) > ACTS / 2, AGAIN
    late = [fact for fact in facts if fact.get("recovered")]
    assert late, f"{AGAIN}: nothing was missed, and so nothing was proved"
    assert all(fact["late_s"] >= 0 for fact in late)


def test_what_venues_did_in_ten_minutes_without_a_desk_is_there_afterwards_as_recovered_and_in_order(world):
    library = world.library
    before = len(library.facts())
    world.desk.stop_server()
    world.desk.order("hurry", seconds=AWAY_S, rate=200)
    library.live(AWAY_ACTS, rate=100, seed=SEED + 1)
    world.wait_until_passed(AWAY_S)
    world.begin_ahead(AWAY_S)
    found = world.settled(AGREED_S)
    assert not found, f"{AGAIN}: {found}"
    told = [fact for fact in library.facts()[before:] if fact["type"] in ("order", "fill")]
    assert len(told) > AWAY_ACTS / 2, AGAIN
    assert [fact for fact in told if not fact.get("recovered")] == [], AGAIN
    assert max(fact["late_s"] for fact in told) > AWAY_S / 2
    for shelf in library.shelves:
        times = [fact["at"] for fact in told if fact["link"] == shelf.link]
        assert all(earlier <= later for earlier, later in itertools.pairwise(times)), f"{AGAIN}: {shelf.venue}"
