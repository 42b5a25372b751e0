"""Which tests a run takes: `--select all`, `no-browser` or `quick`, and what holds the quick ones to their word.

`--share 2/6` takes of the tests that are not quick, of laws, and of the files that take longest those of every sixth
file only, from the third on.

A test needs a browser, or starts a process, if one of its fixtures does. Whatever starts one without a fixture says
so by `pytest.mark.process`. What computes for two seconds, as days in virtual time do, or waits for four says so by
`pytest.mark.long`, and a quick run leaves it out as well. It fails every test that starts a process nevertheless; a
process of tests may have its own Valkey, which is the channel layer and the cache of all of them.
"""

import os
import sys
import typing

import pytest
from django.conf import settings

from config import valkey
from tests.support.scheduling import is_named

CHOICES = ("all", "no-browser", "quick")
BROWSER = frozenset({"chromium_path"})
PROCESSES = BROWSER | {"cast", "chosen_postgresql", "linked", "postgresql", "_venue"}
"""Fixtures that start processes, or stand on those that others started; who uses a desk uses the cast."""
STARTS = frozenset({"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"})
"""Audit events of a process that begins."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the choice."""
    parser.addoption("--select", choices=CHOICES, default="all", help="which tests to run")
    parser.addoption("--share", metavar="K/N", help="of what is not quick, the Kth file of N (from 0), and so on")


def pytest_configure(config: pytest.Config) -> None:
    """Watch a quick run."""
    if config.getoption("--select") == "quick":
        config.pluginmanager.register(Watch(), "quick-watch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not chosen, or is another run's share."""
    chosen = [item for item in items if is_chosen(item, config.getoption("--select"))]
    if share := config.getoption("--share"):
        chosen = shared_out(chosen, *map(int, share.split("/")))
    if gone := {*items} - {*chosen}:
        config.hook.pytest_deselected(items=[item for item in items if item in gone])
        items[:] = chosen


def shared_out(items: list[pytest.Item], place: int, of: int) -> list[pytest.Item]:
    """Return the quick ones of `items`, and of the others those of every file `of`, from that at `place` on.

    Laws are drawn at random anyhow, and a few files take half the time of all quick tests: they are among the others.
    """
    patient = {item for item in items if not is_chosen(item, "quick") or is_law(item) or is_named(item.nodeid)}
    files = {*sorted({item.path for item in patient})[place::of]}
    return [item for item in items if item not in patient or item.path in files]


def is_chosen(item: pytest.Item, chosen: str) -> bool:
    """Whether a run of `chosen` takes this test."""
    if chosen == "quick":
        return not starts_processes(item) and item.get_closest_marker("long") is None
    return chosen == "all" or not BROWSER & _fixtures(item)


def is_law(item: pytest.Item) -> bool:
    """Whether Hypothesis draws the examples of this test."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def starts_processes(item: pytest.Item) -> bool:
    """Whether this test starts a process, or uses one that others started."""
    return bool(PROCESSES & _fixtures(item)) or item.get_closest_marker("process") is not None


def _fixtures(item: pytest.Item) -> set[str]:
    """Return the names of the fixtures of a test; one that it is given by a parameter of that name is among them."""
    given = getattr(item, "callspec", None)
    chosen = {value for value in given.params.values() if isinstance(value, str)} if given else set()
    return {*getattr(item, "fixturenames", ()), *(chosen & PROCESSES)}


class Watch:
    """Fails a test that starts a process, where that happens and once more in the end, should it be swallowed."""

    def __init__(self) -> None:
        self.test: str | None = None
        self.started: list[str] = []
        sys.addaudithook(self._hear)  # for as long as this process lives: none can be taken away

    def _hear(self, event: str, values: tuple[typing.Any, ...]) -> None:
        if self.test is None or event not in STARTS or _is_layer(values):
            return
        self.started.append(f"{event} {values[:2]}"[:300])
        raise AssertionError(f"{self.test} is in the quick selection and starts a process: {self.started[-1]}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> typing.Generator[None, object, object]:
        """Listen from the first fixture of a test to the end of its last."""
        self.test = item.nodeid
        try:
            return (yield)
        finally:
            self.test = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> typing.Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail a test that caught what it was told."""
        report = yield
        if self.started and report.passed:
            report.outcome, report.longrepr = "failed", f"it started a process: {self.started[0]}"
        self.started.clear()
        return report


def _is_layer(values: tuple[typing.Any, ...]) -> bool:
    """Whether this is the start of the Valkey of this process."""
    command = values[1] if len(values) > 1 and isinstance(values[1], list | tuple) else ()
    return os.fspath(valkey.address(settings.RUN_DIR)) in map(str, command)
