"""Databases with people and an empty ledger in them, for tests that need nothing else of a desk."""

import concurrent.futures
import pathlib
import typing

from django.db import connection, connections
from django.db.utils import load_backend

from accounts.models import User
from streaming.ledger import Database
from streaming.models import Ownership, StoredFact

PEOPLE = range(1, 10)


def sqlite(file: pathlib.Path) -> Database:
    """The settings of a database in `file`, with the options of the desk's own."""
    return {**connections.settings["default"], "ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}


def inside(database: Database, work: typing.Callable[[], typing.Any]) -> typing.Any:
    """Do `work` on a connection to `database`, in a thread of its own, and return what it returns."""

    def worker() -> typing.Any:
        connections["default"] = load_backend(database["ENGINE"]).DatabaseWrapper(database, "default")
        try:
            return work()
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(worker).result()


def found(database: Database) -> None:
    """Make the tables, and the people."""

    def work() -> None:
        with connection.schema_editor() as editor:
            for model in (User, Ownership, StoredFact):
                editor.create_model(model)
        User.objects.bulk_create([User(pk=person, email=f"p{person}@example.com") for person in PEOPLE])

    inside(database, work)
