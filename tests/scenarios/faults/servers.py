"""Servers a desk depends on, which a test can end, stop, empty and start again at the same address."""

import abc
import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile
import types
import typing

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import valkey
from tests.scenarios.faults.processes import Process
from tests.support.backends import postgresql_programs, servant
from tests.support.desk import free_port
from tests.support.eventually import eventually

START_S = 20.0
Kind = typing.Literal["tcp", "unix"]


class Server(abc.ABC):
    """One server program. Use it in a `with`."""

    def __init__(self) -> None:
        self._popen: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> typing.Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.kill()

    @property
    def process(self) -> Process:
        """The process, which can be stopped and continued."""
        assert self._popen is not None, f"{self!r} does not run"
        return Process(self._popen.pid)

    @abc.abstractmethod
    def start(self) -> None:
        """Start it where it was before, and wait until it answers."""

    def kill(self) -> None:
        """End it at once, if it runs: SIGKILL."""
        if self._popen is not None:
            self._popen.kill()
            self._popen.wait()
            self._popen = None


class LayerServer(Server):
    """A Redis or Valkey that keeps nothing: after a restart it is empty. `program` is whatever this machine has."""

    def __init__(self, folder: pathlib.Path, kind: Kind = "tcp", program: pathlib.Path | None = None) -> None:
        super().__init__()
        found = program or valkey.find_server()
        assert found is not None, "Missing: a Valkey or Redis server."
        self.program = found
        self.folder = folder
        self.socket = folder / "layer.sock"
        self.port = free_port() if kind == "tcp" else 0
        self.url = f"redis://127.0.0.1:{self.port}" if kind == "tcp" else f"unix://{self.socket}"

    def __repr__(self) -> str:
        return f"<LayerServer {self.url}>"

    def start(self) -> None:
        options: dict[str, object] = {
            "port": self.port, "unixsocket": self.socket, "unixsocketperm": 700, "dir": self.folder, "save": "",
            "appendonly": "no",
        }  # fmt: skip
        if self.port == 0:
            options["bind"] = "127.0.0.1"
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with (self.folder / "layer.log").open("ab") as log:
            self._popen = subprocess.Popen([self.program, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        eventually(self._answers, within=START_S)

    def _answers(self) -> bool:
        try:
            with self.asked() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @contextlib.contextmanager
    def asked(self) -> typing.Iterator[redis.Redis]:
        """A connection that waits 2 s for an answer and tries nothing twice."""
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            yield client

    def flush(self) -> None:
        """Forget everything."""
        with self.asked() as client:
            client.flushall()

    def kill_clients(self) -> int:
        """Close every connection but the one that asks, those that subscribe too. Returns how many there were."""
        with self.asked() as client:
            return sum(int(client.client_kill_filter(_type=kind, skipme=True)) for kind in ("normal", "pubsub"))

    def clients(self) -> int:
        """How many are connected, but for who asks."""
        with self.asked() as client:
            return len(client.client_list()) - 1


class PostgreSQL(Server):
    """A PostgreSQL with one empty database, on a unix socket and a port of its own. What it said it stored, it stored.

    It starts fresh in `__enter__`; a later `start` goes on with what is stored.
    """

    def __init__(self) -> None:
        super().__init__()
        programs = postgresql_programs()
        assert programs is not None, "Missing: a PostgreSQL server that may be run here."
        self._programs = programs
        self._user = servant()
        self.port = free_port()
        self.url = f"postgresql://tapedeck@127.0.0.1:{self.port}/postgres"

    def __repr__(self) -> str:
        return f"<PostgreSQL {self.url}>"

    def __enter__(self) -> typing.Self:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-pg-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._run("initdb", "-U", "tapedeck", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if self._popen is not None:
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", str(self.folder / "data"), *arguments],
            check=True, user=self._user, cwd=self.folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        options = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", f"unix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self._popen = subprocess.Popen(
                [self._programs / "postgres", "-D", str(self.folder / "data"), *options],
                user=self._user, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        eventually(self._answers, within=START_S)

    def _answers(self) -> bool:
        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, question: typing.LiteralString) -> list[tuple[typing.Any, ...]]:
        """Return the rows of one question."""
        with psycopg.connect(self.url, connect_timeout=2) as connection:
            return connection.execute(question).fetchall()

    def tell(self, order: typing.LiteralString) -> None:
        """Have it do something."""
        with psycopg.connect(self.url, connect_timeout=2) as connection:
            connection.execute(order)

    def stop(self, how: typing.Literal["fast", "immediate"] = "fast") -> None:
        """Stop it as an administrator does: every client is told. `immediate`: as a crash would leave it."""
        assert self._popen is not None
        self._popen.send_signal(signal.SIGINT if how == "fast" else signal.SIGQUIT)
        self._popen.wait(START_S)
        self._popen = None
