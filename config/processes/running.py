"""What `manage.py up` leaves in RUN_DIR while it runs: a lock, so that there is one, and up.json, which says what runs.

up.json is {"pid": …, "url": "http://…", "children": {"web-1": pid, …}}; a desk of one process has no children.
"""

import fcntl
import os
import pathlib
import secrets
import typing

import msgspec

from config import env

LOCK = "up.lock"
STATE = "up.json"


class RunningState(msgspec.Struct, frozen=True):
    """A running desk: its process, its address, and its children's processes by name."""

    pid: int
    url: str
    children: dict[str, int] = {}


class AlreadyRunningError(Exception):
    """Another `manage.py up` has this RUN_DIR; the text says which."""


class Running:
    """This process's right to be the one desk of `run_dir`: held inside a `with`, and given up however it ends."""

    def __init__(self, run_dir: pathlib.Path) -> None:
        self._run_dir = run_dir
        self._lock: typing.IO[str] | None = None

    def __enter__(self) -> "Running":
        """Take the lock. Raises AlreadyRunningError."""
        lock = (env.private_folder(self._run_dir) / LOCK).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise AlreadyRunningError(_who(self._run_dir)) from error
        self._lock = lock
        return self

    def __exit__(self, *exc: object) -> None:
        (self._run_dir / STATE).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def write(self, url: str, children: dict[str, int]) -> None:
        """Say what runs now; whole or not at all. Raises OSError."""
        draft = self._run_dir / f".{STATE}.{secrets.token_hex(4)}"
        try:
            draft.write_bytes(msgspec.json.encode(RunningState(os.getpid(), url, children)))
            draft.replace(self._run_dir / STATE)
        finally:
            draft.unlink(missing_ok=True)


def state(run_dir: pathlib.Path) -> RunningState | None:
    """Return what the desk of `run_dir` says of itself, if there is one. One that was killed may still say it."""
    try:
        return msgspec.json.decode((run_dir / STATE).read_bytes(), type=RunningState)
    except FileNotFoundError:
        return None


def _who(run_dir: pathlib.Path) -> str:
    found = state(run_dir)
    which = f" (process {found.pid}, {found.url}/)" if found else ""
    return f"A desk runs already in {run_dir}{which}. End it first, or set VAR_DIR or RUN_DIR for a second one."
