"""The lines of the scoreboard as texts, one a model version, in the order of registration. Pure."""

import math
import typing
from collections.abc import Sequence

from signals.display.figures import (
    format_evidence,
    format_horizon,
    format_session,
    format_share,
    format_signed,
    format_skill,
    speak_evidence,
)
from signals.learner.run import ModelRun
from signals.scoreboard.board import BoardLine, read_line
from streaming.templatetags.figures import MISSING, fixed

YEAR_SESSIONS = 252
"""More sessions than these are `more than a year`."""


class EvidenceText(typing.NamedTuple):
    """An e-value as it is seen and as it is read aloud."""

    seen: str
    spoken: str


class BoardRow(typing.NamedTuple):
    """One model version as the table shows it. `place` counts from 1 in the order of registration."""

    place: int
    name: str
    version: str
    kind: str
    state: str
    since: str
    is_grey: bool
    scored: str
    coverage: str
    right: str
    interval: str
    skill: str
    slope: str
    gross: str
    net: str
    worst: str
    knows: EvidenceText
    pays: EvidenceText
    needed: str
    counts: str
    """What its figures rest on, in words."""

    @property
    def label(self) -> str:
        """The name that headings and legends give it."""
        return f"{self.name} v{self.version}"


def read_rows(runs: Sequence[ModelRun]) -> list[BoardRow]:
    """Return the rows of models, in their order."""
    return [read_row(place, run) for place, run in enumerate(runs, 1)]


def read_row(place: int, run: ModelRun) -> BoardRow:
    """Return a model's row."""
    told = run.registration
    line = read_line(told, run.score, run.standing, run.fault)
    value = {name: figure.value for name, figure in line.figures.items()}
    interval = f"{fixed(_percent(value['hit_low']), 1)}–{fixed(_percent(value['hit_high']), 1)}"
    return BoardRow(
        place=place, name=told.name, version=told.version,
        kind=" · ".join([format_horizon(told.horizon_s), *(["naive rule"] if run.is_naive else [])]),
        state=line.state, since=format_session(line.since), is_grey=line.figures["scored"].is_grey,
        scored=fixed(value["scored"], 0), coverage=format_share(value["coverage"]),
        right=format_share(value["hit_rate"]),
        interval="" if value["hit_low"] is None else interval, skill=format_skill(value["brier_skill"]),
        slope=fixed(value["slope"], 2), gross=format_signed(value["gross"]), net=format_signed(value["net"]),
        worst=fixed(value["worst"], 0), knows=read_evidence(value["log_knows"]), pays=read_evidence(value["log_pays"]),
        needed="a new version" if run.unexplained else describe_need(line), counts=describe_counts(line),
    )  # fmt: skip


def _percent(value: float | None) -> float | None:
    return None if value is None else value * 100


def read_evidence(log: float | None) -> EvidenceText:
    """Return an e-value, given as its logarithm."""
    return (
        EvidenceText(MISSING, "not known") if log is None else EvidenceText(format_evidence(log), speak_evidence(log))
    )


def describe_need(line: BoardLine) -> str:
    """Return what a model still needs to know something, in words: sessions at the rate of the last ten."""
    if line.state == "retired":
        return "never again"
    if line.state == "fading":
        return "a new version"
    if line.state in ("knows", "pays"):
        return MISSING
    needed = line.figures["still_needed"]
    if needed.value is None:
        return "not at this rate" if needed.count > 1 else MISSING
    if needed.value == 0:
        return f"waits for {', '.join(one.gate for one in line.gates[:4] if not one.is_open) or 'the close'}"
    sessions = math.ceil(needed.value)
    return "> 1 year" if sessions > YEAR_SESSIONS else f"≈ {sessions} session{'s' if sessions != 1 else ''}"


def describe_counts(line: BoardLine) -> str:
    """Return what a line's figures rest on, in words."""
    count = {name: fixed(figure.count, 0) for name, figure in line.figures.items()}
    return (
        f"{count['scored']} outcomes of {fixed(line.figures['bars'].value, 0)} bars in {count['sessions']} sessions; "
        f"{count['hit_rate']} leaned to a side; {count['coverage']} bars were scheduled; "
        f"{format_share(line.figures['voids'].value)} of {count['voids']} signals void"
    )
