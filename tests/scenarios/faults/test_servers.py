"""Servers that a test ends, stops, empties and starts again are where they were; and so are the processes of others."""

import subprocess
import sys
import time
import typing

import psycopg
import pytest
import redis

from tests.scenarios.faults.processes import family
from tests.scenarios.faults.servers import LayerServer, PostgreSQL
from tests.support.backends import postgresql_programs
from tests.support.eventually import ENOUGH_S, eventually

pytestmark = pytest.mark.process

POSTGRESQL = [True] if postgresql_programs() else []
"""Where there is none, there is nothing to be said of it: the tests of databases say that one is missing."""


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_a_layer_that_was_killed_is_at_the_same_address_again_and_empty(tmp_path, kind):
    with LayerServer(tmp_path, kind) as server, redis.Redis.from_url(server.url) as client:
        client.set("a", "1")
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("a")
        server.start()
        assert client.get("a") is None


def test_a_layer_can_be_stopped_flushed_and_rid_of_its_clients(tmp_path):
    with LayerServer(tmp_path) as server, redis.Redis.from_url(server.url, socket_timeout=0.3) as client:
        client.set("a", "1")
        with server.process.stopped(), pytest.raises(redis.TimeoutError):
            client.get("a")
        assert client.get("a") == b"1"
        server.flush()
        assert client.get("a") is None
        ears = client.pubsub()
        ears.subscribe("news")
        assert ears.get_message(timeout=ENOUGH_S) is not None
        assert client.get("a") is None  # by a connection beside the one that listens
        assert server.clients() == 2
        assert server.kill_clients() == 2
        with pytest.raises(redis.ConnectionError):
            ears.connection.read_response()
        ears.close()


@pytest.mark.parametrize("_", POSTGRESQL)
def test_a_postgresql_that_was_stopped_or_killed_still_holds_what_it_took(_):
    with PostgreSQL() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            server.ask("SELECT n FROM kept")
        server.start()
        assert server.ask("SELECT n FROM kept") == [(1,)]
        server.process.kill()
        server.kill()
        server.start()
        assert server.ask("SELECT n FROM kept") == [(1,)]


COUNTING = """
import sys, subprocess, time
if sys.argv[1:]:
    subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout).wait()
else:
    while True:
        print(time.monotonic(), flush=True)
        time.sleep(0.01)
"""


def test_the_child_of_a_child_is_found_stopped_continued_and_killed():
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING, COUNTING], stdout=subprocess.PIPE, text=True, bufsize=1
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        (child,) = family(parent.pid)
        assert "monotonic" in child.command
        with child.stopped():
            stopped = time.monotonic()
            until(lambda now: now > stopped + 0.1)
            continued = time.monotonic()
        spoken = [float(parent.stdout.readline()) for _ in range(50)]
        assert any(at > continued for at in spoken)
        assert not [at for at in spoken if stopped < at < continued]
        child.kill()
        assert not child.alive
        with pytest.raises(AssertionError):
            child.terminate()
        parent.wait(10)
        assert family(parent.pid) == []


def until(holds: typing.Callable[[float], bool]) -> None:
    """Let time pass until `holds`, of the monotonic clock's seconds."""
    eventually(lambda: holds(time.monotonic()))
