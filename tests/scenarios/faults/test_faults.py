"""One seed of every fault, with times scaled down, at one desk under load; `make chaos` runs them as they are.

What is promised of each: soon after its end everybody is live again, nobody said LIVE for long while nothing came, and
in the end the venue, the ledger and every client have the same facts once and in order, and the same quotes.
"""

import typing

import pytest

from config.databases import POOL_S
from tests.scenarios.faults.strikes import STRIKES
from tests.scenarios.faults.world import Plan, World
from tests.support.backends import DATABASE, LAYER

LIMITS = {"beacon_s": 0.5, "deaf_s": 1.25, "want_ttl_s": 2.5, "lease_s": 3.75, "pulse_ms": 200}
"""Times are a quarter of what they are; fewer frames and facts are cheaper."""
TRUTH_S = 3.0
"""How long LIVE may be said without being it: the scaled 6 s, and as much again for a machine that is busy."""
SCALES = {"redis-killed-2s": 0.5, "redis-killed-30s": 0.15, "redis-stopped-7s": 0.4, "redis-half-open": 0.25,
          "host-stopped-40s": 0.1, "postgresql-stopped-10s": 0.2, "sqlite-held-10s": 0.3}  # fmt: skip
"""What the durations of faults are multiplied by; the others have none, or it is scaled by the plan."""
STALL_S = 1.5


@pytest.fixture(scope="module")
def world(tmp_path_factory, cast, chromium_path) -> typing.Iterator[World]:
    layer = "valkey-tcp" if LAYER == "embedded" else LAYER
    plan = Plan(
        symbols=4,
        speed=0.4,
        facts=8,
        database=DATABASE,
        layer=layer,
        limits=LIMITS,
        pool_s=POOL_S / 4,
        stall_s=STALL_S,
        chromium=chromium_path,
    )
    with World(tmp_path_factory.mktemp("world"), plan, cast if DATABASE == "sqlite" else None) as running:
        yield running


@pytest.mark.parametrize("name", [name for name, one in STRIKES.items() if one.database in ("", DATABASE)])
def test_after_a_fault_everybody_is_live_again_and_nobody_said_so_without_being_it(world, name):
    outcome = world.suffer(STRIKES[name], SCALES.get(name, 0.2))
    assert outcome.wrong == []
    assert outcome.worst_s - outcome.lag_s <= TRUTH_S, outcome


def test_after_all_of_them_the_three_books_agree(world):
    assert world.differences() == []
    found = world.books()
    assert found.facts > 100
    assert found.sound, found.wrong
