"""Databases with people and an empty ledger in them, for tests that need nothing else of a desk."""

import concurrent.futures
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import typing

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, connections
from django.db.utils import load_backend

from accounts.models import User
from streaming.ledger import Database
from streaming.models import Ownership, StoredFact, StoredHost
from tests.eventually import eventually

PEOPLE = range(1, 10)


def sqlite(file: pathlib.Path) -> Database:
    """The settings of a database in `file`, with the options of the desk's own."""
    return {**connections.settings["default"], "ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}


def inside(database: Database, work: typing.Callable[[], typing.Any]) -> typing.Any:
    """Do `work` on a connection to `database`, in a thread of its own, and return what it returns."""

    def worker() -> typing.Any:
        own = {**database, "OPTIONS": {name: value for name, value in database["OPTIONS"].items() if name != "pool"}}
        connections["default"] = load_backend(own["ENGINE"]).DatabaseWrapper(own, "default")
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
            for model in (ContentType, Permission, Group, User, Ownership, StoredFact, StoredHost):
                editor.create_model(model)
        User.objects.bulk_create([User(pk=person, email=f"p{person}@example.com") for person in PEOPLE])

    inside(database, work)


def empty(database: Database) -> None:
    """Take every fact and every ownership out of it."""

    def work() -> None:
        for model in (StoredFact, Ownership, StoredHost):
            model._default_manager.all().delete()

    inside(database, work)


def postgresql_programs() -> pathlib.Path | None:
    """Where the programs of a PostgreSQL server are on this machine, if it has one that may be run here."""
    known = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders = ([pathlib.Path(found).resolve().parent] if found else []) + known
    runs = os.getuid() != 0 or _servant() is not None
    return next((folder for folder in folders if runs and (folder / "initdb").exists()), None)


def _servant() -> str | None:
    """Whom root runs the server as: it refuses root itself."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


@contextlib.contextmanager
def postgresql(programs: pathlib.Path) -> typing.Iterator[Database]:
    """A PostgreSQL server of our own, on a unix socket, for as long as the `with`."""
    user = _servant() if os.getuid() == 0 else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = str(folder / "data")
        run: dict[str, typing.Any] = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "tapedeck", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, **run,
        )  # fmt: skip
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        with subprocess.Popen(
            [programs / "postgres", "-D", data, *options], stderr=subprocess.DEVNULL, **run
        ) as server:
            database = {
                **connections.settings["default"], "ENGINE": "django.db.backends.postgresql", "NAME": "postgres",
                "USER": "tapedeck", "PASSWORD": "", "HOST": str(folder), "PORT": "", "OPTIONS": {"pool": True},
            }  # fmt: skip
            try:
                eventually(lambda: _answers(database), within=20)
                yield database
            finally:
                server.send_signal(signal.SIGINT)
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(database: Database) -> bool:
    try:
        inside(database, lambda: connection.ensure_connection())
    except OperationalError:
        return False
    return True
