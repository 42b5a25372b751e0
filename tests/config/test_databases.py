"""What every connection to the database is given, so that a dead one is noticed and holds nobody up."""

import os
import pathlib
import shutil
import signal
import stat
import time
import typing

import environ
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config import databases
from config.management.commands import up
from config.postgresql.base import DatabaseWrapper
from tests.scenarios.faults.servers import PostgreSQL
from tests.support import backends
from tests.support.databases import at, inside, sqlite
from tests.support.tls import make_certificate

SERVERS = [PostgreSQL] if backends.postgresql_programs() else []
"""Where there is none, `make test-matrix` says so."""
FULL = 5
"""Connections in the pool of a test."""
AWAY_S = 1.0
"""For how long it waits for one."""


def settings(engine: str, **options: object) -> databases.Settings:
    return databases.with_care({"ENGINE": engine, "NAME": "desk", "OPTIONS": options}, pool=8)


def test_what_a_url_says_of_postgresql_itself_counts():
    options = settings("django.db.backends.postgresql", sslmode="require", connect_timeout=9, options="-c a=1")[
        "OPTIONS"
    ]
    assert options["sslmode"] == "require"
    assert options["connect_timeout"] == 9
    assert options["options"].endswith(" -c a=1")
    assert "-c statement_timeout=15000 " in options["options"]


@pytest.mark.parametrize("engine", ["django.db.backends.postgresql", databases.SQLITE])
def test_no_connection_of_a_page_outlives_it(engine):
    assert settings(engine)["CONN_MAX_AGE"] == 0


def test_a_pool_that_does_not_fit_is_refused_with_the_number_that_does():
    databases.check_room(pool=8, processes=7, given=97)
    databases.check_room(pool=93, processes=1, given=97)
    with pytest.raises(
        ImproperlyConfigured, match=r"DATABASE_POOL=9 a desk of 7 .* open 104 .* gives 97 .* at most 8,"
    ):
        databases.check_room(pool=9, processes=7, given=97)
    with pytest.raises(ImproperlyConfigured, match="Run fewer processes"):
        databases.check_room(pool=1, processes=20, given=97)


# On a server


@pytest.fixture(scope="module", params=SERVERS)
def server(request) -> typing.Iterator[PostgreSQL]:
    """A PostgreSQL of our own."""
    with request.param() as running:
        yield running


@pytest.fixture
def connected(server, django_db_blocker):
    """Makes connections to it as a desk's threads do, which share a pool."""
    own = environ.Env.db_url_config(server.url) | {"TIME_ZONE": None, "CONN_HEALTH_CHECKS": False, "AUTOCOMMIT": True}
    own = databases.with_care(own, FULL)
    own["OPTIONS"]["pool"] |= {"timeout": AWAY_S, "reconnect_timeout": AWAY_S}
    made: list[DatabaseWrapper] = []

    def connect() -> DatabaseWrapper:
        made.append(DatabaseWrapper(own, "of this test"))
        made[-1].ensure_connection()
        return made[-1]

    with django_db_blocker.unblock():
        yield connect
        for one in made:
            one.close()
        made[0].close_pool()


def ask(connection: BaseDatabaseWrapper, question: str) -> typing.Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.process
def test_a_server_knows_how_long_it_may_take_and_how_long_it_waits_for_us(connected):
    connection = connected()
    times = {name: ask(connection, f"SHOW {name}") for name in ("statement_timeout", "lock_timeout")}
    assert times == {"statement_timeout": "15s", "lock_timeout": "5s"}
    assert ask(connection, "SHOW idle_in_transaction_session_timeout") == "10s"
    assert ask(connection, "SHOW tcp_keepalives_idle") == "5"


@pytest.mark.process
def test_a_server_that_is_frozen_is_given_up_and_its_connection_closed(connected):
    connection = connected()
    frozen = ask(connection, "SELECT pg_backend_pid()")
    connection.connection.answer_s = 0.3
    os.kill(frozen, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(OperationalError, match=r"no answer within 0\.3 s"):
            ask(connection, "SELECT 1")
        assert time.monotonic() - began < 5
        assert not connection.is_usable()
        connection.close()
        assert ask(connected(), "SELECT pg_backend_pid()") != frozen
    finally:
        os.kill(frozen, signal.SIGCONT)


@pytest.mark.process
def test_a_pool_of_connections_to_a_server_that_restarted_serves_at_once(connected, server):
    for opened in [connected() for _ in range(FULL)]:
        assert ask(opened, "SELECT 1") == 1
        opened.close()
    server.stop()
    server.start()
    began = time.monotonic()
    again = [connected() for _ in range(FULL)]
    assert [ask(connection, "SELECT 1") for connection in again] == [1] * FULL
    assert time.monotonic() - began < AWAY_S


@pytest.mark.process
def test_a_server_that_is_away_is_noticed_in_time_and_found_again(connected, server):
    connected().close()
    server.stop()
    try:
        began = time.monotonic()
        with pytest.raises(OperationalError):
            connected()
        assert time.monotonic() - began < AWAY_S + 1
    finally:
        server.start()
    assert ask(connected(), "SELECT 1") == 1


@pytest.mark.process
def test_what_a_migration_does_is_in_no_hurry_and_what_comes_after_it_is(connected):
    connection = connected()
    with connection.unhurried():
        assert (ask(connection, "SHOW statement_timeout"), connection.connection.answer_s) == ("0", None)
        assert ask(connection, "SHOW lock_timeout") == "5s"
    assert (ask(connection, "SHOW statement_timeout"), connection.connection.answer_s) == ("15s", 20)


@pytest.mark.process
def test_up_refuses_more_connections_than_the_server_gives(server, settings, django_db_blocker):
    settings.DATABASE_POOL = 30
    with django_db_blocker.unblock():
        inside(at(server.url), lambda: up.Command().check_room(1))
        with pytest.raises(CommandError, match=r"gives 97 .* DATABASE_POOL to at most 28"):
            inside(at(server.url), lambda: up.Command().check_room(2))


@pytest.mark.django_db
@pytest.mark.parametrize("given_mode", [None, 0o644, 0o666, 0o600])
def test_nobody_else_reads_an_sqlite_database_nor_what_sqlite_keeps_beside_it(tmp_path, given_mode):
    file = tmp_path / "desk.sqlite3"
    if given_mode is not None:
        file.touch()
        file.chmod(given_mode)

    def work():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (value)")
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    modes = inside(sqlite(file), work)
    assert modes == dict.fromkeys(("desk.sqlite3", "desk.sqlite3-wal", "desk.sqlite3-shm"), 0o600)


# Encrypted


@pytest.fixture(scope="module")
def authority(server, tmp_path_factory):
    """The file of who vouches for the server, which then speaks TLS, and that of somebody who vouches for another."""
    files = []
    for name in ("server", "other"):
        folder = tmp_path_factory.mktemp(name)
        files.append(make_certificate(folder))
    for kind in ("crt", "key"):
        file = server.folder / "data" / f"server.{kind}"
        file.write_bytes(files[0].with_suffix(f".{kind}").read_bytes())
        file.chmod(0o600)
        if owner := backends.servant():
            shutil.chown(file, owner)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
    return files


def asked_by_tls(server, host: str, authority: pathlib.Path) -> bool:
    """Whether the connection of a desk with such a DATABASE_URL is encrypted."""
    where = server.url.replace("127.0.0.1", host)

    def work() -> bool:
        return bool(ask(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))

    return bool(inside(at(f"{where}?sslmode=verify-full&sslrootcert={authority}"), work))


@pytest.mark.process
def test_sslmode_of_the_url_encrypts_and_trusts_nobody_else(server, authority, django_db_blocker):
    mine, other = authority
    with django_db_blocker.unblock():
        assert asked_by_tls(server, "localhost", mine)
        with pytest.raises(OperationalError, match="certificate verify failed"):
            asked_by_tls(server, "localhost", other)
        with pytest.raises(OperationalError, match="does not match host name"):
            asked_by_tls(server, "127.0.0.1", mine)
