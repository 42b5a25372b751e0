"""Measures the simulated market beside what is published of real ones: `python -m tests.scenarios.market`."""

import argparse
import sys
import time

from tests.scenarios.market.facts import measure
from tests.scenarios.market.seam import torn


def main() -> int:
    """Print each fact with its range and source. Returns the exit code: 1 when one lies outside, or a seam shows."""
    parser = argparse.ArgumentParser("tests.scenarios.market", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds' past and live market have to join")
    parser.add_argument("--days", type=int, default=2500, help="trading days to measure")
    parser.add_argument("--markets", type=int, default=3, help="how many seeds to measure")
    given, wrong = parser.parse_args(), 0
    for seed in range(1, given.markets + 1):
        print(f"== Seed {seed}, {given.days} days")
        for fact in measure(seed, given.days, given.days // 10):
            wrong += not fact.holds
            verdict = "" if fact.holds else "  OUT OF RANGE"
            print(f"{fact.figure:9.3f}  {fact.low:6.2f} to {fact.high:5.2f}  {fact.name} ({fact.source}){verdict}")
    begun, seams = time.process_time(), 0
    for seed in range(given.seeds):
        for words in torn(seed):
            seams += 1
            print(f"Seed {seed}: {words}")
    print(f"== {given.seeds} seeds, {seams} seams, {time.process_time() - begun:.0f} s CPU")
    return 1 if wrong or seams else 0


if __name__ == "__main__":
    sys.exit(main())
