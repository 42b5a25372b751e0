"""A small seed of the law through real processes in the suite; `make alerts` has the others."""

import pytest

from tests.alerts.law import chaos
from tests.support import databases

pytestmark = pytest.mark.long


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """A database of the trial's own, in SQLite."""
    found = databases.sqlite(tmp_path / "law.sqlite3")
    with django_db_blocker.unblock():
        databases.found(found)
        yield found


def test_alerts_fire_once_however_their_owners_and_their_database_fail(database):
    found = chaos.suffered(0, 60, database, 10)
    assert found.verdict.wrong == []
    assert found.died == []
    assert sum(found.troubles.values()) >= 4
    assert found.verdict.expected > 50
