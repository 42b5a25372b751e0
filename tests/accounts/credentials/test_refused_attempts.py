"""Refused credentials are counted for a while, by person and for the whole desk."""

import pytest
from django.core.cache import cache

from accounts.credentials.refused_attempts import EACH_PERSON, NEWCOMERS, WHOLE_DESK, give_back, start_attempt


def test_a_person_has_so_many_attempts_at_each_venue():
    assert [start_attempt(1, "paper", is_newcomer=False) for _ in range(EACH_PERSON + 2)] == [True] * EACH_PERSON + [
        False
    ] * 2
    assert start_attempt(1, "other", is_newcomer=False)
    assert start_attempt(2, "paper", is_newcomer=False)


def test_everybody_together_has_so_many_attempts():
    people = range(1, WHOLE_DESK + 3)
    assert [start_attempt(person, "paper", is_newcomer=False) for person in people] == [True] * WHOLE_DESK + [False] * 2
    assert start_attempt(1, "other", is_newcomer=False)


def test_an_attempt_that_is_turned_away_counts_for_nobody():
    for _ in range(EACH_PERSON + WHOLE_DESK):
        start_attempt(1, "paper", is_newcomer=False)
    others = [start_attempt(2 + number // EACH_PERSON, "paper", is_newcomer=False) for number in range(WHOLE_DESK)]
    assert sum(others) == WHOLE_DESK - EACH_PERSON


def test_what_the_venue_did_not_refuse_is_given_back():
    for _ in range(EACH_PERSON * 3):
        assert start_attempt(1, "paper", is_newcomer=False)
        give_back(1, "paper", is_newcomer=False)


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_given_back_after_its_window_gains_nothing(count):
    assert start_attempt(1, "paper", is_newcomer=False)
    cache.clear()
    for _ in range(count):
        give_back(1, "paper", is_newcomer=False)
    assert [start_attempt(1, "paper", is_newcomer=False) for _ in range(EACH_PERSON + 1)] == [True] * EACH_PERSON + [
        False
    ]


def test_whoever_signs_up_to_have_credentials_refused_stops_nobody_who_has_a_link():
    newcomers = [start_attempt(1 + number // EACH_PERSON, "paper", is_newcomer=True) for number in range(WHOLE_DESK)]
    assert newcomers == [True] * NEWCOMERS + [False] * (WHOLE_DESK - NEWCOMERS)
    assert not start_attempt(99, "paper", is_newcomer=True)
    assert start_attempt(100, "paper", is_newcomer=False)
    give_back(1, "paper", is_newcomer=True)
    assert start_attempt(98, "paper", is_newcomer=True), "one that was not refused after all makes room"
