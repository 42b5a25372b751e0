"""Tries the law of alerts: `python -m tests.alerts.law 20`. Ends with 1 if anything was missed, doubled or early."""

import logging
import os
import pathlib
import sys
import tempfile
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.alerts.law.chaos import suffered  # noqa: E402  # it needs what was just set up
from tests.alerts.law.judge import Verdict  # noqa: E402
from tests.alerts.law.trial import ALERTS, tried  # noqa: E402
from tests.support import databases  # noqa: E402

MINUTES = 20
"""How long a desk of real processes lives through a seed."""


def told(seed: int, kind: str, verdict: Verdict, firings: int, unchecked: int) -> str:
    """Return the line of one trial."""
    return (
        f"seed {seed:3} {kind:9} {ALERTS} alerts, {verdict.expected:4} expected, {firings:4} told, "
        f"missed {len(verdict.missed)}, doubled {len(verdict.doubled)}, early {len(verdict.early)}, "
        f"late and unmarked {len(verdict.unmarked)}, not checked and told {unchecked}, untold {len(verdict.untold)}"
    )


def main() -> int:
    """Print three lines a seed: a market seen whole, one torn by gaps, and one through processes that are killed."""
    logging.disable(logging.WARNING)
    logging.getLogger("streaming").setLevel(logging.CRITICAL)  # it says of each process that was killed what that lost
    seeds, wrong = int(sys.argv[1]) if len(sys.argv) > 1 else 5, 0
    for seed in range(seeds):
        begun = time.process_time()
        for kind, verdict, firings, unchecked in tried(seed):
            print(told(seed, kind, verdict, firings, unchecked))
            wrong += len(verdict.wrong)
            print(*verdict.wrong[:3], sep="\n", end="\n" if verdict.wrong else "")
        with tempfile.TemporaryDirectory(prefix="tapedeck-law-") as folder:
            database = databases.sqlite(pathlib.Path(folder) / "law.sqlite3")
            databases.found(database)
            found = suffered(seed, ALERTS, database, MINUTES)
        print(told(seed, "processes", found.verdict, found.firings, found.unchecked))
        print("   ", ", ".join(f"{count} x {kind}" for kind, count in found.troubles.items() if count))
        wrong += len(found.verdict.wrong) + len(found.died)
        print(*(found.verdict.wrong + found.died)[:6], sep="\n", end="\n" if found.verdict.wrong or found.died else "")
        print(f"    {time.process_time() - begun:.1f} s of CPU", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
