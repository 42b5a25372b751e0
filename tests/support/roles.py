"""A PostgreSQL that knows the two roles of deploy/postgresql/roles.sql, each by its password."""

import os
import pathlib
import subprocess
import typing

import psycopg
from psycopg import sql

from config.env import BASE_DIR
from tests.scenarios.faults.servers import PostgreSQL
from tests.support.backends import postgresql_programs

ROLES = BASE_DIR / "deploy/postgresql/roles.sql"
OWNER, DESK = "tapedeck_owner", "tapedeck_desk"
PASSWORDS = {OWNER: "owner's $word", DESK: "desk's: word"}
"""With characters that a shell, SQL and URLs read otherwise."""
URL_PASSWORDS = {OWNER: "owner%27s%20%24word", DESK: "desk%27s%3A%20word"}


class ServerWithRoles(PostgreSQL):
    """A server on which both roles must say their passwords, and whose superuser need not."""

    def __enter__(self) -> typing.Self:
        super().__enter__()
        rules = self.folder / "data/pg_hba.conf"
        rules.write_text(f"host all {OWNER},{DESK} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self.ask("SELECT pg_reload_conf()")
        (self.folder / "owner_password").write_text(f"{PASSWORDS[OWNER]}\n")
        (self.folder / "desk_password").write_text(f"{PASSWORDS[DESK]}\n")
        return self

    def make_database(self, name: str) -> str:
        """Make an empty database and its roles; return its name."""
        self.create_database(name)
        self.make_roles(name)
        return name

    def create_database(self, name: str) -> None:
        """Make an empty database, the superuser's."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def make_roles(self, name: str, passwords: pathlib.Path | None = None) -> None:
        """Run deploy/postgresql/roles.sql as the superuser. Raises RuntimeError with what psql says."""
        programs = postgresql_programs()
        assert programs is not None
        done = subprocess.run(
            [programs / "psql", "--no-psqlrc", "--quiet", "--dbname", self.address(name), "--file", ROLES],
            env={**os.environ, "PASSWORDS": str(passwords or self.folder)}, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)

    def address(self, name: str, role: str = "") -> str:
        """Return the URL of a database for a role; without one for the superuser."""
        who = f"{role}:{URL_PASSWORDS[role]}" if role else "tapedeck"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{name}"
