"""Django's engine for PostgreSQL, for a server that may freeze or restart: answers have deadlines, pools a broom.

Django and psycopg leave two gaps. A server whose kernel answers while it does not (a stalled disk, a stopped process)
keeps a statement waiting for ever, for its own timeouts are frozen with it. And a pool full of connections to a server
that restarted hands them out one by one, with growing pauses, to people who wait.
"""

import contextlib
import types
import typing

import psycopg
import psycopg_pool
from django.db.backends.postgresql import base

from config.postgresql.connection import ANSWER_S, Connection

OF_A_HURRY = ("statement_timeout", "idle_in_transaction_session_timeout")
"""What ends a connection of a page that takes too long."""


class Driver(types.ModuleType):
    """The driver as Django knows it, psycopg, which connects with deadlines."""

    connect = staticmethod(Connection.connect)

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's way to PostgreSQL."""

    Database = Driver("psycopg")

    def get_new_connection(self, conn_params: dict[str, typing.Any]) -> typing.Any:
        """Return a connection that works. When one of the pool does not, all that rest there are replaced."""
        connection = super().get_new_connection(conn_params)
        if self.pool is None:
            return connection
        try:
            psycopg_pool.ConnectionPool.check_connection(connection)
        except psycopg.Error:
            self.pool.putconn(connection)
            self.pool.drain()
            connection = super().get_new_connection(conn_params)
        return connection

    @contextlib.contextmanager
    def unhurried(self) -> typing.Iterator[None]:
        """Let statements and transactions take their time for as long as the `with`, as a migration needs."""
        with self.cursor() as cursor:
            cursor.execute("".join(f"SET {name} = 0; " for name in OF_A_HURRY))
        self.connection.answer_s = None
        try:
            yield
        finally:
            if self.connection is not None and self.is_usable():
                self.connection.answer_s = ANSWER_S
                with self.cursor() as cursor:
                    cursor.execute("".join(f"RESET {name}; " for name in OF_A_HURRY))
