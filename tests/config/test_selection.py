"""What a run takes, and that a quick one fails what starts a process."""

import subprocess
import sys

import pytest

from config.env import BASE_DIR

TESTS = """
import os, subprocess, pytest

@pytest.fixture
def cast():
    pass

@pytest.fixture
def chromium_path(cast):
    pass

def test_alone(): pass
def test_on_a_desk(cast): pass
def test_in_a_browser(chromium_path): pass
@pytest.mark.process
def test_that_says_so(): subprocess.run(["true"], check=True)
def test_that_does_not_say_so(): subprocess.run(["true"], check=True)
def test_that_keeps_it_to_itself():
    try:
        os.posix_spawn("/bin/true", ["true"], {})
    except AssertionError:
        pass
def test_that_forks():
    if os.fork() == 0:
        os._exit(0)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("chosen", "passed", "failed"),
    [
        ("no-browser", {"alone", "on_a_desk", "that_says_so", "that_does_not_say_so"}, set()),
        ("quick", {"alone"}, {"that_does_not_say_so", "that_keeps_it_to_itself", "that_forks"}),
    ],
)
def test_a_run_takes_what_was_chosen(tmp_path, chosen, passed, failed):
    (tmp_path / "test_it.py").write_text(TESTS)
    options = ["-rpf", "-q", "-p", "tests.selection", "-p", "no:cacheprovider", "--rootdir", tmp_path]
    command = [sys.executable, "-m", "pytest", *options, "--select", chosen, "-W", "ignore", tmp_path]
    told = subprocess.run([*map(str, command)], cwd=BASE_DIR, capture_output=True, text=True).stdout
    lines = [line.split() for line in told.splitlines() if line.startswith(("PASSED", "FAILED"))]
    found = {
        word: {line[1].partition("::test_")[2] for line in lines if line[0] == word} for word in ("PASSED", "FAILED")
    }
    assert found["PASSED"] - {"that_keeps_it_to_itself", "that_forks"} == passed, told
    assert found["FAILED"] == failed, told
    assert failed == set() or "is in the quick selection and starts a process" in told
