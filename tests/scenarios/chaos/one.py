"""One world that suffers one fault after the other: `python -m tests.scenarios.chaos.one JOB`, as its runner starts it.

JOB is JSON; a line of JSON is printed for each fault. A world that does not get well again ends with it: the faults
that are left are for another world.
"""

import pathlib
import sys

import msgspec

from tests.scenarios.faults.strikes import STRIKES
from tests.scenarios.faults.world import Plan, World

LAG_S = 0.5
"""What a machine that is too busy to judge makes clients late by, at worst."""


class Job(msgspec.Struct, frozen=True):
    """What one world is to go through. `template`: a database with the cast in it, where it can be copied."""

    plan: Plan
    faults: list[str]
    scale: float
    folder: str
    template: str = ""


class Run(msgspec.Struct, frozen=True):
    """What came of one fault in one world."""

    fault: str
    facts: int
    quotes: int
    lost: int
    doubled: int
    reordered: int
    worst_s: float
    live_s: float
    away_s: float
    wrong: list[str]
    late: list[str] = []
    """What took too long."""
    lag_s: float = 0.0
    """How late the clients themselves were at worst."""

    @property
    def sound(self) -> bool:
        """Whether everything held."""
        return not (self.lost or self.doubled or self.reordered or self.wrong or self.late)

    @property
    def busy(self) -> bool:
        """Whether only times are wrong, on a machine that was too busy to judge them."""
        return self.lag_s > LAG_S and not (self.lost or self.doubled or self.reordered or self.wrong)


TRUTH_S = 6.0
"""How long a page may say LIVE without being it."""


def suffer(world: World, fault: str, scale: float) -> Run:
    """Let one fault hit a world, and compare its books."""
    strike = STRIKES[fault]
    before = world.journal.written
    outcome = world.suffer(strike, scale)
    found = world.books()
    wrong = [*outcome.wrong, *found.wrong, *world.differences()]
    late = []
    if outcome.worst_s > TRUTH_S:
        late.append(f"{outcome.who} said LIVE for {outcome.worst_s:.1f} s without being it")
    if outcome.live_s > strike.live_s:
        late.append(f"it took {outcome.live_s:.1f} s to be live again")
    return Run(
        fault, world.journal.written - before, outcome.quotes, found.lost, found.doubled, found.reordered,
        outcome.worst_s, outcome.live_s, outcome.away_s, wrong, late, outcome.lag_s,
    )  # fmt: skip


def main() -> int:
    """Do one job. Returns the exit code: 1 when something did not hold."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    template = pathlib.Path(job.template) if job.template else None
    with World(pathlib.Path(job.folder), job.plan, template) as world:
        for fault in job.faults:
            if not STRIKES[fault].fits(world):
                continue
            run = suffer(world, fault, job.scale)
            print(msgspec.json.encode(run).decode(), flush=True)
            if run.lost or run.doubled or run.reordered or run.wrong:
                return 1  # what comes after would not be its own fault
    return 0


if __name__ == "__main__":
    sys.exit(main())
