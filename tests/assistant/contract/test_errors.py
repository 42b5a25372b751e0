"""What a program is told of a failure, by its kind."""

from assistant.contract import errors
from streaming.ledger.errors import AwayError, SinkError


def refuse(facts):
    """Stand for a sink."""


def test_an_absent_database_is_one_to_come_back_to():
    found = errors.translate(AwayError("it hangs"))
    assert found is not None
    assert (found.code, found.detail) == ("unavailable", "The database is away. Come again.")


def test_a_sink_that_fails_is_no_absent_database():
    assert errors.translate(SinkError(refuse)) is None  # so it is logged, and told as a failure of the desk's own
