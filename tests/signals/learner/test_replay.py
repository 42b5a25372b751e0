"""What is said can be repeated from what was known then; what cannot is found."""

import itertools

import pytest

from signals.learner.replay import LookAhead, find_look_ahead, find_unexplained
from signals.predictors.logistic import OnlineLogistic
from signals.predictors.rules import Momentum
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import online

PRICES = [100.0, 101.0, 100.5, 102.0, 99.0, 103.0]


def returns(prices):
    """The last return at each bar."""
    pairs = itertools.pairwise([prices[0], *prices])
    return [{"return_1": [new / old - 1]} for old, new in pairs]


def test_a_feature_of_the_past_is_the_same_on_every_prefix():
    assert find_look_ahead(returns, PRICES) is None


def test_a_mean_over_the_whole_frame_is_found():
    def normalised(prices):
        mean = sum(prices) / len(prices)
        return [{"return_1": [0.0], "level": [price / mean]} for price in prices]

    assert find_look_ahead(normalised, PRICES) == LookAhead(0, "level")


def test_a_shift_the_wrong_way_is_found_where_it_begins():
    def shifted(prices):
        return [*returns(prices)[1:], {"return_1": [None]}]

    assert find_look_ahead(shifted, PRICES) == LookAhead(0, "return_1")


class Peeking(OnlineLogistic, kw_only=True):
    """Looks at prices that it was not given."""

    def predict(self, features, q):
        self.rate += 1e-6 * next(LEAK)
        return super().predict(features, q)


LEAK = itertools.count()


@pytest.fixture
def kept():
    return []


def live(model, kept):
    Course(make_tape(2, 2, 3), [Momentum(), model], keep=lambda fact, content: kept.append((fact, content))).run()


def test_every_statement_follows_from_the_record(kept):
    live(online(), kept)
    assert find_unexplained(online(), kept) is None
    assert find_unexplained(Momentum(), kept) is None


def test_a_model_that_knows_more_than_it_was_given_is_found(kept):
    live(Peeking(uses=("return_1", "planted")), kept)
    found = find_unexplained(Peeking(uses=("return_1", "planted")), kept)
    assert found is not None
    assert found.place > 0


def test_a_model_with_other_parameters_is_found(kept):
    live(online(), kept)
    assert find_unexplained(OnlineLogistic(uses=online().uses, rate=0.03), kept) is not None
