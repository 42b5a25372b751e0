"""Restores a copy of an SQLite database: checked beside the one that is there, then put into its place at once."""

import contextlib
import datetime
import os
import pathlib
import secrets
import shutil
import sqlite3
import typing

from config import env
from config.backup import contents
from config.backup.contents import BackupError, Restored

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database while it is open."""
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
PRIMARY = 0xFF
"""The bits of an error code that are its kind."""


def restore(source: typing.IO[bytes], target: pathlib.Path, now: datetime.datetime) -> Restored:
    """Put the database that is read from `source` into the place of `target`, for its owner alone (mode 0600).

    `target` is one whole database or the other at any moment; the former is kept beside it, named by `now`. Raises
    BackupError, also where somebody has `target` open, and OSError.
    """
    env.private_folder(target.parent)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        _copy(source, draft)
        pending = _check(draft)
        former = _put_aside(target, target.with_name(f"{target.stem}.before-{now:%Y%m%dT%H%M%SZ}{target.suffix}"))
        draft.replace(target)
        _sync(target.parent)
    finally:
        for file in (draft, *_beside(draft)):
            file.unlink(missing_ok=True)
    return Restored(former, pending)


def _copy(source: typing.IO[bytes], draft: pathlib.Path) -> None:
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def _check(draft: pathlib.Path) -> int:
    """Check that the copy is whole and a desk's; return how many migrations of this code it lacks."""
    try:
        with contextlib.closing(sqlite3.connect(draft)) as opened:
            found = [row[0] for row in opened.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                raise BackupError(f"It is damaged; SQLite says: {'; '.join(found)}")
            tables = {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            has_any = "django_migrations" in tables
            applied = set(opened.execute("SELECT app, name FROM django_migrations")) if has_any else set()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"It is no whole SQLite database; SQLite says: {error}") from error
    return contents.check(applied, tables)


def _put_aside(target: pathlib.Path, former: pathlib.Path) -> str:
    """Give what is at `target` a second name, so that `target` can be replaced; return that, or nothing where none is.

    What lies beside `target` afterwards belongs to no database, and must not meet the next one.
    """
    if is_there := target.exists() and target.stat().st_size > 0:
        _join(target)
        os.link(target, former)
    for file in _beside(target):
        file.unlink(missing_ok=True)
    return str(former) if is_there else ""


def _join(target: pathlib.Path) -> None:
    """Write what stands beside the database into it, which takes that nobody else has it open.

    What is no database stays as it is. Raises BackupError where it is in use, or may not be written.
    """
    try:
        with contextlib.closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        kind = error.sqlite_errorcode & PRIMARY
        if kind in BUSY:
            raise BackupError(f"Another process has {target} open. Stop every process of the desk first.") from error
        if kind not in BROKEN:
            raise BackupError(f"{target} cannot be put aside; SQLite says: {error}") from error


def _beside(database: pathlib.Path) -> list[pathlib.Path]:
    return [pathlib.Path(f"{database}{end}") for end in BESIDE]


def _sync(folder: pathlib.Path) -> None:
    """Have the names in `folder` on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
