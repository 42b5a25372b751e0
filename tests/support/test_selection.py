"""What a run takes, and that a quick one fails what starts a process."""

import pathlib
import subprocess
import sys

import pytest

from config.env import BASE_DIR
from tests.support import scheduling

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
@pytest.mark.long
def test_that_waits(): pass
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
        ("no-browser", {"alone", "on_a_desk", "that_says_so", "that_waits", "that_does_not_say_so"}, set()),
        ("quick", {"alone"}, {"that_does_not_say_so", "that_keeps_it_to_itself", "that_forks"}),
    ],
)
def test_a_run_takes_what_was_chosen(tmp_path, chosen, passed, failed):
    (tmp_path / "test_it.py").write_text(TESTS)
    found, told = run(tmp_path, "--select", chosen)
    assert {test for _, test in found["PASSED"]} - {"that_keeps_it_to_itself", "that_forks"} == passed, told
    assert {test for _, test in found["FAILED"]} == failed, told
    assert failed == set() or "is in the quick selection and starts a process" in told


@pytest.mark.process
def test_a_share_has_every_quick_test_and_the_others_of_its_files(tmp_path):
    files = [f"test_{letter}.py" for letter in "abcde"]
    for file in files:
        (tmp_path / file).write_text(
            "import pytest\ndef test_quick(): pass\n@pytest.mark.long\ndef test_slow(): pass\n"
        )
    first, second = (run(tmp_path, "--share", share)[0]["PASSED"] for share in ("0/2", "1/2"))
    assert {(file, "quick") for file in files} == first & second
    assert {(file, "slow") for file in files} == first ^ second, "each in one of them"
    assert len(first) == 8


@pytest.mark.process
def test_a_share_has_files_that_take_longest_whole_or_not_at_all(tmp_path):
    for file in scheduling.WAITING[:4]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("def test_quick(): pass\ndef test_another(): pass\n")
    first, second = (run(tmp_path, "--share", share)[0]["PASSED"] for share in ("0/2", "1/2"))
    names = {pathlib.Path(file).name for file in scheduling.WAITING[:4]}
    assert {file for file, _ in first | second} == names
    assert not {file for file, _ in first} & {file for file, _ in second}


def run(folder: pathlib.Path, *options: str) -> tuple[dict[str, set[tuple[str, str]]], str]:
    """Run the tests in `folder`; return which passed and failed, each with its file, and what pytest said."""
    alone = [
        "-rpf",
        "-q",
        "-p",
        "tests.support.selection",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "--rootdir",
        str(folder),
    ]
    command = [sys.executable, "-m", "pytest", *alone, *options, str(folder)]
    told = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True).stdout
    found: dict[str, set[tuple[str, str]]] = {"PASSED": set(), "FAILED": set()}
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        if word in found:
            file, _, test = rest.split()[0].partition("::test_")
            found[word].add((pathlib.Path(file).name, test))
    return found, told
