"""Gives every test here a database with an empty ledger, and those of real servers the cookies of the cast."""

import pathlib
import shutil
import typing

import pytest

from streaming.ledger.ledger import Database
from tests.support import backends, corridor, databases
from tests.support.desk import Desk
from tests.support.people import ALICE, BOB, OLGA


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: typing.Any) -> pathlib.Path:
    """A SQLite file with the ledger's tables and a few people."""
    file = tmp_path_factory.mktemp("ledger") / "empty.sqlite3"
    with django_db_blocker.unblock():
        databases.found(databases.sqlite(file))
    return file


@pytest.fixture
def sqlite_ledger(empty_file: pathlib.Path, tmp_path: pathlib.Path) -> Database:
    """An empty ledger in SQLite, for what can only be tried there."""
    database = databases.sqlite(tmp_path / "ledger.sqlite3")
    shutil.copy(empty_file, database["NAME"])
    return database


@pytest.fixture(scope="session")
def chosen_postgresql(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: typing.Any) -> Database:
    """A database of this process, with the ledger's tables and a few people, in the PostgreSQL of this run."""
    database = databases.at(backends.make_database(tmp_path_factory.mktemp("ledger")))
    with django_db_blocker.unblock():
        databases.found(database)
    return database


@pytest.fixture(autouse=True)
def ledger_database(
    request: pytest.FixtureRequest, django_db_blocker: typing.Any, monkeypatch: pytest.MonkeyPatch
) -> typing.Iterator[Database]:
    """The database of the ledger of every House this test makes."""
    chosen = {"sqlite": "sqlite_ledger", "postgresql": "chosen_postgresql"}[backends.DATABASE]
    database: Database = request.getfixturevalue(chosen)
    monkeypatch.setattr(corridor, "database", database)
    with django_db_blocker.unblock():
        if backends.DATABASE == "postgresql":
            databases.empty(database)
        yield database


@pytest.fixture(scope="session")
def postgresql(django_db_blocker: typing.Any) -> typing.Iterator[Database]:
    """A PostgreSQL with the ledger's tables."""
    with django_db_blocker.unblock(), databases.postgresql() as database:
        databases.found(database)
        yield database


@pytest.fixture(params=["chosen"] + ["postgresql"] * backends.has_another_database())
def database(request: pytest.FixtureRequest, ledger_database: Database) -> Database:
    """A database with an empty ledger: the chosen one, and beside SQLite also PostgreSQL where this machine has one."""
    if request.param == "chosen":
        return dict(ledger_database)
    found: Database = request.getfixturevalue("postgresql")
    databases.empty(found)
    return found


@pytest.fixture(scope="module")
def cookies(desk: Desk) -> dict[str, str]:
    """The sessions of alice, bob and olga on this module's desk."""
    return {email: desk.cookie(email) for email in (ALICE, BOB, OLGA)}
