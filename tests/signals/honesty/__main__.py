"""Tries the honesty of signals: `python -m tests.signals.honesty`. Ends with 1 if a bound is missed.

QUICK=1 takes fewer seeds, SEED=2 others, SEEDS=50 at most so many, ONLY=C1,C4 some rows, PROCESSES=1 one core.
"""

import multiprocessing
import os
import sys
import time

from tests.signals.honesty.rows import TRIALS, Trial, judge


def run_trial(trial: Trial, pool, seed: int, most: int) -> bool:
    """Print a line a claim. Returns whether all hold."""
    begun = time.monotonic()
    count = min(trial.quick if os.environ.get("QUICK") else trial.seeds, most)
    results = pool.map(trial.run, [seed * 1_000_000 + place for place in range(count)], chunksize=1)
    holds = True
    for claim in trial.claims:
        share, among, is_held = judge(claim, results)
        bound = f"{'at most' if claim.at_most else 'at least'} {claim.bound:.0%}"
        verdict = "ok" if is_held else "MISSED"
        print(f"{claim.row:4}{claim.words:52} {share:6.1%} of {among:3} seeds, {bound:12} {verdict}", flush=True)
        holds &= is_held
    print(f"    {time.monotonic() - begun:.0f} s", flush=True)
    return holds


def main() -> int:
    """Print all rows."""
    seed, most = int(os.environ.get("SEED") or 1), int(os.environ.get("SEEDS") or 1_000)
    rows = {row for row in (os.environ.get("ONLY") or "").split(",") if row}
    chosen = [trial for trial in TRIALS if not rows or trial.claims[0].row in rows]
    with multiprocessing.Pool(int(os.environ.get("PROCESSES") or 2)) as pool:
        held = [run_trial(trial, pool, seed, most) for trial in chosen]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
