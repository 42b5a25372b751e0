"""`manage.py restore` with SQLite: what it leaves is the desk's to write, and what it refuses stays as it was."""

import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import typing

import pytest

from config.env import BASE_DIR
from config.processes.running import Running
from tests.support.desk import clean_environment, run

pytestmark = pytest.mark.process

NOBODY = 65534
SOMEBODY = NOBODY if os.getuid() == 0 else os.getuid()
"""Whose desk it is. Root restores for another user; another user for themself alone."""
WRITE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as opened:
    opened.execute("PRAGMA journal_mode = WAL")
    opened.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'written')")
"""


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    """A backup as the desk's page makes it, with a row that says so."""
    var = tmp_path_factory.mktemp("var")
    run(["manage.py", "migrate", "--verbosity", "0"], clean_environment() | {"VAR_DIR": str(var)})
    file = tmp_path_factory.mktemp("backups") / "tapedeck.sqlite3"
    with contextlib.closing(sqlite3.connect(var / "db/tapedeck.sqlite3")) as desk:
        mark(desk, "of the backup")
        with contextlib.closing(sqlite3.connect(file)) as copy:
            desk.backup(copy)
    file.chmod(0o600)
    return file


@pytest.fixture
def var():
    """The folder of another user's desk, which that user can reach, before the desk ever ran."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-restore-"))
    folder.chmod(0o755)
    (folder / "var").mkdir(mode=0o700)
    os.chown(folder / "var", SOMEBODY, SOMEBODY if os.getuid() == 0 else -1)
    yield folder / "var"
    shutil.rmtree(folder)


def mark(database: sqlite3.Connection, text: str) -> None:
    database.execute("INSERT INTO django_content_type (app_label, model) VALUES ('mark', ?)", [text])
    database.commit()


def marks(file: pathlib.Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return [row[0] for row in database.execute("SELECT model FROM django_content_type WHERE app_label = 'mark'")]


def restore(var: pathlib.Path, file: object, stdin: int | typing.IO[bytes] = subprocess.DEVNULL) -> tuple[int, str]:
    """The code that `manage.py restore` ends with, and what it says."""
    environment = clean_environment() | {"VAR_DIR": str(var)}
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        cwd=BASE_DIR, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def written(var: pathlib.Path) -> None:
    """Write to the database as the desk's user does."""
    command = [sys.executable, "-c", WRITE, str(var / "db/tapedeck.sqlite3")]
    done = subprocess.run(command, user=SOMEBODY, cwd="/", capture_output=True, text=True)
    assert not done.returncode, done.stderr


def is_theirs(path: pathlib.Path, mode: int) -> bool:
    found = path.stat()
    return (found.st_uid, stat.S_IMODE(found.st_mode)) == (SOMEBODY, mode)


def test_what_root_restores_on_a_new_machine_is_the_desks_to_write(var, backup):
    code, said = restore(var, backup)
    assert code == 0, said
    assert is_theirs(var / "db", 0o700)
    assert is_theirs(var / "db/tapedeck.sqlite3", 0o600)
    assert [path.name for path in (var / "db").iterdir()] == ["tapedeck.sqlite3"]
    assert marks(var / "db/tapedeck.sqlite3") == ["of the backup"]
    written(var)


def test_a_folder_that_root_made_becomes_the_desks(var, backup):
    (var / "db").mkdir(mode=0o755)
    (var / "db/tapedeck.sqlite3").touch()
    assert restore(var, backup)[0] == 0
    assert is_theirs(var / "db", 0o700)
    written(var)


def test_it_reads_by_stdin_what_the_desks_user_may_not(var, backup):
    with backup.open("rb") as opened:
        code, said = restore(var, "-", opened)
    assert code == 0, said
    assert marks(var / "db/tapedeck.sqlite3") == ["of the backup"]


def test_it_restores_by_the_line_that_the_page_on_operations_has(var, backup, tmp_path):
    (line,) = re.findall(
        r"^(deploy/as-desk restore - <) /", (BASE_DIR / "docs/operations.md").read_text(), re.MULTILINE
    )
    (tmp_path / "secret_key").write_text("0123456789" * 6)
    (tmp_path / "tapedeck.env").write_text("ENVIRONMENT=production\nALLOWED_HOSTS=desk.test\n")
    given = {
        "TAPEDECK_CODE": str(BASE_DIR), "TAPEDECK_ETC": str(tmp_path), "TAPEDECK_USER": str(SOMEBODY),
        "VAR_DIR": str(var), "RUN_DIR": str(var.parent / "run"),
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", f"{line} {backup}"], cwd=BASE_DIR, env=clean_environment() | given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert is_theirs(var / "db/tapedeck.sqlite3", 0o600)
    written(var)


def test_the_former_database_is_kept_whole_under_a_name_that_is_said(var, backup):
    assert restore(var, backup)[0] == 0
    file = var / "db/tapedeck.sqlite3"
    left_open = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode = WAL'); "
    left_open += "c.execute(\"UPDATE django_content_type SET model = 'former' WHERE app_label = 'mark'\"); c.commit(); "
    killed = [sys.executable, "-c", left_open + "import os; os.kill(os.getpid(), 9)", str(file)]
    subprocess.run(killed, user=SOMEBODY, cwd="/")
    assert pathlib.Path(f"{file}-wal").stat().st_size, "what was changed is beside the database alone"
    code, said = restore(var, backup)
    assert code == 0, said
    (former,) = (path for path in (var / "db").iterdir() if path != file)
    assert f"The former database is kept as {former}." in said
    assert marks(former) == ["former"]
    assert marks(file) == ["of the backup"]


def test_a_database_that_is_broken_is_kept_and_nothing_of_it_meets_the_next(var, backup):
    (var / "db").mkdir(mode=0o700)
    for end in ("", "-wal", "-shm"):
        (var / f"db/tapedeck.sqlite3{end}").write_text("no database" * 500)
    code, said = restore(var, backup)
    assert code == 0, said
    file = var / "db/tapedeck.sqlite3"
    (former,) = (path for path in (var / "db").iterdir() if path != file)
    assert former.read_text() == "no database" * 500
    assert marks(file) == ["of the backup"]


def test_what_stayed_of_a_database_that_is_gone_is_removed(var, backup):
    assert restore(var, backup)[0] == 0
    file = var / "db/tapedeck.sqlite3"
    file.unlink()
    pathlib.Path(f"{file}-wal").write_bytes(b"of another")
    assert restore(var, backup)[0] == 0
    assert [path.name for path in (var / "db").iterdir()] == ["tapedeck.sqlite3"]


# What is refused


@pytest.fixture
def ready(var, backup):
    """Such a desk, whose database says what it is."""
    assert restore(var, backup)[0] == 0
    with contextlib.closing(sqlite3.connect(var / "db/tapedeck.sqlite3")) as desk:
        desk.execute("DELETE FROM django_content_type WHERE app_label = 'mark'")
        mark(desk, "as it was")
    return var


def refused(var: pathlib.Path, file: object, says: str) -> None:
    """Check that it is refused, and that nothing changed by it."""
    code, said = restore(var, file)
    assert (code, says in said, "Traceback" in said) == (1, True, False), said
    assert [path.name for path in (var / "db").iterdir() if not path.name.endswith(("-wal", "-shm"))] == [
        "tapedeck.sqlite3"
    ]
    assert marks(var / "db/tapedeck.sqlite3") == ["as it was"]


def test_a_desk_that_runs_in_the_same_folder_is_not_restored(ready, backup):
    with Running(ready / "run"):
        refused(ready, backup, f"A desk runs already in {ready / 'run'}")


def test_a_desk_whose_processes_have_heartbeats_is_not_restored(ready, backup):
    with contextlib.closing(sqlite3.connect(ready / "db/tapedeck.sqlite3")) as desk:
        columns = {row[1]: "''" for row in desk.execute("PRAGMA table_info(streaming_storedhost)") if row[3]}
        told = columns | {
            "id": "'0123456789abcdef0123456789abcdef'", "name": "'elsewhere:7'", "started": "datetime('now')",
            "renewed": "datetime('now')", "load": "0", "willing": "1",
        }  # fmt: skip
        desk.execute(f"INSERT INTO streaming_storedhost ({', '.join(told)}) VALUES ({', '.join(told.values())})")  # noqa: S608 -- our own names
        desk.commit()
    refused(ready, backup, "The desk runs: elsewhere:7")


def test_a_database_that_somebody_has_open_is_not_replaced(ready, backup):
    with contextlib.closing(sqlite3.connect(ready / "db/tapedeck.sqlite3")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("SELECT count(*) FROM django_content_type").fetchall()
        refused(ready, backup, "Another process has")


def test_a_backup_that_is_cut_off_is_refused(ready, backup, tmp_path):
    cut = tmp_path / "cut.sqlite3"
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    refused(ready, cut, "SQLite says")


def test_a_backup_with_a_damaged_page_is_refused(ready, backup, tmp_path):
    damaged = tmp_path / "damaged.sqlite3"
    shutil.copy(backup, damaged)
    with contextlib.closing(sqlite3.connect(backup)) as opened:
        (size,) = opened.execute("PRAGMA page_size").fetchone()
        (page,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'auth_permission'").fetchone()
    with damaged.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xff" * size)
    refused(ready, damaged, "It is damaged; SQLite says")


def test_what_is_no_database_is_refused(ready, tmp_path):
    other = tmp_path / "other"
    other.write_text("facts, facts, facts" * 100)
    refused(ready, other, "file is not a database")
    other.write_text("")
    refused(ready, other, "It is no backup of a Tapedeck database")


def changed(backup: pathlib.Path, folder: pathlib.Path, order: str) -> pathlib.Path:
    """A copy of the backup in which something is otherwise."""
    copy = folder / "changed.sqlite3"
    shutil.copy(backup, copy)
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        opened.execute("PRAGMA journal_mode = DELETE")
        opened.execute(order)
        opened.commit()
    return copy


def test_a_backup_of_newer_code_is_refused(ready, backup, tmp_path):
    newer = "INSERT INTO django_migrations (app, name, applied) VALUES ('trading', '0999_later', '2030-01-01')"
    refused(
        ready,
        changed(backup, tmp_path, newer),
        "made by newer code than this: 1 of its migrations are unknown here (trading.0999_later)",
    )


def test_a_backup_that_lacks_a_table_is_refused(ready, backup, tmp_path):
    lacking = changed(backup, tmp_path, "DROP TABLE trading_fill")
    refused(ready, lacking, "It is not whole: 1 of its tables are missing (trading_fill)")


def test_the_file_of_a_running_database_is_no_backup(ready, backup, tmp_path):
    live = changed(backup, tmp_path, "PRAGMA user_version = 1")
    pathlib.Path(f"{live}-wal").write_text("half of it")
    refused(ready, live, "which is the file of a running database and no backup")


def test_a_file_that_is_not_there_is_named(ready, tmp_path):
    refused(ready, tmp_path / "gone", f"{tmp_path / 'gone'} cannot be read: No such file or directory.")


def test_a_folder_that_may_not_be_written_is_named(ready, backup):
    """As root the process becomes the folder's owner, so the folder is made another's."""
    if os.getuid() == 0:
        os.chown(ready / "db", 1, 1)
    else:
        (ready / "db").chmod(0o500)
    try:
        code, said = restore(ready, backup)
    finally:
        os.chown(ready / "db", SOMEBODY, -1)
        (ready / "db").chmod(0o700)
    assert code == 1
    assert "Permission denied. Run it as root, or as the user whose desk it is." in said
    assert "Traceback" not in said


def test_an_older_backup_is_restored_and_says_what_it_lacks(ready, backup, tmp_path):
    older = tmp_path / "older"
    older.mkdir()
    (older / "db").mkdir()
    shutil.copy(backup, older / "db/tapedeck.sqlite3")
    environment = clean_environment() | {"VAR_DIR": str(older)}
    run(["manage.py", "migrate", "trading", "0003", "--verbosity", "0"], environment)
    code, said = restore(ready, older / "db/tapedeck.sqlite3")
    assert code == 0, said
    assert "This code is newer: run `manage.py migrate` (1 migrations)." in said
