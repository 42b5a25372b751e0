"""What the desk asks of its database: to answer in time, to forget a client that froze, and to keep what it stored.

Times are such that a desk notices a dead database before its people do, and that a process frozen within a transaction
holds nobody up for as long as another needs to take its people over.
"""

import contextlib
import pathlib
import typing

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend
from django.utils.module_loading import import_string

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "config.postgresql"
CONNECTION = "config.postgresql.connection.Connection"
"""A dotted path: a desk on SQLite need not wait for what it imports."""
LOCK_WAIT_S = 20
"""How long a page waits for the one writer that SQLite allows at a time."""
SQLITE_AT_CONNECT = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA mmap_size=134217728",
    "PRAGMA journal_size_limit=67108864",
)

CONNECT_S = 5
"""How long a new connection may take."""
POOL_S = 3.0
"""How long a page waits for one of the pool, and for how long the pool tries to add one; who comes next tries anew."""
STATEMENT_MS = 15_000
LOCK_MS = 5_000
FROZEN_MS = 10_000
"""How long the server lets a client do nothing within a transaction, which holds locks, before it ends it."""
SILENT_MS = 10_000
"""How long what was sent may stay unacknowledged before the kernel gives a connection up."""
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
NOT_PERMITTED = "42501"
"""What PostgreSQL calls the refusal of a right."""
POOL_IDLE_S = 300.0
POOL_LIFE_S = 1800.0

OF_ITS_OWN = 4
"""Connections beside the pool in each process: the ledger's two, the lease's, and one for a command or a probe."""

Settings = dict[str, typing.Any]


def with_care(found: Settings, pool: int) -> Settings:
    """Return the settings of a database with what every connection to it needs. `pool`: the size of PostgreSQL's."""
    options: Settings = found.get("OPTIONS", {})
    common = {**found, "CONN_MAX_AGE": 0}
    if found["ENGINE"] == SQLITE:
        return common | {"OPTIONS": options | sqlite_options()}
    told = {"options": _at_start(options.get("options", ""))}
    return common | {"ENGINE": POSTGRESQL, "OPTIONS": postgresql_options(pool) | options | told}


def for_owner(found: Settings | None) -> Settings | None:
    """Return the settings of the owner's one connection, which is no share in a pool."""
    if found is None:
        return None
    whole = with_care(found, pool=1)
    return whole | {"OPTIONS": {name: value for name, value in whole["OPTIONS"].items() if name != "pool"}}


@contextlib.contextmanager
def connected_as(owner: Settings | None) -> typing.Iterator[BaseDatabaseWrapper]:
    """Let this thread's connection be that of `owner` for as long as the `with`. None: it stays the desk's own."""
    desk = connections["default"]
    if owner is None:
        yield desk
        return
    desk.close()
    whole = {**desk.settings_dict, **owner}
    connections["default"] = load_backend(whole["ENGINE"]).DatabaseWrapper(whole, "default")
    try:
        yield connections["default"]
    finally:
        connections["default"].close()
        connections["default"] = desk


def is_refused(error: BaseException) -> bool:
    """Whether `error`, or what it came of, is PostgreSQL refusing a role what it may not do."""
    while getattr(error, "sqlstate", None) != NOT_PERMITTED:
        if (cause := error.__cause__ or error.__context__) is None:
            return False
        error = cause
    return True


def keep_private(connection: BaseDatabaseWrapper, **_: typing.Any) -> None:
    """Let nobody but their owner read the files of an SQLite database that was just opened."""
    if connection.vendor != "sqlite":
        return
    for end in ("", "-wal", "-shm"):
        file = pathlib.Path(f"{connection.settings_dict['NAME']}{end}")
        with contextlib.suppress(FileNotFoundError, PermissionError):  # in memory, or somebody else's who let us in
            if (mode := file.stat().st_mode) & 0o077:
                file.chmod(mode & 0o700)


def sqlite_options() -> Settings:
    """Return what each connection to SQLite needs.

    Readers and the writer do not hold each other up (WAL), a commit is on the disk (FULL), and who will write says so
    first (IMMEDIATE), so that nobody is refused in the middle of a transaction.
    """
    return {"timeout": LOCK_WAIT_S, "transaction_mode": "IMMEDIATE", "init_command": ";".join(SQLITE_AT_CONNECT)}


def postgresql_options(pool: int) -> Settings:
    """Return what each connection to PostgreSQL needs, and a pool of at most `pool` of them for this process."""
    return {
        "connect_timeout": CONNECT_S,
        "tcp_user_timeout": SILENT_MS,
        **KEEPALIVES,
        "pool": {
            "connection_class": import_string(CONNECTION),
            "min_size": 0,
            "max_size": pool,
            "timeout": POOL_S,
            "reconnect_timeout": POOL_S,
            "max_idle": POOL_IDLE_S,
            "max_lifetime": POOL_LIFE_S,
        },
    }


def _at_start(given: str) -> str:
    """Return what the server is told as a connection starts; what DATABASE_URL says itself comes last, and counts."""
    wanted = {
        "statement_timeout": STATEMENT_MS,
        "lock_timeout": LOCK_MS,
        "idle_in_transaction_session_timeout": FROZEN_MS,
        **{f"tcp_{name}": value for name, value in KEEPALIVES.items()},
    }
    return " ".join([*(f"-c {name}={value}" for name, value in wanted.items()), *filter(None, [given])])


def connections_given(connection: BaseDatabaseWrapper) -> int | None:
    """Return how many connections PostgreSQL gives its ordinary users together; None for SQLite, which counts none."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END) FROM pg_settings "
            "WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
        )
        return int(cursor.fetchone()[0])


def check_room(pool: int, processes: int, given: int) -> None:
    """Raise ImproperlyConfigured when a desk of `processes` may want more connections than it is given.

    While one of several processes is replaced, it and its heir are both there.
    """
    most = processes + (processes > 1)
    if (needed := most * (pool + OF_ITS_OWN)) <= given:
        return
    fits = given // most - OF_ITS_OWN
    raise ImproperlyConfigured(
        f"With DATABASE_POOL={pool} a desk of {processes} processes may open {needed} connections, but PostgreSQL "
        f"gives {given} (max_connections less those it reserves). "
        + (f"Set DATABASE_POOL to at most {fits}" if fits > 0 else "Run fewer processes")
        + ", or raise max_connections."
    )
