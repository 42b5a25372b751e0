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
    """Whether the process `name` with that `life` was one of this machine, and runs no more."""
    here = _here()
    if not here or life.rpartition("/")[0] != here:
        return False
    return life_of(int(name.rpartition(":")[2])) != life


def _here() -> str:
    """Return what the processes that see each other's numbers have in common."""
    try:
        machine = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{machine}/{os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _began(pid: int) -> str:
    """Return when a process began, in ticks of the kernel; empty where it runs no more."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in _DEAD else fields[18]
