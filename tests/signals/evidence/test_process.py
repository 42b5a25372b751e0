"""Evidence grows by betting, holds at any time, and is kept as a logarithm."""

import itertools
import math

import msgspec
import pytest

from signals.evidence.process import PAY_STAKES, STAKES, Evidence, InterleavedEvidence, average_evidence, average_logs


def wealth(steps, stakes=STAKES):
    """The mean wealth, as the facts of signals write it down."""
    return sum(math.prod(max(0, 1 + stake * x) for x in steps) for stake in stakes) / len(stakes)


def test_it_is_the_mean_wealth_of_the_stakes():
    steps, evidence = [0.5, -1.0, 1.0, 0.25, -0.125], Evidence()
    for x in steps:
        evidence.add(x)
    assert math.exp(evidence.log) == pytest.approx(wealth(steps), rel=1e-12)


def test_its_mean_over_all_futures_of_a_fair_game_is_one():
    games = list(itertools.product((-1.0, 1.0), repeat=8))
    assert sum(wealth(game) for game in games) / len(games) == pytest.approx(1)


def test_a_loss_may_ruin_it_for_ever():
    evidence = Evidence(stakes=PAY_STAKES)
    for x in (-25.0, 0.2, 0.2):
        evidence.add(x)
    assert evidence.log == -math.inf


def test_a_loss_ruins_only_the_stakes_that_it_exceeds():
    evidence = Evidence(stakes=PAY_STAKES)
    evidence.add(-3.0)
    assert math.exp(evidence.log) == pytest.approx((0.85 + 0.7 + 0.4) / 5)


@pytest.mark.parametrize("x", [1.001, math.inf, math.nan])
def test_what_is_no_bet_is_refused(x):
    with pytest.raises(ValueError, match="at most 1"):
        Evidence().add(x)


def test_it_stays_finite_where_the_wealth_would_not():
    evidence = Evidence()
    for _ in range(10_000):
        evidence.add(1.0)
    assert evidence.log == pytest.approx(10_000 * math.log(1.4) - math.log(5))


def test_groups_are_averaged_and_neither_the_best_nor_multiplied():
    groups = [InterleavedEvidence(), InterleavedEvidence()]
    groups[0].add(0, 1.0)
    groups[1].add(0, -1.0)
    assert math.exp(average_evidence(groups)) == pytest.approx((wealth([1]) + wealth([-1])) / 2)
    assert average_logs([-math.inf, -math.inf]) == -math.inf


def test_a_horizon_of_three_is_three_processes_that_take_turns():
    steps, evidence = [1.0, -1.0, 0.5, 1.0, 0.5, -0.5], InterleavedEvidence(overlap=3)
    for place, x in enumerate(steps):
        evidence.add(place, x)
    mean = sum(wealth(steps[turn::3]) for turn in range(3)) / 3
    assert evidence.recent[-1] == pytest.approx(math.log(mean))


def test_what_it_comes_to_holds_two_bars_later():
    evidence, came_to = InterleavedEvidence(overlap=3), []
    for place in range(6):
        evidence.add(place, 1.0)
        came_to.append(evidence.recent[-1])
        assert evidence.log == (came_to[place - 2] if place >= 2 else 0.0)


def test_a_gap_in_the_schedule_moves_no_turn():
    evidence = InterleavedEvidence(overlap=2)
    evidence.add(0, 1.0)
    evidence.add(2, 1.0)  # the bar in place 1 had no signal
    assert [process.log for process in evidence.processes] == [pytest.approx(math.log(wealth([1, 1]))), 0.0]


def test_what_was_reached_stays_reached():
    evidence = InterleavedEvidence()
    for place in range(40):
        evidence.add(place, 1.0)
    for place in range(40, 120):
        evidence.add(place, -1.0)
    assert evidence.log < 0
    assert evidence.has_reached(math.log(160))


def test_it_goes_on_after_a_restart():
    whole, torn = InterleavedEvidence(overlap=2), InterleavedEvidence(overlap=2)
    for place, x in enumerate([0.3, -0.7, 1.0, 0.1, -1.0]):
        whole.add(place, x)
        torn.add(place, x)
        torn = msgspec.msgpack.decode(msgspec.msgpack.encode(torn), type=InterleavedEvidence)
    assert torn == whole
