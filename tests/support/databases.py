"""Databases with people and an empty ledger in them, for tests that need nothing else of a desk."""

import concurrent.futures
import contextlib
import importlib
import pathlib
import sqlite3
import typing

import environ
import psycopg
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.utils import load_backend

from accounts.models import User
from alerts.models import AlertChannel, AlertCheckpoint, AlertDelivery, AlertRule
from config import databases as care
from market.models import BarDay, BarRevision, CorporateAction, KeptSeries, Watchlist
from news.models import (
    NewsImpact,
    NewsItem,
    NewsLink,
    NewsList,
    NewsMove,
    NewsRevision,
    NewsSourceState,
    NewsSymbol,
)
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalFollower, SignalRecord
from streaming.ledger.ledger import Database
from streaming.models import Ownership, StoredCursor, StoredFact, StoredHost
from tests.support import backends
from tests.support.desk import Desk
from trading.models import Activity, Difference, Fill, Holding, NetLiq, Order, Reconciled

search = importlib.import_module("news.migrations.0002_search")
PEOPLE = range(1, 10)
NEWS = (NewsList, NewsLink, NewsItem, NewsSymbol, NewsRevision, NewsImpact, NewsMove, NewsSourceState)
MARKET = (Watchlist, KeptSeries, BarDay, BarRevision, CorporateAction)
ALERTS = (AlertRule, AlertCheckpoint, AlertChannel, AlertDelivery)
SIGNALS = (SignalFollower, SignalFact, SignalRecord, LearnedModel, LearnerProgress)
BOOK = (Activity, Difference, Fill, Holding, NetLiq, Order, Reconciled)


def sqlite(file: pathlib.Path) -> Database:
    """The settings of a database in `file`, with the options of the desk's own."""
    return at(f"sqlite:///{file}")


def of(desk: Desk) -> Database:
    """The settings of the database of a desk that runs, for looking at it as another program does."""
    return at(desk.database_url)


def url(database: Database) -> str:
    """Return the URL of a database, for another process."""
    if database["ENGINE"] == care.SQLITE:
        return f"sqlite:///{database['NAME']}"
    return "postgresql://{USER}@{HOST}:{PORT}/{NAME}".format_map(database)


@contextlib.contextmanager
def locked(database: Database) -> typing.Iterator[None]:
    """Somebody else writes all the time; who reads is not held up."""
    if database["ENGINE"] == care.SQLITE:
        with contextlib.closing(sqlite3.connect(database["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with psycopg.connect(url(database)) as writer:
            for model in (Ownership, StoredCursor, StoredFact, StoredHost):
                writer.execute(f"LOCK TABLE {model._meta.db_table} IN SHARE ROW EXCLUSIVE MODE".encode())
            yield
            writer.rollback()


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
            ledger = (Ownership, StoredCursor, StoredFact, StoredHost)
            for model in (ContentType, Permission, Group, User, *ledger, *BOOK, *NEWS, *MARKET, *ALERTS, *SIGNALS):
                editor.create_model(model)
            for statement in search.SQLITE if connection.vendor == "sqlite" else search.POSTGRESQL:
                editor.execute(statement)
        User.objects.bulk_create([User(pk=person, email=f"p{person}@example.com") for person in PEOPLE])

    inside(database, work)


def empty(database: Database) -> None:
    """Take every fact and every ownership out of it, and the book."""

    def work() -> None:
        for model in (
            StoredFact,
            StoredCursor,
            Ownership,
            StoredHost,
            *BOOK,
            *reversed(NEWS),
            *reversed(MARKET),
            *ALERTS,
            *SIGNALS,
        ):
            model._default_manager.all().delete()

    inside(database, work)


def copied() -> bytes:
    """Everything that is in this thread's database: the bytes of its files, or of its tables, and all of it as text."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        with contextlib.closing(sqlite3.connect(name)) as reader:
            told = "\n".join(reader.iterdump()).encode()
        return told + b"".join(
            file.read_bytes() for file in pathlib.Path(name).parent.glob(f"{pathlib.Path(name).name}*")
        )
    copied = b""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for form in ("text", "binary"):
                with cursor.copy(f"COPY {table} TO STDOUT (FORMAT {form})") as rows:
                    copied += b"".join(rows)
    return copied


@contextlib.contextmanager
def postgresql() -> typing.Iterator[Database]:
    """A PostgreSQL server of our own, for as long as the `with`."""
    with backends.postgresql() as address:
        yield at(f"postgresql://tapedeck@{address}/postgres")


def at(url: str) -> Database:
    """The settings of the database of a URL, as a desk has them."""
    own = care.with_care(environ.Env.db_url_config(url), pool=8)
    return {**connections.settings["default"], **own}
