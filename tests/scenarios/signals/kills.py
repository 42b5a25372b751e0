"""Kills owners of signals at random, and counts outcomes: `python -m tests.scenarios.signals.kills 50`.

Processes are killed and begin anew at once or minutes later, hand over, and the clock is set. Ends with 1 if a signal
has no outcome or two, was said twice, or the chain is not whole.
"""

import asyncio
import collections
import os
import pathlib
import random
import sys
import tempfile

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from lib.clock import now_ms  # it needs what was just set up
from signals import store
from signals.record.chain import LATE_MS
from signals.record.verifier import verify_chain
from tests.scenarios.signals.trial import PERSON, Kept, Trial
from tests.support import databases

BEGIN = "09:40"
KINDS = ("kill", "kill", "kill", "hand over", "clock ahead", "clock back")
SETTLED_S = 1_500
"""How long after the last trouble everything has its outcome that was due before."""


class Troubles:
    """So many troubles, one after the other."""

    def __init__(self, seed: int, count: int) -> None:
        self._draw = random.Random(seed)
        self._count = count
        self.suffered: collections.Counter[str] = collections.Counter()
        self.ended = 0
        """When the last of them was over, in ms."""

    async def happen(self, trial: Trial) -> None:
        """Let them happen."""
        draw = self._draw
        trial.follow(("QQQ", "NVDA"))
        trial.begin()
        trial.begin()
        await asyncio.sleep(90)
        for _ in range(self._count):
            await asyncio.sleep(draw.choice((draw.uniform(1, 40), draw.uniform(100, 330))))
            await self._suffer(trial, draw.choice(KINDS))
        self.ended = now_ms()
        await asyncio.sleep(SETTLED_S)

    async def _suffer(self, trial: Trial, kind: str) -> None:
        self.suffered[kind] += 1
        draw = self._draw
        if kind == "kill":
            await trial.kill()
            await asyncio.sleep(draw.choice((0.0, draw.uniform(0, 30), draw.uniform(200, 500))))
            trial.begin()
        elif kind == "hand over":
            await trial.hand_over()
            trial.begin()
        else:
            trial.clock.step(draw.uniform(1, 20) if kind == "clock ahead" else -draw.uniform(1, 20))


def find_faults(trial: Trial, ended: int) -> list[str]:
    """Return everything that is wrong with what the tables hold."""
    kept: Kept = trial.chain()
    links = trial.inside(lambda: list(store.read_links(PERSON)))
    whole = verify_chain([fact for fact, _ in links], {fact.digest: data for fact, data in links if fact.digest})
    faults = [str(fault) for fault in whole]
    count = collections.Counter((fact.about, fact.model, fact.bar) for fact, _ in kept if fact.about != "results")
    faults += [f"{key} is there {times} times" for key, times in count.items() if times > 1]
    for fact, _ in kept:
        if fact.about == "signal" and fact.due < ended and not count["outcome", fact.model, fact.bar]:
            faults.append(f"{fact.model} at {fact.bar} has no outcome")
        if fact.about == "outcome" and not count["signal", fact.model, fact.bar]:
            faults.append(f"{fact.model} at {fact.bar} was never said")
        if fact.about == "signal" and fact.at > fact.bar + LATE_MS and fact.void != "late":
            faults.append(f"{fact.model} at {fact.bar} was stored late and is not void")
    return faults


def main() -> int:
    """Print what was suffered, and what came of it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory(prefix="tapedeck-kills-") as folder:
        database = databases.sqlite(pathlib.Path(folder) / "kills.sqlite3")
        databases.found(database)
        trial, troubles = Trial(database), Troubles(int(os.environ.get("SEED", "1")), count)
        trial.run(BEGIN, troubles.happen)
        faults = find_faults(trial, troubles.ended)
        print(", ".join(f"{times} x {kind}" for kind, times in sorted(troubles.suffered.items())))
        print(f"{trial.count('signal')} signals, {trial.count('outcome')} outcomes, {len(faults)} faults")
        print(*faults[:20], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
