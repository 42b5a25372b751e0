"""Interrupts runs of the Makefile at random moments and counts what they leave: `python -m tests.interruptions`.

Each run has a session of its own. It is interrupted as people and programs do it (see WAYS), and 5 s later no process
of it may be left: none with the mark that all of its processes inherit, none in its session, none below this process,
to which the kernel gives every orphan. What is left is named, ended, and makes the exit code 1.
"""

import argparse
import contextlib
import os
import pathlib
import random
import secrets
import signal
import subprocess
import sys
import time
import typing

from config.env import BASE_DIR
from tests import family

ENDED_S = 5.0
SECOND_S = (0.2, 2.0)
"""How long after a Ctrl-C somebody who is impatient presses it again."""
MARK = "INTERRUPTION"
LONGEST_S = {"test": 180.0, "quick": 80.0}
"""Up to how late a run of a target is interrupted where nothing else is said."""

Way = tuple[str, signal.Signals]
WAYS: tuple[Way, ...] = (
    ("all", signal.SIGINT),  # Ctrl-C in a terminal
    ("all twice", signal.SIGINT),
    ("all", signal.SIGTERM),
    ("make", signal.SIGINT),
    ("make", signal.SIGTERM),
    ("shell", signal.SIGINT),
    ("shell", signal.SIGTERM),
    ("pytest", signal.SIGINT),
    ("pytest", signal.SIGTERM),
)
"""Who of a run gets what. Where there is no shell or no pytest at that moment, make gets it."""


def marked(mark: str) -> set[int]:
    """Return the processes that have `mark` in their environment, as they began with it."""
    found = set()
    for pid in family.table():
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another person's
            if f"{MARK}={mark}".encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found


def _hear_interrupts() -> None:
    """A shell's background ignores Ctrl-C, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A command in a session of its own. `is_only`: everything below this process is of it, orphans included."""

    def __init__(self, *command: str, output: typing.Any = subprocess.DEVNULL, is_only: bool = False) -> None:
        self.mark = secrets.token_hex(8)
        self._above = os.getpid() if is_only else None
        self.process = subprocess.Popen(
            command, cwd=BASE_DIR, env={**os.environ, MARK: self.mark}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=_hear_interrupts,
        )  # fmt: skip

    def left(self) -> dict[int, str]:
        """Return what still runs of it: process ids and names."""
        own = marked(self.mark).union(family.below(self._above) if self._above else ())
        return {
            pid: process.name
            for pid, process in family.table().items()
            if process.state != "Z" and (pid in own or process.session == self.process.pid)
        }

    def find(self, who: str) -> int:
        """Return the process that a way to interrupt names."""
        below = family.below(self.process.pid)
        shells = [pid for pid, process in below.items() if process.parent == self.process.pid]
        pytests = [pid for pid in below if b"\0-m\0pytest\0" in _command(pid)]
        return next(iter({"shell": shells, "pytest": pytests}.get(who, [])), self.process.pid)

    def interrupt(self, who: str, number: signal.Signals) -> None:
        """Send a signal to whom `who` names."""
        with contextlib.suppress(ProcessLookupError):  # it has come to its end by itself
            if who.startswith("all"):
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.find(who), number)

    def end(self) -> None:
        """End by force what is left of it, and collect it."""
        while left := self.left():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.process.wait()


def _command(pid: int) -> bytes:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def interrupt(target: str, way: Way, after_s: float, chance: random.Random) -> int:
    """Interrupt one run of `target`; returns how many processes it leaves, and prints a line that says so."""
    who, number = way
    with (BASE_DIR / "var" / "interrupted.log").open("ab") as log:
        run = Run("make", target, output=log, is_only=True)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(after_s)
            ran = len(run.left())
            run.interrupt(who, number)
            begun = time.monotonic()
            if who == "all twice":
                time.sleep(chance.uniform(*SECOND_S))
                run.interrupt(who, number)
            while (late_s := time.monotonic() - begun) < ENDED_S and run.left():
                time.sleep(0.05)
            left = run.left()
        finally:
            run.end()
    how = f"{number.name} to {who}"
    which = "" if not left else ": " + ", ".join(f"{name} {pid}" for pid, name in sorted(left.items()))
    print(f"{target:5} {after_s:6.1f} s {how:18} {ran:3} ran, after {late_s:.1f} s {len(left)} left{which}", flush=True)
    return len(left)


def main(arguments: list[str]) -> int:
    """Interrupt as often as the arguments say. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.interruptions", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1000))
    parser.add_argument("--within", type=float, help="seconds up to which a run is interrupted")
    for target, times in (("test", 5), ("quick", 15)):
        parser.add_argument(f"--{target}", type=int, default=times, metavar="TIMES")
    given = parser.parse_args(arguments)
    chance = random.Random(given.seed)
    (BASE_DIR / "var").mkdir(exist_ok=True)
    print(f"Seed {given.seed}")
    targets = ["test"] * given.test + ["quick"] * given.quick
    ways = [way for _ in range(len(targets) // len(WAYS) + 1) for way in chance.sample(WAYS, len(WAYS))]
    left = [
        interrupt(target, way, chance.uniform(0.0, given.within or LONGEST_S[target]), chance)
        for target, way in zip(targets, ways, strict=False)
    ]
    print(f"{len(left)} interruptions, {sum(left)} processes left")
    return 1 if sum(left) else 0


if __name__ == "__main__":
    family.adopt()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # its run ends with it
    raise SystemExit(main(sys.argv[1:]))
