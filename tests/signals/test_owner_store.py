"""What the owner of a person asks of their signals: one record that cannot be read takes none of the others with it."""

import pytest

from accounts.models import User
from signals.models import SignalFact, SignalRecord
from signals.owner_store import read_pending
from signals.predictors.rules import AlwaysUp, LastSign
from tests.signals.honesty.market import make_tape
from tests.signals.stored_course import StoredCourse


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com", "a long enough one").pk


def test_a_record_that_cannot_be_read_is_told_and_leaves_the_others(alice, caplog):
    StoredCourse(make_tape(5, 1, 4), [AlwaysUp(), LastSign()]).store(alice)
    facts = SignalFact.objects.filter(person=alice)
    for row in facts.filter(about="outcome", model="last sign").order_by("-bar")[:3]:
        row.delete()
    pending = list(facts.filter(about="signal", model="last sign").order_by("bar"))[-3:]
    assert [one.fact.bar for one in read_pending(alice) if one.batch] == [row.bar for row in pending]
    SignalRecord.objects.filter(person=alice, digest=pending[1].digest).update(data=b"TDS1")
    found = read_pending(alice)
    assert [one.fact.bar for one in found] == [row.bar for row in pending]
    assert [one.batch is None for one in found] == [False, True, False]
    assert f"what last sign 1 said at {pending[1].bar} cannot be read" in caplog.text
