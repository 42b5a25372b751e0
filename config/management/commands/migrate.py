"""Brings the database up to date, with all the time that takes."""

import contextlib
import typing

from django.core.management.commands import migrate
from django.db import connections

from config.postgresql.base import DatabaseWrapper


class Command(migrate.Command):
    """Django's own, but no statement of it is too late. A lock that somebody else keeps still ends it."""

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Migrate without the deadlines of a page."""
        connection = connections[options["database"]]
        with connection.unhurried() if isinstance(connection, DatabaseWrapper) else contextlib.nullcontext():
            super().handle(*args, **options)
