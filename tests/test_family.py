"""A run of the Makefile ends whole: whatever ends it, nothing that it started is left."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time
import typing

import pytest

from tests import family, interruptions
from tests.interruptions import ENDED_S, Run
from tests.support.eventually import eventually

pytestmark = pytest.mark.process

TREE = """
import os, signal, subprocess, sys, time
def sleep(): time.sleep(600)
def begin(work):
    if os.fork() == 0:
        work()
        os._exit(0)
def stubborn(): [signal.signal(number, signal.SIG_IGN) for number in (1, 2, 15)]; sleep()
def daemon(): os.setsid(); begin(sleep)  # and ends, so that its child is an orphan
def grandchild(): begin(lambda: (os.setsid(), sleep())); sleep()
def family():
    os.setsid()
    while True: begin(sleep); time.sleep(0.5)  # goes on making children
for work in (stubborn, daemon, grandchild, family): begin(work)
print("begun", flush=True)
if "ends" in sys.argv: sys.exit(int(sys.argv[-1]))
sleep()
"""
SLOW_TO_END = """
import os, time, pytest
@pytest.fixture
def slow():
    yield
    time.sleep(600)
def test_(slow):
    print("begun", flush=True)
    time.sleep(600)
"""
INSTALLER = """#!/bin/bash
trap '' INT
echo begun
while kill -0 $PPID; do sleep 0.1; done  # until what started it has been ended
touch "$(dirname "$0")/installed"
"""
MAKEFILE = """
SHELL := python3
.SHELLFLAGS := -IS tests/family.py
.PHONY: test
test:
	@{command}; true
"""


WAYS = {f"{number.name} to {who}": (who, number) for who, number in interruptions.WAYS if who != "pytest"} | {
    "SIGHUP to all": ("all", signal.SIGHUP),
    "SIGKILL to make": ("make", signal.SIGKILL),
}


class Ended(typing.NamedTuple):
    """What came of a run: how many processes it had, what was left of it and after how long, and its exit code."""

    ran: int
    left: dict[int, str]
    after_s: float
    code: int | None


def begin(folder: pathlib.Path, command: str, *, by_make: bool = False) -> Run:
    """Run `command` in a family. Returns at once."""
    whole = [sys.executable, "-IS", "tests/family.py", command]
    if by_make:
        (folder / "Makefile").write_text(MAKEFILE.format(command=command))
        whole = ["make", "-f", str(folder / "Makefile"), "test"]
    with (folder / "log").open("wb") as output:
        return Run(*whole, output=output)


def hear(folder: pathlib.Path) -> None:
    """Wait until the command in this folder says that it has begun."""
    log = folder / "log"
    eventually(lambda: "begun" in log.read_text(), saying=log.read_text)


def follow(run: Run, begun: float | None = None, ran: int = 0) -> Ended:
    """Wait until nothing is left of a run, for as long as that may take since `begun`; then end what is."""
    begun = begun or time.monotonic()
    while (after_s := time.monotonic() - begun) < ENDED_S and run.left():
        time.sleep(0.05)
    left, code = run.left(), run.process.poll()
    run.end()
    return Ended(ran, left, after_s, code)


def tree(folder: pathlib.Path, *arguments: str) -> str:
    """Return the command that starts a tree of processes of every kind."""
    (folder / "tree.py").write_text(TREE)
    return shlex.join([sys.executable, str(folder / "tree.py"), *arguments])


def slow_tests(folder: pathlib.Path) -> str:
    """Return the command that starts a pytest that takes long to come to an end."""
    (folder / "test_slow.py").write_text(SLOW_TO_END)
    options = ["-s", "-p", "tests.support.ctrl_c", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", os.devnull]
    return shlex.join([sys.executable, "-m", "pytest", *options, str(folder)]) + " || true"


def installer(folder: pathlib.Path) -> str:
    """Return the command that starts what looks like a slow installation, and then something else."""
    program = folder / "apt-get"
    program.write_text(INSTALLER)
    program.chmod(0o755)
    return f"{program}; touch {folder}/more"


OTHERS = {"pytest": (slow_tests, "pytest", signal.SIGINT), "installer": (installer, "make", signal.SIGTERM)}
"""Runs of other commands, each with whom what is sent to."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """Where each run of `ended` is."""
    return {way: tmp_path_factory.mktemp("run") for way in (*WAYS, *OTHERS)}


@pytest.fixture(scope="module")
def ended(folders: dict[str, pathlib.Path]) -> dict[str, Ended]:
    """Runs that are interrupted in every way, all of them at the same time."""
    runs = {way: begin(folders[way], tree(folders[way]), by_make=True) for way in WAYS}
    runs |= {way: begin(folders[way], command(folders[way])) for way, (command, *_) in OTHERS.items()}
    for folder in folders.values():
        hear(folder)
    ran = {way: len(run.left()) for way, run in runs.items()}
    begun = {way: time.monotonic() for way in runs}
    for way, (who, number) in (WAYS | {way: other[1:] for way, other in OTHERS.items()}).items():
        runs[way].interrupt(who, number)
    time.sleep(family.SECOND_S + 0.1)
    runs["SIGINT to all twice"].interrupt("all", signal.SIGINT)
    return {way: follow(run, begun[way], ran[way]) for way, run in runs.items()}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_of_an_interrupted_run(ended, way):
    assert ended[way].ran >= 7, "make, its shell, the tree and its four branches"
    assert ended[way].left == {}
    assert ended[way].code, "make says that it was interrupted"


def test_a_pytest_that_alone_is_interrupted_ends_the_run(ended):
    assert ended["pytest"].ran == 3
    assert ended["pytest"].left == {}


def test_an_installation_of_the_system_is_waited_for(ended, folders):
    assert ended["installer"].left == {}
    assert (folders["installer"] / "installed").exists()
    assert not (folders["installer"] / "more").exists()


def test_nothing_is_left_of_a_run_that_is_interrupted_while_it_begins(tmp_path):
    runs = []
    for wait in (0.02, 0.1, 0.3):
        folder = tmp_path / str(wait)
        folder.mkdir()
        runs.append(begin(folder, f"echo begun; exec {tree(folder)}"))
        hear(folder)
        time.sleep(wait)  # any moment will do
        runs[-1].interrupt("all", signal.SIGINT)
    assert [follow(run).left for run in runs] == [{}] * len(runs)


def test_nothing_is_left_by_a_run_that_comes_to_its_end(tmp_path):
    done = follow(begin(tmp_path, tree(tmp_path, "ends", "7")))
    assert done.left == {}
    assert done.code == 7


def kept(log: str) -> pathlib.Path | None:
    found = re.search(r"in (\S+), for a day", log)
    return pathlib.Path(found[1]) if found else None


@pytest.mark.parametrize(("code", "is_kept"), [(0, False), (1, True)])
def test_temporary_files_are_kept_of_a_run_that_failed(tmp_path, monkeypatch, code, is_kept):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = follow(begin(tmp_path, f"echo begun; touch $(mktemp -d)/it; exit {code}"))
    assert done.code == code
    found = kept((tmp_path / "log").read_text())
    assert (found is not None) is is_kept
    assert list(tmp_path.glob(f"{family.FOLDER}*")) == ([found] if found else [])


def test_temporary_files_go_with_an_interrupted_run_and_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    old, new = (tmp_path / f"{family.FOLDER}{name}" for name in ("old", "new"))
    for folder, age_s in ((old, family.KEPT_S + 60), (new, family.KEPT_S - 600)):
        folder.mkdir()
        os.utime(folder, (time.time() - age_s, time.time() - age_s))
    going = tmp_path / f"{family.GONE}it"
    going.mkdir()
    run = begin(tmp_path, "touch $(mktemp -d)/it; echo begun; sleep 600")
    hear(tmp_path)
    eventually(lambda: not going.exists())
    run.interrupt("all", signal.SIGINT)
    assert follow(run).left == {}
    assert list(tmp_path.glob("tapedeck-*")) == [new]


HANG_UP = "import os, signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_DFL, os.getsid(0), 'begun')"


@pytest.mark.parametrize("outlives", [False, True])
def test_what_runs_under_nohup_takes_a_hang_up_as_usual_in_a_session_of_its_own(tmp_path, outlives):
    hang_up = "--ignore-signal=HUP" if outlives else "--default-signal=HUP"
    command = shlex.join([sys.executable, "-c", HANG_UP])
    done = subprocess.run(
        ["env", hang_up, sys.executable, "-IS", "tests/family.py", command], capture_output=True, text=True, check=True
    )
    is_usual, session, _ = done.stdout.split()
    assert is_usual == "True"
    assert (int(session) != os.getsid(0)) is outlives
