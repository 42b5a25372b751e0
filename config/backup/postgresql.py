"""Restores a dump of PostgreSQL (`pg_dump --format=custom`) in one transaction: all of it is there, or nothing changed.

`pg_restore` writes the dump as SQL, which is read on its way to `psql`: the transaction is committed only when the dump
came to its end and is a desk's. It is read once, so it may come through a pipe.
"""

import contextlib
import datetime
import os
import re
import shutil
import subprocess
import tempfile
import typing

from django.db import connection
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from config.backup import contents
from config.backup.contents import BackupError, Migration, Restored
from lib import redaction

PROGRAMS = ("pg_restore", "psql")
LOCK_S = 5
"""How long the restore waits for whoever holds a table."""
NOT_LIBPQ = ("options", "password", "dbname")
"""What is given otherwise, or is for the desk's own connections: a restore may take its time."""
MOVE = """
DO $move$ DECLARE found record; BEGIN
    FOR found IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = {schema}::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    LOOP EXECUTE format('ALTER TABLE %s SET SCHEMA %I', found.name, {former}); END LOOP;
END $move$;
"""
_TABLE = re.compile(rb'CREATE (?:UNLOGGED )?TABLE (?:"[^"]+"|\w+)\."?(\w+)"? ')
_ROWS = re.compile(rb'COPY (?:"[^"]+"|\w+)\."?(\w+)"? \((.*)\) FROM stdin;\n')


class Script:
    """What the SQL of a dump makes, seen line by line."""

    def __init__(self) -> None:
        self.tables: set[str] = set()
        self.applied: set[Migration] = set()
        self._columns: list[str] | None = None
        """Those of the rows that come now, empty for a table that nobody asks about; None between tables."""

    def observe(self, line: bytes) -> None:
        """See one line of it."""
        if self._columns is not None:
            self._observe_row(self._columns, line)
        elif found := _TABLE.match(line):
            self.tables.add(found[1].decode())
        elif found := _ROWS.fullmatch(line):
            self._columns = found[2].decode().split(", ") if found[1] == b"django_migrations" else []

    def _observe_row(self, columns: list[str], line: bytes) -> None:
        if line == b"\\.\n":
            self._columns = None
        elif columns:
            row = dict(zip(columns, line.decode().rstrip("\n").split("\t"), strict=True))
            self.applied.add((row["app"], row["name"]))


def check_alone() -> None:
    """Raise BackupError while anybody else is connected to the database of this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
        others = int(cursor.fetchone()[0])
    if others:
        raise BackupError(f"{others} other connections to the database are open. Stop every process of the desk first.")


def restore(source: typing.IO[bytes], now: datetime.datetime) -> Restored:
    """Restore the dump that is read from `source` into the database of this thread's connection.

    Its tables take the places of those that are there, which move to a schema named by `now`. Raises BackupError, and
    DatabaseError where the database is away.
    """
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        raise BackupError(
            f"{' and '.join(missing)} cannot be found. Install PostgreSQL's client programs "
            "(Debian: apt-get install postgresql-client), of the server's version or newer."
        )
    schema, former = _schema(), f"before_{now:%Y%m%d_%H%M%S}"
    with connection.cursor() as cursor:
        has_tables = bool(connection.introspection.table_names(cursor))
    settings = connection.settings_dict
    connection.close()
    begin = _begin(schema, former if has_tables else "")
    return Restored(f"schema {former}" if has_tables else "", _run(source, schema, begin, settings))


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        found = cursor.fetchone()[0]
    if found is None:
        raise BackupError("The role that opened the database may use no schema of it.")
    return str(found)


def _begin(schema: str, former: str) -> bytes:
    """Return what comes before the dump. `former`: where the tables go that are there; empty where there are none."""
    orders: list[sql.Composable] = [sql.SQL("BEGIN; SET LOCAL lock_timeout = {};").format(sql.Literal(f"{LOCK_S}s"))]
    if former:
        orders.append(sql.SQL("CREATE SCHEMA {};").format(sql.Identifier(former)))
        orders.append(sql.SQL(MOVE).format(schema=sql.Literal(schema), former=sql.Literal(former)))
    return sql.SQL("\n").join(orders).as_string(None).encode() + b"\n"


def _run(source: typing.IO[bytes], schema: str, begin: bytes, settings: dict[str, typing.Any]) -> int:
    """Carry the dump to the database; return how many migrations of this code it lacks."""
    reading = ["--no-owner", "--no-privileges", "--no-comments", f"--schema={schema}", "--file=-"]
    writing = ["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", f"--dbname={_conninfo(settings)}"]
    password = {"PGPASSWORD": settings["PASSWORD"]} if settings["PASSWORD"] else {}
    with (
        _run_program("pg_restore", reading, stdin=source, stdout=subprocess.PIPE) as dump,
        _run_program(
            "psql", writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=os.environ | password
        ) as desk,
    ):
        try:
            pending = _carry(dump, desk, begin)
        except BrokenPipeError:
            pending = None  # psql ended, and says why
        if desk.process.wait() or pending is None:
            raise BackupError(f"PostgreSQL refused it: {desk.last_said()}")
    return pending


def _carry(dump: "Program", desk: "Program", begin: bytes) -> int:
    """Write to psql what pg_restore reads, and commit it when it is whole. Raises BrokenPipeError when psql ends."""
    script = Script()
    desk.stdin.write(begin)
    for line in dump.stdout:
        script.observe(line)
        desk.stdin.write(line)
    if dump.process.wait():
        raise BackupError(f"pg_restore cannot read it: {dump.last_said()}")
    pending = contents.check(script.applied, script.tables)
    desk.stdin.write(b"COMMIT;\n")
    desk.stdin.close()
    return pending


class Program:
    """One of PostgreSQL's programs, and what it says."""

    def __init__(self, process: "subprocess.Popen[bytes]", said: typing.IO[bytes]) -> None:
        self.process = process
        self._said = said

    @property
    def stdin(self) -> typing.IO[bytes]:
        """What it reads."""
        return typing.cast("typing.IO[bytes]", self.process.stdin)

    @property
    def stdout(self) -> typing.IO[bytes]:
        """What it writes."""
        return typing.cast("typing.IO[bytes]", self.process.stdout)

    def last_said(self) -> str:
        """Return the last lines of its stderr, without any secret."""
        self._said.seek(0)
        lines = [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        return str(redaction.redact("; ".join(lines[-3:]) or "nothing"))


@contextlib.contextmanager
def _run_program(name: str, arguments: list[str], **options: typing.Any) -> typing.Iterator[Program]:
    """Run a program for as long as the `with`. One that still runs then is killed, and commits nothing."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([shutil.which(name) or name, *arguments], stderr=said, **options)  # noqa: S603
        try:
            yield Program(process, said)
        finally:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _conninfo(settings: dict[str, typing.Any]) -> str:
    """Return how libpq reaches the database of `settings`, without the password, which every user could see."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} - set(NOT_LIBPQ)
    told = {name: value for name, value in settings["OPTIONS"].items() if name in known}
    places = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    given = {name: value for name, value in places.items() if value}
    return make_conninfo(**told, **given, dbname=settings["NAME"])
