"""A demo that is traded in, ended by force and started again a day later shows every fill once, and nothing differs.

`make restarts` has it live five days, with more done on each of them, and orders tested at every venue.
"""

import concurrent.futures
import itertools
import os
import signal

import pytest

from tests.scenarios.demos.life import ALICE, VENUES, Life

pytestmark = pytest.mark.process

RUNS, ACTS = int(os.environ.get("DEMO_RUNS", "2")), int(os.environ.get("DEMO_ACTS", "20"))
BLOWS = (signal.SIGKILL, signal.SIGTERM)
"""What ends the runs, in turns."""


IS_LONG = RUNS > 2
TRIED = [*VENUES] if IS_LONG else ["tastytrade"]
"""Where test orders are placed: each takes a program of its own."""


def test_a_demo_that_is_started_again_a_day_later_goes_on_from_where_it_was(tmp_path):
    with Life(tmp_path) as life:
        for number, blow in zip(range(RUNS), itertools.cycle(BLOWS), strict=False):
            with life.running(blow) as run:
                assert not (found := run.agreed()), f"run {number + 1}, at first: {found}"
                with concurrent.futures.ThreadPoolExecutor() as all_at_once:
                    orders = dict(zip(TRIED, all_at_once.map(run.order, TRIED if number else ()), strict=False))
                assert not [said for _, said in orders.values() if "it still works" in said]
                run.live(ACTS, seed=number)
                assert not (found := run.agreed()), f"run {number + 1}: {found}"
                assert not run.doubled()
                assert not run.differences()
                code, said = run.manage("reconcile", "--user", ALICE) if IS_LONG else (0, "")
                assert code == 0, said
                print(run.report({venue: seconds for venue, (seconds, _) in orders.items()}))
