"""While the database is away, or somebody else keeps it busy, a desk says so in time, and goes on when it is back."""

import concurrent.futures
import contextlib
import pathlib
import sqlite3
import time
import typing

import psycopg
import pytest
import websockets.sync.client
from websockets.sync.client import ClientConnection

from tests.scenarios.faults.servers import PostgreSQL
from tests.support import backends
from tests.support.desk import Desk, clean_environment, run
from tests.support.eventually import eventually
from tests.support.people import ALICE

pytestmark = pytest.mark.process

SERVERS = [PostgreSQL] if backends.postgresql_programs() else []
"""Where there is none, `make test-matrix` says so."""
MAKE = "import django; django.setup(); from tests.support import cast; cast.make()"
NOTE = """
    CREATE TABLE noted (hurry text);
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO noted VALUES (current_setting('statement_timeout')); END $$;
    CREATE EVENT TRIGGER noted ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note();
"""


@contextlib.contextmanager
def held(desk: Desk) -> typing.Iterator[None]:
    """Somebody else writes to a desk's SQLite all the time."""
    with contextlib.closing(sqlite3.connect(desk.folder / "db" / "tapedeck.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def kept_in_sqlite(request, tmp_path) -> pathlib.Path:
    """The cast in SQLite, whatever this run's database is."""
    if backends.DATABASE == "sqlite":
        return pathlib.Path(request.getfixturevalue("cast"))
    run(["-c", MAKE], given(tmp_path / "cast"))
    return pathlib.Path(tmp_path / "cast")


def test_a_writer_who_keeps_sqlite_busy_holds_up_those_who_write_and_nobody_else(kept_in_sqlite, tmp_path):
    with (
        Desk(tmp_path / "desk", kept_in_sqlite, variables={"DATABASE_URL": ""}) as desk,
        contextlib.ExitStack() as stack,
    ):
        cookie = desk.cookie()
        until(stack.enter_context(socket(desk, cookie)), '"balance_update"')
        with concurrent.futures.ThreadPoolExecutor(1) as other, held(desk):
            assert desk.fault(fault="drop")["struck"]  # which is to be noted of the link, and cannot be
            writes = other.submit(desk.cookie, ALICE)
            for _ in range(5):
                began = time.monotonic()
                assert desk.get("/accounts/settings", headers={"Cookie": cookie}).status_code == 200
                assert time.monotonic() - began < 2
            newcomer = stack.enter_context(socket(desk, cookie))
            newcomer.send('{"type":"ping"}')
            until(newcomer, '"pong"')
            assert not writes.done()
        assert "sessionid" in writes.result(timeout=10)
        until(newcomer, '"balance_update"')


def socket(desk: Desk, cookie: str) -> ClientConnection:
    """Come to a desk by socket."""
    headers = {"Cookie": cookie}
    return websockets.sync.client.connect(f"{desk.ws_url}/ws/streaming/", additional_headers=headers, open_timeout=20)


def until(socket: ClientConnection, said: str) -> None:
    """Take messages until one says it."""
    while said not in str(socket.recv(timeout=10)):
        pass


def given(folder: pathlib.Path, url: str = "") -> dict[str, str]:
    return clean_environment() | {"VAR_DIR": str(folder), "DATABASE_URL": url}


@pytest.fixture(params=SERVERS)
def server(request) -> typing.Iterator[PostgreSQL]:
    """A PostgreSQL of our own, which notes how much time each statement has that makes a table."""
    with request.param() as running:
        with psycopg.connect(running.url) as connection:
            connection.execute(NOTE)
        yield running


def test_a_postgresql_that_is_away_is_told_in_time_and_used_again_at_once(server, tmp_path):
    run(["-c", MAKE], given(tmp_path / "cast", server.url))
    assert server.ask("SELECT DISTINCT hurry FROM noted") == [("0",)]  # a migration may take as long as it takes
    with Desk(tmp_path / "desk", tmp_path / "cast", variables={"DATABASE_URL": server.url}) as desk:
        cookie = {"Cookie": desk.cookie()}
        server.stop("immediate")
        began = time.monotonic()
        answer = desk.get("/accounts/settings", headers=cookie, timeout=10)
        assert time.monotonic() - began < 8
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "cannot reach its database" in answer.text
        assert desk.get("/health").is_success
        assert desk.get("/ready", timeout=10).status_code == 503
        server.start()
        eventually(lambda: desk.get("/accounts/settings", headers=cookie, timeout=10).status_code == 200, within=5)
        with socket(desk, cookie["Cookie"]) as back:
            until(back, '"balance_update"')
