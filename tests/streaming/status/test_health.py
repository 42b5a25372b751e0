"""What the desk stands on is asked after without waiting for it, and without asking twice at a time."""

import contextlib
import socket
import subprocess
import sys
import typing

import pytest

from config.env import BASE_DIR
from tests.support.desk import clean_environment

ASK_THREE_TIMES = """
import asyncio, threading, django
django.setup()
from streaming.status import health

async def ask():
    found = await asyncio.gather(*(health.database() for _ in range(3)))
    asking = [thread for thread in threading.enumerate() if thread.name.startswith("asyncio_")]
    print(found[0]["ok"], found[0]["answers"], found[0]["reason"], found == found[:1] * 3, len(asking), flush=True)

asyncio.run(ask())
"""


@pytest.fixture
def mute() -> typing.Iterator[int]:
    """The port of a server that takes connections and never says a word, as behind a firewall that drops."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.mark.process
def test_a_database_that_never_answers_is_asked_once_and_given_up_within_2_s(mute, tmp_path):
    environment = clean_environment() | {
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"postgresql://desk@127.0.0.1:{mute}/desk",
    }
    with subprocess.Popen(
        [sys.executable, "-c", ASK_THREE_TIMES],
        cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as asking:  # fmt: skip
        try:
            assert asking.stdout is not None
            assert asking.stdout.readline() == "False False no answer within 2 s True 1\n"
        finally:
            asking.kill()
