"""What is said of a symbol has a confidence once that was shown, by one model's record, and only until it is due."""

import pytest

from accounts.models import User
from signals.predictors.rules import AlwaysUp
from signals.statements import read_shown, read_statements
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature
from tests.signals.stored_course import StoredCourse

NEWEST = 40
"""Facts that are stored: those of the newest bars."""


@pytest.fixture(scope="module")
def course():
    """One that knows nothing, and two that know and are calibrated, by a record of 21 sessions."""
    models = [AlwaysUp(), PlantedFeature(name="elder", planted=0.2), PlantedFeature(name="younger", planted=0.2)]
    found = StoredCourse(make_tape(1, 21, 4, planted=0.2), models)
    assert [run.standing.state for run in found.runs] == ["learning", "knows", "knows"]
    return found


@pytest.fixture
def alice(db, course):
    person = User.objects.create_user("alice@example.com", "a long enough one").pk
    course.store(person, NEWEST)
    return person


def test_only_who_was_shown_to_be_calibrated_has_a_confidence(alice):
    found = read_statements(alice, "S1")
    assert [one.model for one in found] == ["always up", "elder", "younger"]
    idle, elder, _ = found
    assert idle.confidence is None
    assert elder.side == ("up" if elder.p > elder.q else "down")
    assert elder.confidence == (elder.p if elder.side == "up" else 1 - elder.p)


def test_the_eldest_that_knows_is_shown_and_not_the_boldest(alice, course):
    shown = read_shown(alice, course.newest_at)
    assert {*shown} == {"S0", "S1", "S2", "S3"}
    assert {one.model for one in shown.values()} == {"elder"}


def test_one_that_pays_comes_before_one_that_knows(db, course):
    person = User.objects.create_user("alice@example.com", "a long enough one").pk
    standing = course.runs[2].standing
    standing.state = "pays"
    try:
        course.store(person, NEWEST)
    finally:
        standing.state = "knows"
    assert {one.model for one in read_shown(person, course.newest_at).values()} == {"younger"}


def test_what_is_due_is_shown_no_more(alice, course):
    due = read_shown(alice, course.newest_at)["S0"].due
    assert read_shown(alice, due - 1) != {}
    assert read_shown(alice, due) == {}


def test_nobody_else_is_shown_any(alice, course):
    bob = User.objects.create_user("bob@example.com", "a long enough one").pk
    assert read_shown(bob, course.newest_at) == {}
    assert read_statements(bob, "S1") == []
