"""Puts a backup into the place of the desk's database."""

import argparse
import contextlib
import datetime
import pathlib
import stat
import sys
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError, connection

from config import databases
from config.backup import owner, postgresql, sqlite
from config.backup.contents import BackupError, Restored
from config.processes.running import LOCK, AlreadyRunningError, Running
from streaming.ownership import process_id, rows

STDIN = "-"
PRIVATE = 0o700
"""The mode of the folder of the database, where that is the desk's own."""


class Command(BaseCommand):
    help = (
        "Restores the database from FILE, a copy that `sqlite3 … .backup` or `pg_dump --format=custom` made. "
        "No process of the desk may run. The former database is kept, and it is said where."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add FILE."""
        parser.add_argument("file", metavar="FILE", help="the backup; - reads it from stdin")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Check that nothing runs, restore, and say what was done and what is left to do."""
        now = datetime.datetime.now(datetime.UTC)
        try:
            with self.opened(options["file"]) as source:
                owner.become_owner(settings.VAR_DIR, made())
                with self.alone(), databases.connected_as(settings.MIGRATION_DATABASE):
                    restored = self.restore(source, now)
        except (BackupError, AlreadyRunningError) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was restored: the database does not answer. It says: {error}") from error
        except OSError as error:
            hint = " Run it as root, or as the user whose desk it is." if isinstance(error, PermissionError) else ""
            where = error.filename or "The disk"
            raise CommandError(f"Nothing was restored. {where}: {error.strerror}.{hint}") from error
        self.report(options["file"], restored)

    @contextlib.contextmanager
    def opened(self, name: str) -> typing.Iterator[typing.IO[bytes]]:
        """Open the backup, while this process may still read it. Raises CommandError naming what keeps it."""
        if name == STDIN:
            yield sys.stdin.buffer
            return
        journal = pathlib.Path(f"{name}-wal")
        try:
            if journal.exists() and journal.stat().st_size:
                raise CommandError(
                    f"{journal} belongs to {name}, which is the file of a running database and no backup: half of it "
                    "may be in the other. Make a backup with sqlite3's .backup."
                )
            source = open(name, "rb")  # noqa: SIM115 -- what is read from it later has errors of its own
        except OSError as error:
            hint = " Give it as `restore - < FILE`." if isinstance(error, PermissionError) else ""
            raise CommandError(f"{name} cannot be read: {error.strerror}.{hint}") from error
        with source:
            yield source

    @contextlib.contextmanager
    def alone(self) -> typing.Iterator[None]:
        """Let no desk start in RUN_DIR meanwhile. A folder that is not there has none. Raises AlreadyRunningError."""
        with Running(settings.RUN_DIR) if settings.RUN_DIR.is_dir() else contextlib.nullcontext():
            yield

    def restore(self, source: typing.IO[bytes], now: datetime.datetime) -> Restored:
        """Restore into the database that this desk has. Raises BackupError, OSError and DatabaseError."""
        if connection.vendor == "postgresql":
            check_stopped()
            postgresql.check_alone()
            return postgresql.restore(source, now)
        target = file()
        if target.exists():
            check_stopped()
        if target.parent == settings.VAR_DIR / "db" and stat.S_IMODE(target.parent.stat().st_mode) != PRIVATE:
            target.parent.chmod(PRIVATE)
        return sqlite.restore(source, target, now)

    def report(self, name: str, restored: Restored) -> None:
        """Say what was done."""
        self.stdout.write(f"Restored {'what came by stdin' if name == STDIN else name}.")
        if connection.vendor == "sqlite":
            self.stdout.write(f"{file()} belongs to {owner.name_of_owner(file())}.")
        if restored.former:
            self.stdout.write(f"The former database is kept as {restored.former}.")
        if restored.pending:
            self.stdout.write(f"This code is newer: run `manage.py migrate` ({restored.pending} migrations).")
        self.stdout.write("Its links open with the keys of that time: `manage.py doctor` tries them.")


def file() -> pathlib.Path:
    """Return where the SQLite database of this desk is."""
    return pathlib.Path(connection.settings_dict["NAME"])


def made() -> list[pathlib.Path]:
    """Return what root may have made of a desk that is another user's: by reading its settings, or by copying."""
    found = [settings.KEY_DIR, settings.KEY_DIR / "secret_key", settings.RUN_DIR, settings.RUN_DIR / LOCK]
    if connection.vendor == "sqlite":
        found += [settings.VAR_DIR / "db", *(pathlib.Path(f"{file()}{end}") for end in ("", *sqlite.BESIDE))]
    return found


def check_stopped() -> None:
    """Raise BackupError naming the processes of the desk whose heartbeats the database has.

    One that cannot be read has none; whether anybody has it open is seen otherwise. Closes this thread's connection.
    """
    try:
        live = [row.name for row in rows.hosts() if row.live and not process_id.is_dead(row.name, row.boot)]
    except DatabaseError:
        return
    finally:
        connection.close()
    if live:
        raise BackupError(
            f"The desk runs: {', '.join(sorted(live))}. Stop every process first; one that was killed on another "
            "machine is missed after 20 s."
        )
