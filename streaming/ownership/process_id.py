"""Tells the processes of this machine apart, also from a later one with the same number.

On Linux; elsewhere nobody can be told, and nobody is known to be dead.
"""

import os
import pathlib
import socket

PROC = pathlib.Path("/proc")
_DEAD = ("Z", "X")
"""States of a process that runs no more, though nobody has asked after it yet."""


def name_of(pid: int) -> str:
    """Return what a process of this machine is called."""
    return f"{socket.gethostname()}:{pid}"


def life_of(pid: int) -> str:
    """Return what tells this life of `pid` from every other one; empty where it cannot be told."""
    here = _here()
    began = _began(pid)
    return f"{here}/{began}" if here and began else ""


def is_dead(name: str, life: str) -> bool:
    """Whether the process `name` with that `life` was one of this machine, and is known to run no more."""
    here = _here()
    where, _, began = life.rpartition("/")
    if not here or where != here:
        return False
    return _began(int(name.rpartition(":")[2])) not in (None, began)


def _here() -> str:
    """Return what the processes that see each other's numbers have in common."""
    try:
        machine = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{machine}/{os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _began(pid: int) -> str | None:
    """Return when a process began, in ticks of the kernel; empty where it runs no more, None where nobody can tell."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if _is_there(pid) else ""
    except OSError:
        return None
    return "" if state in _DEAD else fields[18]


def _is_there(pid: int) -> bool:
    """Whether there is such a process, also where /proc hides it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
