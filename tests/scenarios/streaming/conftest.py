"""What the tests of streaming itself share, and the idling that begins before the first of them."""

import os
import pathlib
import tempfile

import pytest

from tests.streaming.conftest import (
    chosen_postgresql,
    cookies,
    database,
    empty_file,
    ledger_database,
    postgresql,
    sqlite_ledger,
)
from tests.support import idle_sockets

__all__ = [
    "chosen_postgresql",
    "cookies",
    "database",
    "empty_file",
    "ledger_database",
    "postgresql",
    "sqlite_ledger",
]


def idle_report(config: pytest.Config) -> pathlib.Path:
    """Where idle_sockets.py tells what it saw during this run of tests, to whichever process asks."""
    run = getattr(config, "workerinput", {"testrunuid": str(os.getpid())})["testrunuid"]
    return pathlib.Path(tempfile.gettempdir()) / f"tapedeck-idle-{run}" / "report.json"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to idle before the first test, in one process of this run, if what came of it is asked for later."""
    asked = any(item.path.name == "test_idle_sockets.py" for item in session.items)
    if asked and not session.config.option.collectonly and os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        idle_sockets.begin(idle_report(session.config))
