"""`manage.py restore` with PostgreSQL: all of a dump is there, or nothing changed; then the desk's role writes it."""

import os
import pathlib
import shutil
import subprocess
import sys

import psycopg
import pytest

from config.env import BASE_DIR
from tests.support.backends import postgresql_programs
from tests.support.desk import clean_environment, run
from tests.support.roles import DESK, OWNER, PASSWORDS, ServerWithRoles

SERVERS = [ServerWithRoles] if postgresql_programs() else []
"""Where there is none, `make test-matrix` says so."""
pytestmark = pytest.mark.process


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    """A server with both roles."""
    with request.param() as running:
        yield running


def environment(server, name, var) -> dict[str, str]:
    """That of a desk with both roles, on the database `name`."""
    roles = {"DATABASE_URL": server.address(name, DESK), "MIGRATION_DATABASE_URL": server.address(name, OWNER)}
    return clean_environment() | {"VAR_DIR": str(var)} | roles


@pytest.fixture(scope="module")
def migrated(server, tmp_path_factory):
    """A migrated database that says what it is, and that others begin as a copy of."""
    name = server.make_database("migrated")
    run(["manage.py", "migrate", "--verbosity", "0"], environment(server, name, tmp_path_factory.mktemp("var")))
    mark(server, name, "of the backup")
    return name


@pytest.fixture(scope="module")
def dump(server, migrated, tmp_path_factory):
    """A dump as the page on operations makes it, by the desk's role."""
    file = tmp_path_factory.mktemp("backups") / "tapedeck.dump"
    return dumped(server, migrated, file, "--schema=public", role=DESK)


@pytest.fixture
def desk(server, migrated, tmp_path, request):
    """The database of a desk that says what it is, and the desk's environment."""
    name = f"desk_{abs(hash(request.node.name))}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}".encode())
    server.make_roles(name)
    mark(server, name, "as it was")
    return name, environment(server, name, tmp_path / "var")


def dumped(server: ServerWithRoles, name: str, file: pathlib.Path, *options: str, role: str = OWNER) -> pathlib.Path:
    programs = postgresql_programs()
    assert programs is not None
    command = [str(programs / "pg_dump"), "--format=custom", f"--file={file}", *options, server.address(name, role)]
    subprocess.run(command, check=True)
    return file


def mark(server, name, text) -> None:
    """Have the database say `text`, and nothing else."""
    with psycopg.connect(server.address(name)) as connection:
        connection.execute("DELETE FROM django_content_type WHERE app_label = 'mark'")
        connection.execute("INSERT INTO django_content_type (app_label, model) VALUES ('mark', %s)", [text])


def marks(server, name, schema="public") -> list[str]:
    with psycopg.connect(server.address(name)) as connection:
        connection.execute(f"SET search_path = {schema}".encode())
        found = connection.execute("SELECT model FROM django_content_type WHERE app_label = 'mark'")
        return [row[0] for row in found]


def schemas(server, name) -> list[str]:
    with psycopg.connect(server.address(name)) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before%' OR nspname = 'public'"
        )
        return sorted(row[0] for row in found)


def restore(variables, file, stdin=subprocess.DEVNULL) -> tuple[int, str]:
    """The code that `manage.py restore` ends with, and what it says."""
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        cwd=BASE_DIR, env=variables, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert not [word for word in PASSWORDS.values() if word in done.stdout]
    return done.returncode, done.stdout


def refused(server, desk, file, says) -> None:
    """Check that it is refused, and that nothing changed by it."""
    name, variables = desk
    code, said = restore(variables, file)
    assert (code, says in said, "Traceback" in said) == (1, True, False), said
    assert schemas(server, name) == ["public"]
    assert marks(server, name) == ["as it was"]


def test_a_dump_takes_the_place_of_what_is_there_and_that_is_kept(server, desk, dump):
    name, variables = desk
    code, said = restore(variables, dump)
    assert code == 0, said
    before, public = schemas(server, name)
    assert public == "public"
    assert f"The former database is kept as schema {before}." in said
    assert marks(server, name) == ["of the backup"]
    assert marks(server, name, before) == ["as it was"]
    assert "migrate" not in said


def test_the_desks_role_writes_what_was_restored_and_the_owner_migrates_it(desk, dump):
    _, variables = desk
    assert restore(variables, dump)[0] == 0
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO django_content_type (app_label, model) VALUES ('a', 'written')")
        connection.execute("DELETE FROM accounts_user")
    run(["manage.py", "migrate", "trading", "0003", "--verbosity", "0"], variables)
    run(["manage.py", "migrate", "--verbosity", "0"], variables)


def test_an_empty_database_is_filled_through_a_pipe(server, dump, tmp_path):
    name = server.make_database("empty")
    with subprocess.Popen(["cat", dump], stdout=subprocess.PIPE) as pipe:
        code, said = restore(environment(server, name, tmp_path), "-", pipe.stdout)
    assert code == 0, said
    assert "The former" not in said
    assert schemas(server, name) == ["public"]
    assert marks(server, name) == ["of the backup"]


def test_a_dump_of_a_database_with_a_former_one_is_restored_without_that(server, desk, dump, tmp_path):
    name, variables = desk
    assert restore(variables, dump)[0] == 0
    (before, _) = schemas(server, name)
    mark(server, name, "once restored")
    twice = dumped(server, name, tmp_path / "twice")
    with psycopg.connect(server.address(name)) as connection:
        connection.execute(f"ALTER SCHEMA {before} RENAME TO before_all".encode())
    mark(server, name, "later")
    code, said = restore(variables, twice)
    assert code == 0, said
    assert marks(server, name) == ["once restored"]
    assert marks(server, name, "before_all") == ["as it was"]
    assert len(schemas(server, name)) == 3


def test_a_database_that_somebody_is_connected_to_is_not_replaced(server, desk, dump):
    with psycopg.connect(desk[1]["DATABASE_URL"]):
        refused(server, desk, dump, "1 other connections to the database are open")


def test_a_desk_whose_processes_have_heartbeats_is_not_restored(server, desk, dump):
    with psycopg.connect(server.address(desk[0])) as connection:
        connection.execute(
            "INSERT INTO streaming_storedhost (id, name, boot, kind, channel, layer, willing, load, started, renewed) "
            "VALUES (gen_random_uuid(), 'elsewhere:7', '', 'web', '', '', true, 0, now(), now())"
        )
    refused(server, desk, dump, "The desk runs: elsewhere:7")


def test_a_dump_that_is_cut_off_changes_nothing(server, desk, dump, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size * 9 // 10])
    refused(server, desk, cut, "pg_restore cannot read it: pg_restore: error")


def test_what_is_no_dump_changes_nothing(server, desk, tmp_path):
    (tmp_path / "other").write_text("facts" * 1000)
    refused(server, desk, tmp_path / "other", "pg_restore cannot read it: pg_restore: error: input file")


def test_a_dump_of_something_else_changes_nothing(server, desk, tmp_path):
    server.create_database("else_where")
    with psycopg.connect(server.address("else_where")) as connection:
        connection.execute("CREATE TABLE other (value int)")
    server.make_roles("else_where")
    refused(server, desk, dumped(server, "else_where", tmp_path / "dump"), "It is no backup of a Tapedeck database")


def test_a_dump_of_newer_code_changes_nothing(server, desk, tmp_path):
    name, _ = desk
    newer = "INSERT INTO django_migrations (app, name, applied) VALUES ('trading', '0999_later', now())"
    with psycopg.connect(server.address(name)) as connection:
        connection.execute(newer)
    dump = dumped(server, name, tmp_path / "dump")
    refused(
        server, desk, dump, "made by newer code than this: 1 of its migrations are unknown here (trading.0999_later)"
    )


def test_a_dump_that_lacks_a_table_changes_nothing(server, desk, migrated, tmp_path):
    lacking = dumped(server, migrated, tmp_path / "dump", "--exclude-table=trading_fill")
    refused(server, desk, lacking, "It is not whole: 1 of its tables are missing (trading_fill)")


def test_the_desks_role_alone_does_not_restore(server, desk, dump):
    name, variables = desk
    alone = {key: value for key, value in variables.items() if key != "MIGRATION_DATABASE_URL"}
    refused(server, (name, alone), dump, "PostgreSQL refused it: ERROR:  permission denied for database")


def test_programs_that_are_missing_are_named(server, desk, dump, tmp_path):
    name, variables = desk
    only = tmp_path / "bin"
    only.mkdir()
    (only / "psql").symlink_to(shutil.which("psql") or os.devnull)
    refused(server, (name, variables | {"PATH": str(only)}), dump, "pg_restore cannot be found. Install PostgreSQL's")


def test_a_server_that_is_away_is_said_to_be(server, desk, dump):
    away = {key: value.replace(f":{server.port}/", ":1/") for key, value in desk[1].items() if "DATABASE_URL" in key}
    code, said = restore(desk[1] | away, dump)
    assert code == 1
    assert "Nothing was restored: the database does not answer." in said
    assert "Traceback" not in said
