"""Brings the database up to date, with all the time that takes."""

import contextlib
import typing

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Django's own, but no statement of it is too late. A lock that somebody else keeps still ends it."""

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Migrate without the deadlines of a page."""
        connection = connections[options["database"]]
        with getattr(connection, "unhurried", contextlib.nullcontext)():
            super().handle(*args, **options)
