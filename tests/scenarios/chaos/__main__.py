"""Every fault at full length, in several worlds: `python -m tests.scenarios.chaos --seeds 3 --only web,host-killed`.

A world of one seed suffers the faults in an order of its own. What is finished is kept in var/chaos.json, so that a run
that was ended goes on where it was; docs/chaos.md gets a line for each fault.
"""

import argparse
import asyncio
import collections
import datetime
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import msgspec

from config.env import BASE_DIR
from tests.scenarios.chaos.one import Job, Run
from tests.scenarios.faults.strikes import STRIKES
from tests.scenarios.faults.world import Plan
from tests.support.backends import DATABASES, LAYERS, MissingError, layer_program, postgresql_programs
from tests.support.desk import make_template

DONE = BASE_DIR / "var" / "chaos.json"
REPORT = BASE_DIR / "docs" / "chaos.md"
KEPT = BASE_DIR / "var" / "chaos"
"""Where the worlds stay that something was wrong with."""
TRIES = 6
"""Worlds of one seed, at most: another one is begun where one was left broken, or the machine was too busy."""
Done = dict[str, Run]


class Seed:
    """What is to be done with one seed, and what came of it."""

    def __init__(self, number: int, given: argparse.Namespace, commit: str) -> None:
        self.number = number
        self.given = given
        self._commit = commit
        self.faults = [name for name in given.only if STRIKES[name].database in ("", given.database)]
        random.Random(number).shuffle(self.faults)

    def key(self, fault: str) -> str:
        """How a finished run of one fault is called."""
        given = self.given
        shape = f"{given.web}+{given.streams} {given.scale:g}"
        return f"{self._commit} {fault} {given.database} {given.layer} {shape} {self.number}"

    def left(self, done: Done) -> list[str]:
        """What was not done yet."""
        return [fault for fault in self.faults if self.key(fault) not in done]


class Chaos:
    """One run of this program."""

    def __init__(self, given: argparse.Namespace, template: pathlib.Path | None) -> None:
        self.given = given
        self.done: Done = msgspec.json.decode(DONE.read_bytes(), type=Done) if DONE.exists() else {}
        self.seeds = [Seed(number, given, commit()) for number in given.seeds]
        self._template = template
        self._room = asyncio.Semaphore(given.worlds)

    async def run(self) -> None:
        """Do what is left."""
        async with asyncio.TaskGroup() as tasks:
            for seed in self.seeds:
                tasks.create_task(self._suffer(seed))

    async def _suffer(self, seed: Seed) -> None:
        tried = 0
        while (left := seed.left(self.done)) and tried < TRIES:
            tried += 1
            async with self._room:
                await self._world(seed, left)

    async def _world(self, seed: Seed, faults: list[str]) -> None:
        """Let one world go through `faults`, until one of them leaves something wrong."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"chaos-{seed.number}-"))
        given = self.given
        plan = Plan(
            web=given.web, streams=given.streams, database=given.database, layer=given.layer, seed=seed.number,
            symbols=given.symbols, speed=given.speed, chromium=given.chromium,
        )  # fmt: skip
        job = Job(plan, faults, given.scale, str(folder), str(self._template or ""))
        with (folder / "world.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.scenarios.chaos.one", msgspec.json.encode(job).decode(),
                cwd=BASE_DIR, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
            assert process.stdout is not None
            sound = True
            async for line in process.stdout:
                run = msgspec.json.decode(line, type=Run)
                sound = sound and run.sound
                self._tell(seed, run)
                if run.sound or not run.busy:
                    self._note(seed, run)
            code = await process.wait()
        if sound and code == 0:
            shutil.rmtree(folder)
            return
        kept = KEPT / folder.name
        KEPT.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, kept)
        print(f"seed {seed.number}: something is wrong in {kept}", flush=True)
        if sound:  # the world itself broke: what it was at is not to be tried for ever
            broken = Run(seed.left(self.done)[0], 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, [f"the world ended with {code}"])
            self._tell(seed, broken)
            self._note(seed, broken)

    def _note(self, seed: Seed, run: Run) -> None:
        self.done[seed.key(run.fault)] = run
        DONE.parent.mkdir(exist_ok=True)
        draft = DONE.with_suffix(".draft")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self.done)))
        os.replace(draft, DONE)

    def _tell(self, seed: Seed, run: Run) -> None:
        what = "sound" if run.sound else f"WRONG: {[text[:300] for text in run.wrong + run.late]}"
        if run.busy and not run.sound:
            what = f"the machine is too busy to judge it ({run.lag_s:.1f} s late): {run.late}"
        times = f"silent {run.worst_s:4.1f} s, live after {run.live_s:4.1f} s, away {run.away_s:4.1f} s"
        counts = f"{run.facts:6} facts {run.quotes:8} quotes"
        print(f"seed {seed.number:3} {run.fault:24} {counts}, {times}: {what}", flush=True)

    def report(self) -> bool:
        """Append a line for each fault. Returns whether all of them are sound."""
        found: dict[str, list[Run]] = collections.defaultdict(list)
        for seed in self.seeds:
            for fault in seed.faults:
                if (run := self.done.get(seed.key(fault))) is not None:
                    found[fault].append(run)
        with REPORT.open("a") as report:
            for fault, runs in sorted(found.items()):
                report.write(self._line(fault, runs) + "\n")
        return all(run.sound for runs in found.values() for run in runs)

    def _line(self, fault: str, runs: list[Run]) -> str:
        given = self.given
        total = {name: sum(getattr(run, name) for run in runs) for name in ("facts", "quotes", "lost", "doubled")}
        reordered = sum(run.reordered for run in runs)
        sound = sum(run.sound for run in runs)
        times = "" if given.scale == 1 else f" × {given.scale:g}"
        cells = [
            datetime.datetime.now(datetime.UTC).date().isoformat(), commit(), f"{fault}{times}",
            given.database, given.layer, f"{given.web} + {given.streams}", f"{sound} of {len(runs)}",
            f"{total['facts']:,}", f"{total['quotes']:,}", f"{total['lost']} / {total['doubled']} / {reordered}",
            f"{max(run.worst_s for run in runs):.1f}", f"{max(run.live_s for run in runs):.1f}",
            f"{max(run.away_s for run in runs):.1f}",
        ]  # fmt: skip
        return f"| {' | '.join(cells)} |"


def commit() -> str:
    """Return the short name of the commit that is checked out."""
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=BASE_DIR, check=True, capture_output=True, text=True
    ).stdout.strip()


def seeds(text: str) -> list[int]:
    """Read `3` as 1 to 3, and `5-7` as what it says."""
    first, _, last = text.rpartition("-")
    return list(range(int(first or 1), int(last) + 1))


def strikes(text: str) -> list[str]:
    """Read names of faults, or beginnings of them, between commas."""
    found = [name for name in STRIKES if any(name.startswith(part) for part in text.split(","))]
    if not found:
        raise argparse.ArgumentTypeError(f"no fault begins so; there are {', '.join(STRIKES)}")
    return found


def main() -> int:
    """Run chaos. Returns the exit code: 1 when something did not hold."""
    parser = argparse.ArgumentParser("tests.scenarios.chaos", description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=[1], help="3 (which is 1-3), or 5-7")
    parser.add_argument("--only", type=strikes, default=[*STRIKES], help="names of faults, or their beginnings")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--layer", choices=LAYERS[1:], default="valkey-tcp")
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--worlds", type=int, default=max(1, (os.cpu_count() or 1) // 2), help="how many at once")
    parser.add_argument("--scale", type=float, default=1.0, help="what durations of faults are multiplied by")
    parser.add_argument("--symbols", type=int, default=50, help="how many everybody watches")
    parser.add_argument("--speed", type=float, default=4.0, help="how fast the market moves")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "", help="the browser of its page")
    given = parser.parse_args()
    try:
        layer_program(given.layer.partition("-")[0])
        if given.database == "postgresql" and postgresql_programs() is None:
            raise MissingError("a PostgreSQL server that may be run here (Debian: apt-get install postgresql).")
    except MissingError as error:
        parser.exit(2, f"Missing: {error}\n")
    with tempfile.TemporaryDirectory(prefix="chaos-template-") as folder:
        template = make_template(pathlib.Path(folder) / "cast") if given.database == "sqlite" else None
        chaos = Chaos(given, template)
        asyncio.run(chaos.run())
    return 0 if chaos.report() else 1


if __name__ == "__main__":
    sys.exit(main())
