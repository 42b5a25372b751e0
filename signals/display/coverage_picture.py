"""The picture of coverage: one bar a session, and its holes in words. Pure."""

import typing

from signals.display.axes import place
from signals.display.figures import format_session, format_share
from signals.learner.run import ModelRun
from signals.scoreboard.score import ModelScore, ScoredSession
from streaming.templatetags.figures import fixed

WIDTH, HEIGHT = 320, 72
SESSIONS = 120
"""The newest sessions that are shown."""
FULL = 0.99
HOLES = 3
"""So many holes are put into words, the newest first."""


class CoverageBar(typing.NamedTuple):
    """One session: how high its bar is, and the counts behind it."""

    x: str
    y: str
    width: str
    height: str
    look: typing.Literal["full", "part", "none"]
    session: str
    covered: str
    scheduled: str
    share: str
    voids: str


class CoveragePicture(typing.NamedTuple):
    """The sessions of one model, from `first` to `last`."""

    width: int
    height: int
    bars: list[CoverageBar]
    first: str
    last: str
    holes: list[str]
    words: str


def draw_coverage(run: ModelRun) -> CoveragePicture | None:
    """Return the picture of a model with sessions; None where it has none."""
    sessions = run.score.sessions[-SESSIONS:]
    if not sessions:
        return None
    step = (WIDTH - 8) / max(len(sessions), 20)
    return CoveragePicture(
        width=WIDTH, height=HEIGHT, bars=[_draw_bar(at, line, step) for at, line in enumerate(sessions)],
        first=format_session(sessions[0].session), last=format_session(sessions[-1].session),
        holes=[describe_hole(line) for line in reversed(sessions) if find_hole(line)][:HOLES],
        words=_describe_score(run.score),
    )  # fmt: skip


def _describe_score(score: ModelScore) -> str:
    return f"{fixed(score.covered, 0)} of {fixed(score.scheduled, 0)} bars, {format_share(score.coverage, 2)}."


def _draw_bar(at: int, line: ScoredSession, step: float) -> CoverageBar:
    share = line.covered / line.scheduled if line.scheduled else 0.0
    height = share * (HEIGHT - 4)
    return CoverageBar(
        x=place(4 + at * step), y=place(HEIGHT - height), width=place(max(step - 1.5, 1)), height=place(height),
        look="none" if not share else "full" if share >= FULL else "part", session=format_session(line.session),
        covered=fixed(line.covered, 0), scheduled=fixed(line.scheduled, 0), share=format_share(share),
        voids=fixed(line.voids, 0),
    )  # fmt: skip


def find_hole(line: ScoredSession) -> int:
    """Return how many of a session's scheduled bars have no signal."""
    return round(line.scheduled - line.covered)


def describe_hole(line: ScoredSession) -> str:
    """Return a session's hole in words."""
    return (
        f"{format_session(line.session)}: {find_hole(line)} of {line.scheduled} bars have no signal. None was made up."
    )
