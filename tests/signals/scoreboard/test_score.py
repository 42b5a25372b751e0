"""What is counted of a model's bars, and what is said of the way ahead."""

import math

import pytest

from signals.record.outcome import EndPrices, resolve
from signals.scoreboard.score import ModelScore, ScoredSession, half_life, open_score, select_scored, still_needed
from tests.signals.record.support import BAR, a_batch

DUE = BAR + 300_000


def outcome(batch, mid=(100.1, 199.9, 50.0)):
    return resolve(batch, EndPrices(mid=list(mid), spread=[0.02, 0.04, 0.02], at=[DUE] * 3))


def test_a_side_costs_and_abstaining_does_not():
    scored = select_scored(a_batch(), outcome(a_batch()))
    assert scored.sides == [1, -1, 0]
    assert scored.gross == [pytest.approx(10), pytest.approx(5), 0]
    assert scored.net == [pytest.approx(8), pytest.approx(3), 0]


def test_a_bar_is_counted_where_it_is_covered_and_voids_beside():
    score, batch = open_score(1), a_batch(void=[0, 2, 0], said=[1, 1, 0])
    score.expect("monday")
    score.expect("monday")
    score.add(batch, outcome(batch))
    assert score.coverage == pytest.approx(1 / 3)
    assert (score.signals, score.voids, score.bars) == (3, 1, 1)
    assert score.void_share == pytest.approx(1 / 3)


def test_a_bar_that_is_all_void_is_no_step():
    score, batch = open_score(1), a_batch(void=[1, 2, 3])
    score.expect("monday")
    score.add(batch, outcome(batch))
    assert (score.bars, score.knows.log, score.calibration.clusters) == (0, 0.0, 0)


def test_a_symbol_without_a_sigma_is_no_part_of_what_pays():
    score = open_score(1)
    score.expect("monday")
    score.add(a_batch(), outcome(a_batch()))
    expected = (min(8 / 10, 4) + min(3 / 8, 4)) / 2 / 20
    wealth = [1 + stake * expected for stake in (0.05, 0.1, 0.2, 0.4, 0.8)]
    assert score.pays.log == pytest.approx(math.log(sum(wealth) / 5))


def sessions(steps, logs=None):
    score = ModelScore()
    for place, step in enumerate(steps):
        line = ScoredSession(session=f"day {place:03}", bars=100, steps=100 * step, squares=100 * (step * step + 1))
        line.log_knows = (logs or [0.0] * len(steps))[place]
        score.sessions.append(line)
    return score


def test_a_session_without_a_scored_bar_ends_with_the_evidence_of_the_one_before():
    score, batch = open_score(1), a_batch()
    for session, said in (("monday", batch), ("tuesday", a_batch(void=[1, 2, 3]))):
        score.expect(session)
        score.add(said, outcome(said))
    monday, tuesday = score.sessions
    assert 0 not in (monday.log_knows, monday.log_pays, monday.log_worse)
    for name in ("log_knows", "log_pays", "log_worse"):
        assert getattr(tuesday, name) == getattr(monday, name)


def test_sessions_still_needed_go_by_the_last_ten():
    score = sessions([0.1] * 13, [0.0, 0.0, *(0.2 * place for place in range(1, 12))])
    assert still_needed(score, 5.0) == pytest.approx((5 - 2.2) / 0.2)


def test_at_a_rate_that_does_not_grow_it_is_never():
    assert still_needed(sessions([0.0] * 5, [0.0, -0.1, -0.2, -0.3, -0.4]), 5.0) is None
    assert still_needed(sessions([0.0]), 5.0) is None


def test_what_is_reached_needs_nothing():
    score = sessions([0.1] * 3)
    score.knows.highest = 6.0
    assert still_needed(score, 5.0) == 0


def test_an_edge_that_halves_every_ten_sessions_has_that_half_life():
    steps = [0.1 * 0.5 ** (place / 10) for place in range(40)]
    assert half_life(sessions(steps)) == pytest.approx(10)
    assert half_life(sessions([0.1] * 40)) is None
    assert half_life(sessions(steps), since="day 035") is None


def test_z_is_of_bars_and_an_overlap_counts_once():
    score = sessions([0.1] * 30)
    assert score.measure_life(20) == pytest.approx(0.1 * math.sqrt(2000))
    score.overlap = 4
    assert score.measure_life(20) == pytest.approx(0.1 * math.sqrt(500))
    assert ModelScore().measure_life(20) is None
