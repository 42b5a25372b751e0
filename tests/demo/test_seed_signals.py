"""The command that begins the demo with signals ends with the demo, however early the demo is killed."""

import signal
import subprocess
import sys

import pytest

from config.env import BASE_DIR
from tests.support.desk import clean_environment

pytestmark = pytest.mark.process


def test_it_ends_at_once_where_its_parent_has_ended(tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", "seed_signals", "--parent-death", "1"],
        cwd=BASE_DIR, env=clean_environment() | {"VAR_DIR": str(tmp_path), "ENVIRONMENT": "demo"}, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGTERM, ended.stderr
