"""Processes that a test did not start itself: how to find them, and what can be done to them."""

import contextlib
import os
import pathlib
import signal
import typing

from tests.support.eventually import eventually

STALL = signal.SIGUSR1
"""Stalls the event loop of a process that runs on tests/scenarios/faults/settings.py."""
END_S = 15.0


class Process:
    """One process by its id. A process that was replaced meanwhile is never mistaken for its heir."""

    def __init__(self, pid: int, born: str = "") -> None:
        self.pid = pid
        self._born = born or _born(pid)
        assert self._born, f"no process {pid}"

    def __repr__(self) -> str:
        return f"<Process {self.pid} {self.command[-40:]!r}>"

    @property
    def command(self) -> str:
        """Its command line; empty once it is gone."""
        with contextlib.suppress(OSError):
            return pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()
        return ""

    @property
    def alive(self) -> bool:
        """Whether it runs or is stopped."""
        return _born(self.pid) == self._born and _state(self.pid) not in "ZX"

    @property
    def sockets(self) -> int:
        """How many sockets it has open."""
        files = pathlib.Path(f"/proc/{self.pid}/fd").iterdir()
        return sum(_target(file).startswith("socket:") for file in files)

    def send(self, blow: signal.Signals) -> None:
        """Send it a signal. Raises AssertionError when it is gone."""
        assert self.alive, f"process {self.pid} is gone"
        os.kill(self.pid, blow)

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self.send(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Ask it to end; returns at once."""
        self.send(signal.SIGTERM)

    def wait(self, within: float = END_S) -> None:
        """Wait until it is gone."""
        eventually(lambda: not self.alive, within=within, saying=lambda: repr(self))

    def stop(self) -> None:
        """Stop it where it stands, and wait until it does."""
        self.send(signal.SIGSTOP)
        eventually(lambda: _state(self.pid) == "T", within=END_S)

    def go_on(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self) -> typing.Iterator[None]:
        """Keep it stopped for as long as the `with`."""
        self.stop()
        try:
            yield
        finally:
            if self.alive:
                self.go_on()

    def stall(self) -> None:
        """Let its event loop do nothing for as long as its settings (tests/scenarios/faults/settings.py) say."""
        self.send(STALL)


def family(pid: int) -> list[Process]:
    """Return the processes below `pid`, those it started and those they started, the oldest first."""
    children: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(int(entry.name))):
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], list(children.get(pid, []))
    while waiting:
        child = waiting.pop()
        waiting += children.get(child, [])
        if (born := _born(child)) and _state(child) not in "ZX":
            found.append(Process(child, born))
    return sorted(found, key=lambda one: (int(one._born), one.pid))


def _target(file: pathlib.Path) -> str:
    """What an open file is; nothing where it was closed meanwhile."""
    try:
        return str(file.readlink())
    except OSError:
        return ""


def _fields(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may hold anything; empty when there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str:
    return (_fields(pid) or ["X"])[0]


def _parent(pid: int) -> int:
    return int((_fields(pid) or ["X", "0"])[1])


def _born(pid: int) -> str:
    """When it began, in ticks since the machine did; empty when there is no such process."""
    fields = _fields(pid)
    return fields[19] if fields else ""
