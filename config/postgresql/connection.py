"""A connection to PostgreSQL whose every answer has a deadline."""

import typing

import psycopg
from psycopg.pq import TransactionStatus

ANSWER_S = 20.0
"""How long an answer may take: longer than the server's own statement_timeout, which says more."""


class Connection(psycopg.Connection[typing.Any]):
    """A connection that is closed when an answer takes longer than `answer_s`. Raises OperationalError then."""

    answer_s: float | None = ANSWER_S

    def wait(self, gen: typing.Any, *args: typing.Any, **options: typing.Any) -> typing.Any:
        """Wait for what `gen` waits for, but not for ever."""
        try:
            return super().wait(gen, *args, **{"timeout": self.answer_s, **options})
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server gave no answer within {self.answer_s:g} s") from error
