"""The records that tests of the display look at."""

import pytest

from signals.learner.run import ModelRun
from tests.support.scored_models import GappedCourse, scored_course


@pytest.fixture(scope="session")
def course() -> GappedCourse:
    return scored_course()


@pytest.fixture(scope="session")
def runs(course: GappedCourse) -> list[ModelRun]:
    """Models that learn, know, pay, fade and are retired, after 42 sessions."""
    return course.learner.runs
