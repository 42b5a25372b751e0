"""Brings the database up to date, as the owner of its tables and with all the time that takes."""

import contextlib
import typing

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from config import databases

REFUSED = (
    "The role that opened the database may not change its tables. Name the role that owns them in "
    "MIGRATION_DATABASE_URL. PostgreSQL says: {}"
)


class Command(migrate.Command):
    """Django's own, but no statement of it is too late. A lock that somebody else keeps still ends it."""

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Migrate without the deadlines of a page. Raises CommandError where the role may not."""
        alias = options["database"]
        owner = settings.MIGRATION_DATABASE if alias == DEFAULT_DB_ALIAS else None
        with databases.connected_as(owner), getattr(connections[alias], "unhurried", contextlib.nullcontext)():
            try:
                super().handle(*args, **options)
            except DatabaseError as error:
                if databases.is_refused(error):
                    raise CommandError(REFUSED.format(error)) from error
                raise
