"""The online logistic predicts first, learns then, and finds what there is to be found."""

import math
import random

import pytest

from signals.predictors.logistic import OnlineLogistic


def test_before_it_learned_anything_it_abstains():
    assert OnlineLogistic(uses=("a",)).predict({"a": [3.0, None]}, [0.5, 0.52]) == pytest.approx([0.5, 0.52])


def test_one_step_is_the_mean_gradient_of_the_bar():
    model = OnlineLogistic(uses=("a",))
    model.learn({"a": [1.0, -3.0]}, [0.5, 0.5], [1.0, 0.0])
    assert model.weights == [pytest.approx(0.02 * (0.5 * 1 + 0.5 * 3) / 2), 0.0]
    model.learn({"a": [0.0]}, [0.5], [0.5])
    assert model.weights[0] == pytest.approx(0.02 * (1 - 0.02 * 1e-4))


def test_missing_is_a_flag_with_a_weight_of_its_own():
    model = OnlineLogistic(uses=("a",))
    model.learn({"a": [None]}, [0.5], [1.0])
    assert model.weights == [0.0, pytest.approx(0.01)]
    zero, missing = model.predict({"a": [0.0, None]}, [0.5, 0.5])
    assert zero == 0.5
    assert missing == pytest.approx(1 / (1 + math.exp(-0.01)))


def test_what_is_not_known_teaches_nothing():
    model, other = OnlineLogistic(uses=("a",)), OnlineLogistic(uses=("a",))
    model.learn({"a": [1.0, 5.0]}, [0.5, 0.5], [1.0, None])
    other.learn({"a": [1.0]}, [0.5], [1.0])
    assert model == other
    model.learn({"a": [1.0]}, [0.5], [None])
    assert model == other


def test_it_finds_a_weight():
    rng, model = random.Random(1), OnlineLogistic(uses=("a", "noise"))
    for _ in range(4_000):
        a, noise = ([rng.gauss(0, 1) for _ in range(8)] for _ in range(2))
        y = [float(rng.random() < 1 / (1 + math.exp(-0.8 * value))) for value in a]
        model.learn({"a": a, "noise": noise}, [0.5] * 8, y)
    assert model.weights[0] == pytest.approx(0.8, abs=0.2)
    assert model.weights[2] == pytest.approx(0, abs=0.15)


def test_nothing_is_said_for_certain():
    model = OnlineLogistic(uses=("a",), weights=[100.0, 0.0])
    assert model.predict({"a": [4.0, -4.0]}, [0.5, 0.5]) == [0.99, 0.01]


def test_what_exaggerates_is_taken_back_by_the_slope_of_its_past():
    rng, model = random.Random(2), OnlineLogistic(uses=("a",), weights=[1.0, 0.0], rate=0.0)
    for _ in range(500):
        a = [rng.gauss(0, 1) for _ in range(8)]
        y = [float(rng.random() < 1 / (1 + math.exp(-0.4 * value))) for value in a]
        model.learn({"a": a}, [0.5] * 8, y)
    (said,) = model.predict({"a": [1.0]}, [0.5])
    assert said == pytest.approx(1 / (1 + math.exp(-0.4)), abs=0.03)


@pytest.mark.parametrize(("horizon", "most"), [(1, 0.2), (12, 0.2)])
def test_of_luck_it_believes_little_also_where_outcomes_overlap(horizon, most):
    rng, model = random.Random(3), OnlineLogistic(uses=("a", "b"), horizon=horizon)
    steps = [rng.gauss(0, 1) for _ in range(4_000)]
    level, features = 0.0, []
    for place in range(4_000 - horizon):
        level = 0.9 * level + rng.gauss(0, 1)
        features.append({"a": [level], "b": [rng.gauss(0, 1)]})
        if place >= horizon:
            begun = place - horizon
            model.learn(features[begun], [0.5], [float(sum(steps[begun:place]) > 0)])
    assert model.gain / model.weight < most
