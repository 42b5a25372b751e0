"""Gives every test here a database with an empty ledger."""

import pathlib
import shutil
import typing

import pytest

from streaming.ledger import Database
from tests.streaming import cast, databases


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: typing.Any) -> pathlib.Path:
    """A database file with the ledger's tables and a few people."""
    file = tmp_path_factory.mktemp("ledger") / "empty.sqlite3"
    with django_db_blocker.unblock():
        databases.found(databases.sqlite(file))
    return file


@pytest.fixture(autouse=True)
def ledger_database(
    empty_ledger: pathlib.Path, tmp_path: pathlib.Path, django_db_blocker: typing.Any, monkeypatch: pytest.MonkeyPatch
) -> typing.Iterator[Database]:
    """The database of the ledger of every House this test makes."""
    database = databases.sqlite(tmp_path / "ledger.sqlite3")
    shutil.copy(empty_ledger, database["NAME"])
    monkeypatch.setattr(cast, "database", database)
    with django_db_blocker.unblock():
        yield database
