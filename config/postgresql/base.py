"""Django's engine for PostgreSQL, for a server that may freeze or restart: answers have deadlines, pools a broom.

Django and psycopg leave two gaps. A server whose kernel answers while it does not (a stalled disk, a stopped process)
keeps a statement waiting for ever, for its own timeouts are frozen with it. And a pool full of connections to a server
that restarted hands them out one by one, with growing pauses, to people who wait.
"""

import types
import typing

import psycopg
import psycopg_pool
from django.db.backends.postgresql import base

from config.postgresql.connection import Connection


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
