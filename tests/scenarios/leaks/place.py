"""Where the door to the books of a process is, and how to look in."""

import json
import pathlib
import socket

Book = dict[str, dict[str, float]]
"""What a process holds, by chapter and kind."""
FILES = "files"
"""The chapter that tells which file took how much memory. It judges nothing: it says where to look."""
VARIABLES = {"DJANGO_SETTINGS_MODULE": "tests.scenarios.leaks.settings", "LOG_LEVEL": "INFO"}
"""What a desk is started with to have such doors."""
WITHIN_S = 10.0
"""How long it may take to answer."""


def path(run_dir: pathlib.Path, pid: int) -> pathlib.Path:
    """Return where the door of a process is."""
    return run_dir / f"books-{pid}.sock"


def look(run_dir: pathlib.Path, pid: int) -> Book:
    """Return the book of a process."""
    with socket.socket(socket.AF_UNIX) as line, line.makefile("rb") as told:
        line.settimeout(WITHIN_S)
        line.connect(str(path(run_dir, pid)))
        book: Book = json.loads(told.read())
        return book
