"""What the simulated market costs: `python -m bench.market_cost`. One process, CPU time.

Ten stretches of sixty days, a year apart, each asked of a past that nobody has asked before; and 500 symbols live at
5 quotes/s each. `--beside DIR` compares the live market with that of another checkout: seven pairs by turns, each run
a process of its own, and the median of their ratios.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from bench.results import Result, grammar, report
from simulator.market.bars import DAY, HALF_HOUR
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.synthetic_history import SyntheticPast

ROOT = pathlib.Path(__file__).parent.parent
NOON = 1_795_021_200_000
"""Wed 18 Nov 2026, 12:00 New York, in ms."""
STRETCHES, STRETCH, YEAR = 10, 60 * DAY, 364 * DAY
DEAREST_LIMIT, BESIDE_LIMIT = 2.0, 1.0


def stretch_costs(rounds: int) -> list[float]:
    """Return the CPU seconds of each stretch, the newest first: the least of some rounds."""
    least = [float("inf")] * STRETCHES
    for seed in range(rounds):
        for number in range(STRETCHES):
            market = SimMarket(1000 * seed + number, NOON)
            past = SyntheticPast(HistoryAnchors(market, OptionSurface(market)).of_tape(market.tapes["AAPL"]))
            until = NOON - DAY - number * YEAR
            begun = time.process_time()
            bars = [*past.days(until - STRETCH, until, regular=False), *past.bars(HALF_HOUR, until - STRETCH, until)]
            least[number] = min(least[number], time.process_time() - begun)
            if not bars:
                raise ValueError(f"no bars before {until}")
    return least


def live_cost(checkout: pathlib.Path) -> dict[str, float]:
    """Return what one run of the live market in a checkout costs: seconds to begin, microseconds a quote."""
    command = [sys.executable, str(ROOT / "bench/market_steps.py")]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    told = subprocess.check_output(command, cwd=checkout, env=environment)  # noqa: S603 (our own interpreter)
    return dict(json.loads(told))


def compare(other: pathlib.Path, pairs: int) -> list[Result]:
    """Run this checkout and another by turns."""
    ratios = []
    for _ in range(pairs):
        ours, theirs = live_cost(ROOT), live_cost(other)
        ratios.append(ours["quote_us"] / theirs["quote_us"])
    return [Result(f"a live quote beside {other.name}", statistics.median(ratios), "times", BESIDE_LIMIT)]


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.market_cost", __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=pathlib.Path, help="another checkout of this project")
    parser.add_argument("--pairs", type=int, default=7)
    given = parser.parse_args()
    costs, live = stretch_costs(given.rounds), live_cost(ROOT)
    results = [
        Result("sixty days of a past", 1e3 * statistics.median(costs), "ms"),
        Result("the dearest of ten stretches beside the cheapest", max(costs) / min(costs), "times", DEAREST_LIMIT),
        Result("500 live symbols begin", 1e3 * live["begin_s"], "ms"),
        Result("a live quote of them", live["quote_us"], "µs"),
    ]
    if given.beside:
        results += compare(given.beside.resolve(), given.pairs)
    return report("Simulated market", results, given.results)


if __name__ == "__main__":
    sys.exit(main())
