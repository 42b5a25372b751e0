"""The pictures of evidence, reliability and coverage: every point is a number of the record, and so is the table."""

import math

from signals.display.axes import PictureFrame, choose_powers, choose_ticks
from signals.display.coverage_picture import draw_coverage
from signals.display.evidence_picture import draw_evidence
from signals.display.figures import format_evidence, format_session
from signals.display.reliability_picture import draw_reliability
from signals.learner.run import open_run
from signals.predictors.rules import AlwaysUp
from tests.support.scored_models import GAP_BARS, GAP_SESSION, name_session


def test_evidence_is_drawn_by_its_logarithm_with_a_point_a_session(runs):
    picture = draw_evidence(runs, 320)
    assert picture is not None
    low, high = picture.frame.y_range
    for curve, run in zip(picture.curves, runs, strict=True):
        points = [[float(part) for part in point.split(",")] for point in curve.points.split()]
        assert len(points) == len(run.score.sessions) == 42
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        for (_, y), line in zip(points, run.score.sessions, strict=True):
            share = (picture.frame.bottom - y) / (picture.frame.bottom - picture.frame.top)
            assert math.isclose(low + share * (high - low), max(line.log_knows / math.log(10), -2), abs_tol=0.01 * high)


def test_what_is_off_the_scale_is_said_in_words(runs):
    picture = draw_evidence(runs, 320)
    assert picture is not None
    assert picture.frame.y_range[1] <= math.log10(320) + 5
    off = [run for run in runs if run.score.knows.log / math.log(10) > picture.frame.y_range[1]]
    assert len(off) == 3
    assert picture.off_scale[1] == f"▲ feature v1 is off the scale, now {format_evidence(off[1].score.knows.log)}."


def test_the_threshold_is_across_and_its_slots_are_a_year(runs):
    picture = draw_evidence(runs, 320)
    assert picture is not None
    low, high = picture.frame.y_range
    share = (picture.frame.bottom - float(picture.threshold.at)) / (picture.frame.bottom - picture.frame.top)
    assert math.isclose(10 ** (low + share * (high - low)), 320, rel_tol=0.02)
    assert (picture.threshold.text, picture.years) == ("320", 20)


def test_the_table_of_evidence_has_each_session_newest_first(runs):
    picture = draw_evidence(runs, 320)
    assert picture is not None
    assert len(picture.rows) == 42
    newest = runs[0].score.sessions[-1]
    assert picture.rows[0] == (
        format_session(newest.session), [format_evidence(run.score.sessions[-1].log_knows) for run in runs],
    )  # fmt: skip


def test_reliability_has_a_point_a_bin_with_its_count(runs):
    picture = draw_reliability(runs[4])
    assert picture is not None
    bins = [part for part in runs[4].score.calibration.bins if part.count]
    assert [point.outcomes for point in picture.points] == [f"{part.count:,}" for part in bins]
    assert [point.came for point in picture.points] == [f"{100 * part.came / part.count:.1f} %" for part in bins]
    assert all(float(point.high) <= float(point.y) <= float(point.low) for point in picture.points)
    assert picture.fit is not None
    assert picture.words.startswith("Slope 0.97 ± 0.08")
    assert all(picture.frame.top <= float(end) <= picture.frame.bottom for end in picture.fit[1::2])


def test_coverage_shows_the_hole_and_says_that_nothing_was_made_up(runs):
    picture = draw_coverage(runs[4])
    assert picture is not None
    assert [bar.look for bar in picture.bars] == ["part" if at == GAP_SESSION else "full" for at in range(42)]
    day = format_session(name_session(f"day {GAP_SESSION:03}"))
    assert picture.holes == [f"{day}: {len(GAP_BARS)} of 78 bars have no signal. None was made up."]
    assert picture.words == "3,261 of 3,276 bars, 99.54 %."


def test_a_model_without_outcomes_has_no_pictures(runs):
    fresh = open_run(AlwaysUp(), runs[0].registration)
    assert (draw_reliability(fresh), draw_coverage(fresh), draw_evidence([fresh], 320)) == (None, None, None)


def test_axes_have_a_handful_of_whole_ticks():
    assert choose_powers(-2, 7.5) == [-2, 0, 2, 4, 6]
    assert choose_powers(-0.4, 2.6) == [0, 1, 2]
    assert choose_ticks(42, 4) == [0, 11, 22, 33]
    frame = PictureFrame(0, 10, 0, 10, (0, 1), (0, 1))
    assert (frame.y(2), frame.y_beyond(2), frame.x(-1)) == (0, -10, 0)
