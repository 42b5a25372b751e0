"""A line of the board has a count beside every number."""

from signals.predictors.contract import Registration
from signals.scoreboard.board import BoardFigure, read_line
from signals.scoreboard.score import open_score
from signals.scoreboard.standing import ModelStanding
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature

REGISTERED = Registration(
    name="m", version="1", sha256="", features=(), universe="u", horizon=1, horizon_s=300, schedule="5m"
)  # fmt: skip


def test_before_the_first_signal_nothing_is_known_and_nothing_is_zero():
    line = read_line(REGISTERED, open_score(1), ModelStanding())
    assert line.state == "learning"
    for name in ("coverage", "voids", "hit_rate", "brier_skill", "slope", "ic", "gross", "net", "worst", "shortfall"):
        assert line.figures[name] == BoardFigure(None, 0), name


def test_after_a_week_every_number_has_its_count():
    (run,) = Course(make_tape(1, 5, 4, planted=0.2), [PlantedFeature(planted=0.2)]).run().learner.runs
    figures = read_line(run.registration, run.score, run.standing).figures
    assert all(figure.count for figure in figures.values())
    assert figures["scored"].count == 5 * 78 * 4
    assert figures["log_knows"].count == 5 * 78
    low, share, high = (figures[name].value or 0.0 for name in ("hit_low", "hit_rate", "hit_high"))
    assert 0 < low < share < high < 1
    assert not figures["hit_rate"].is_grey
    assert BoardFigure(0.5, 299).is_grey
