"""A SQLite database in virtual time, that is away when a trial says so.

Its connections are real. Its clock is that of the process, which `tests.support.virtual_time` moves; while it is away
every statement and every commit fails as those of a server that does not answer.
"""

import contextlib
import datetime
import typing
from collections.abc import Iterator

from django.db import OperationalError
from django.db.backends.signals import connection_created

from streaming.ledger.ledger import Database


def _strftime(form: str, moment: str) -> str:
    """Say what time it is, to ms, as SQLite does."""
    assert (form, moment) == ("%Y-%m-%d %H:%M:%f", "NOW")
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


class VirtualDatabase:
    """The database of a trial; have it `installed` before anybody connects."""

    def __init__(self, settings: Database) -> None:
        self.settings = settings
        self.is_away = False
        self.loses_answers = False
        """Whether it stores what it is given, and cannot say so any more."""
        self.refused = 0

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Be asked by every connection to it that is made while the block runs."""
        connection_created.connect(self._prepare)
        try:
            yield
        finally:
            connection_created.disconnect(self._prepare)

    def _prepare(self, connection: typing.Any, **_: typing.Any) -> None:
        if connection.settings_dict["NAME"] != self.settings["NAME"]:
            return
        connection.connection.create_function("strftime", 2, _strftime)
        connection.connection.execute("PRAGMA synchronous=OFF")
        if self._run not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._run)
            commit = connection._commit
            connection._commit = lambda: self._commit(commit)

    def _run(self, execute: typing.Any, *given: typing.Any) -> typing.Any:
        self._check()
        return execute(*given)

    def _commit(self, commit: typing.Callable[[], None]) -> None:
        self._check()
        commit()
        if self.loses_answers:
            self.refused += 1
            raise OperationalError("the connection broke before the answer came")

    def _check(self) -> None:
        if self.is_away:
            self.refused += 1
            raise OperationalError("the database is away")
