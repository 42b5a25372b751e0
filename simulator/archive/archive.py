"""The file in which simulated venues keep what they know, so that they go on from it when they are started again.

One table of records, each of a kind and under a key. What belongs together is written in one transaction, which a
process that is killed leaves whole or not at all. The file is its owner's alone: it holds tokens.
"""

import datetime
import os
import pathlib
import sqlite3
import typing

import msgspec

VERSION = 1
"""Of the records in a file. One of another version cannot be read."""
_APPLICATION = 0x7D_EC_C0_DE
_PRAGMAS = ("locking_mode = exclusive", "journal_mode = wal", "synchronous = normal")
_TABLE = """CREATE TABLE record (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (kind, key)
)"""
_PUT = "INSERT INTO record (kind, key, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"
_REMOVE = "DELETE FROM record WHERE kind = ? AND key = ?"
_ALL = "SELECT kind, key, body FROM record ORDER BY place"
_BEYOND_USE = ("not a database", "malformed")

T = typing.TypeVar("T")


class ArchiveError(Exception):
    """The file cannot be used; the text says why."""


class Unreadable(Exception):
    """What is in the file is damaged, or of another version; the text says which."""


class ArchiveRow(typing.NamedTuple):
    """A record to write. Without a body it is to be removed."""

    kind: str
    key: str
    body: bytes | None


class Archive:
    """An open file. Nobody else can open it meanwhile."""

    def __init__(self, path: pathlib.Path) -> None:
        """Open a file, or make it. Raises ArchiveError, and Unreadable."""
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from error
        try:
            self._start_file()
        except BaseException:
            self._database.close()
            raise

    def _start_file(self) -> None:
        try:
            for pragma in _PRAGMAS:
                self._database.execute(f"PRAGMA {pragma}")
            self._database.execute("BEGIN IMMEDIATE")
            version = self._header("application_id"), self._header("user_version")
            if version == (0, 0) and not self._database.execute("SELECT * FROM sqlite_master").fetchall():
                self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._database.execute(f"PRAGMA user_version = {VERSION}")
                self._database.execute(_TABLE)
            elif version != (_APPLICATION, VERSION):
                raise Unreadable(f"it is of version {version[1]}, not {VERSION}")
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _header(self, name: str) -> int:
        (found,) = self._database.execute(f"PRAGMA {name}").fetchone()
        return int(found)

    def read(self) -> dict[str, list[tuple[str, bytes]]]:
        """Return every record by its kind, with its key; oldest first. Raises ArchiveError, and Unreadable."""
        found: dict[str, list[tuple[str, bytes]]] = {}
        try:
            for kind, key, body in self._database.execute(_ALL):
                found.setdefault(kind, []).append((key, body))
        except sqlite3.Error as error:
            raise self._error(error) from error
        return found

    def write(self, rows: typing.Sequence[ArchiveRow]) -> None:
        """Write all of these, or none. Raises ArchiveError."""
        put = [row for row in rows if row.body is not None]
        removed = [(row.kind, row.key) for row in rows if row.body is None]
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(_PUT, put)
            self._database.executemany(_REMOVE, removed)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise ArchiveError(f"{self.path} cannot be written: {error}") from error

    def close(self) -> None:
        """Let it go."""
        self._database.close()

    def _error(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.DatabaseError) and any(words in str(error) for words in _BEYOND_USE):
            return Unreadable(str(error))
        if "locked" in str(error):
            return ArchiveError(f"{self.path} is used by another process. End that first.")
        return ArchiveError(f"{self.path} cannot be opened: {getattr(error, 'strerror', None) or error}")


def set_aside(path: pathlib.Path, now: datetime.datetime) -> pathlib.Path:
    """Give a file that cannot be read, and what SQLite keeps beside it, another name. Returns it."""
    aside = path.with_name(f"{path.name}.unreadable-{now:%Y%m%d-%H%M%S-%f}")
    for suffix in ("-wal", "-shm", ""):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.replace(aside.with_name(aside.name + suffix))
    return aside


class ArchiveTable(typing.Generic[T]):
    """The records of one kind: finds those that are other than they were written, and reads them back."""

    def __init__(self, kind: str, type: type[T]) -> None:
        self.kind = kind
        self._decoder = msgspec.msgpack.Decoder(type)
        self._written: dict[str, bytes] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._written

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self._written)

    def put(self, key: str, record: T) -> typing.Iterator[ArchiveRow]:
        """Yield a record, if it is new or another one by now."""
        body = _encode(record)
        if self._written.get(key) != body:
            self._written[key] = body
            yield ArchiveRow(self.kind, key, body)

    def put_all(self, records: typing.Mapping[str, T]) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed of these, and what was written and is not among them any more."""
        for key, record in records.items():
            yield from self.put(key, record)
        yield from self.remove_all_but(records)

    def remove_all_but(self, keys: typing.Mapping[str, object]) -> typing.Iterator[ArchiveRow]:
        """Yield what removes the records that have none of these keys."""
        for key in self._written.keys() - keys.keys():
            yield self.remove(key)

    def written(self, key: str) -> T | None:
        """Return a record as it was written last."""
        return self._decoder.decode(self._written[key]) if key in self._written else None

    def remove(self, key: str) -> ArchiveRow:
        """Return what removes a record."""
        self._written.pop(key, None)
        return ArchiveRow(self.kind, key, None)

    def release(self, key: str) -> None:
        """Compare a record no more: it will not change."""
        self._written.pop(key, None)

    def read(self, records: "Records") -> dict[str, T]:
        """Return the records of this kind, oldest first. Raises Unreadable."""
        found = {}
        for key, body in records.get(self.kind, ()):
            try:
                found[key] = self._decoder.decode(body)
            except msgspec.MsgspecError as error:
                raise Unreadable(f"its record {self.kind} {key}: {error}") from error
            self._written[key] = body
        return found


K = typing.TypeVar("K")
V = typing.TypeVar("V")


def find(known: typing.Mapping[K, V], key: typing.Any) -> V:
    """Return what a record speaks of. Raises Unreadable when there is no such thing."""
    if key not in known:
        raise Unreadable(f"it speaks of {key!r}, which is not in it")
    return known[key]


Records = typing.Mapping[str, typing.Sequence[tuple[str, bytes]]]
"""What a file held, by kind."""
_encode = msgspec.msgpack.Encoder().encode
