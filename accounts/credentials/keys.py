"""The private keys of this desk: from CREDENTIAL_KEYS, else from a key file made on first use.

The file holds a key per line, the current one first. It is replaced as a whole, and read again when it was, so running
processes take a new key up with whatever they seal or open next.
"""

import contextlib
import fcntl
import functools
import os
import pathlib
import secrets
import stat
import typing

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from accounts.credentials.encryption import Key, PublicKey, new_key
from lib import redaction

FILE = "credential_key"
"""In KEY_DIR, which is apart from the database: a backup of the database's folder opens nothing."""


def private_keys() -> tuple[Key, ...]:
    """Return all keys, the current one first. Raises ImproperlyConfigured that names CREDENTIAL_KEYS."""
    texts = configured()
    return _parsed(texts, "CREDENTIAL_KEYS") if texts else _of_file(key_file())


def public_key() -> PublicKey:
    """Return the key that new credentials are sealed with."""
    return private_keys()[0].public


@contextlib.contextmanager
def locked() -> typing.Iterator[None]:
    """Keep the keys as they are while something is sealed and saved, so that no key is retired in between.

    Keys of CREDENTIAL_KEYS change with a restart only.
    """
    if configured():
        yield
        return
    with _lock(fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def _lock(kind: int) -> typing.Iterator[None]:
    file = key_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(
        file.with_name(f".{file.name}.lock"), "w", opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as lock:
        fcntl.flock(lock, kind)
        yield


def configured() -> tuple[str, ...]:
    """Return the keys of CREDENTIAL_KEYS, unread."""
    return tuple(text for part in settings.CREDENTIAL_KEYS.split(",") if (text := part.strip()))


def key_file() -> pathlib.Path:
    """Return where the key is kept when CREDENTIAL_KEYS is not set. Refuses a place beside the database."""
    file = pathlib.Path(settings.KEY_DIR) / FILE
    database = settings.DATABASES["default"]
    folder = pathlib.Path(database["NAME"]).resolve().parent if database["ENGINE"].endswith("sqlite3") else None
    if folder is not None and folder in file.resolve().parents:
        raise ImproperlyConfigured(
            f"The key file {file} would lie in the folder of the database, whose backup could then be opened. "
            "Move the database (DATABASE_URL), or give the keys in CREDENTIAL_KEYS."
        )
    return file


@functools.cache
def _parsed(texts: tuple[str, ...], source: str) -> tuple[Key, ...]:
    keys = []
    for number, text in enumerate(texts, 1):
        try:
            keys.append(Key.parse(text))
        except ValueError:
            # Not chained: what was wrong with a key would be quoted in the traceback.
            raise ImproperlyConfigured(
                f"{source}: key {number} of {len(texts)} is not the base64 of 32 bytes (its value is not shown)."
            ) from None
    return tuple(keys)


def _of_file(file: pathlib.Path) -> tuple[Key, ...]:
    """Return the keys kept in `file`, one made there on first use."""
    if not file.exists():
        _make(file)
    found = file.stat()
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ImproperlyConfigured(f"The key file {file} can be read by others; run: chmod 600 {file}")
    return _read(file, (found.st_ino, found.st_mtime_ns, found.st_size))


@functools.lru_cache(maxsize=1)
def _read(file: pathlib.Path, version: tuple[int, int, int]) -> tuple[Key, ...]:
    """Return the keys of `file`, which has not been replaced while `version` is the same."""
    texts = tuple(file.read_text().split())
    redaction.register(texts)
    return _parsed(texts, f"The key file {file}")


def add_current() -> Key:
    """Make a new key the current one of the key file; those before it still open. Raises ImproperlyConfigured."""
    if configured():
        raise ImproperlyConfigured(
            "The keys are in CREDENTIAL_KEYS, which no command can change for running processes."
        )
    file = key_file()
    with _lock(fcntl.LOCK_EX):
        _of_file(file)  # made now, if there is none; refused, if others can read it
        _replace(file, [new_key(), *file.read_text().split()])
        return _of_file(file)[0]


def retire(in_use: typing.Callable[[], typing.Collection[str]]) -> list[str]:
    """Drop every key of the key file but the current one; return the dropped ones' ids.

    `in_use` returns the ids of the keys that anything is sealed for; it is asked while nobody can seal. Raises
    ImproperlyConfigured when a key that would be dropped is among them.
    """
    if configured():
        raise ImproperlyConfigured("The keys are in CREDENTIAL_KEYS; take the old ones out there, and restart.")
    file = key_file()
    with _lock(fcntl.LOCK_EX):
        old = _of_file(file)[1:]
        if needed := {key.id for key in old} & set(in_use()):
            raise ImproperlyConfigured(f"Something is still sealed for the old key {', '.join(sorted(needed))}.")
        _replace(file, file.read_text().split()[:1])
    return [key.id for key in old]


def _make(file: pathlib.Path) -> None:
    """Write a new key to `file`: mode 0600, whole or not at all, and never over one that is there."""
    draft = _draft(file, [new_key()])
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process made it first; its key is the desk's
    finally:
        draft.unlink()


def _replace(file: pathlib.Path, texts: list[str]) -> None:
    """Write keys over those in `file`: at once or not at all, also for whoever reads it meanwhile."""
    _draft(file, texts).replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(file: pathlib.Path, texts: list[str]) -> pathlib.Path:
    """Write keys to a file of their own beside `file`, for its owner alone (mode 0600)."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as opened:
        opened.write("\n".join(texts))
        opened.flush()
        os.fsync(opened.fileno())
    return draft


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Tell at start, rather than at the first link, that the keys cannot be used. Makes none."""
    try:
        if configured() or key_file().exists():
            private_keys()
    except (ImproperlyConfigured, OSError) as error:
        return [checks.Critical(str(error), id="accounts.C001")]
    return []
