"""The picture of evidence: one line a model version over its sessions, logarithmic, with the threshold. Pure."""

import math
import typing
from collections.abc import Sequence

from signals.display.axes import PictureFrame, Tick, choose_powers, choose_ticks, join_points, place
from signals.display.figures import LOG_10, SUPERSCRIPT, format_evidence, format_session, speak_evidence
from signals.learner.run import ModelRun

WIDTH, HEIGHT = 480, 250
SESSIONS = 250
"""The newest sessions that are shown."""
HEADROOM = 5.0
"""Powers of ten above the threshold that are on the scale."""
FLOOR = -2.0
"""The lowest power of ten on it."""
LOOKS = 8
"""So many lines have a look of their own, then they begin anew."""


class EvidenceCurve(typing.NamedTuple):
    """One model's line. `look` is how it is drawn, `end` what it came to, `off` says where it leaves the scale."""

    place: int
    label: str
    state: str
    look: int
    points: str
    end: str
    spoken: str
    off: str


class EvidencePicture(typing.NamedTuple):
    """All lines with axes and, for the table, the e-value of each model as each session ended."""

    width: int
    height: int
    frame: PictureFrame
    curves: list[EvidenceCurve]
    sessions: list[Tick]
    powers: list[Tick]
    threshold: Tick
    start: str
    """Where 1 stands."""
    years: int
    """In at most one year of so many luck alone reaches the threshold."""
    rows: list[tuple[str, list[str]]]

    @property
    def plot_width(self) -> str:
        """How wide the part with lines is."""
        return place(self.frame.right - self.frame.left)

    @property
    def plot_height(self) -> str:
        """How high it is; lines that leave the scale are cut off there."""
        return place(self.frame.bottom - self.frame.top)

    @property
    def passed_height(self) -> str:
        """How high the part above the threshold is."""
        return place(float(self.threshold.at) - self.frame.top)

    @property
    def off_scale(self) -> list[str]:
        """What is said of lines that leave the scale."""
        return [curve.off for curve in self.curves if curve.off]


def draw_evidence(runs: Sequence[ModelRun], threshold: float) -> EvidencePicture | None:
    """Return the picture of models with sessions; None where none has any. `threshold` is an e-value."""
    sessions = list_sessions(runs)
    if not sessions:
        return None
    logs = [{line.session: line.log_knows / LOG_10 for line in run.score.sessions} for run in runs]
    known = [value for one in logs for value in one.values() if value > -math.inf]
    top = math.log10(threshold) + HEADROOM
    low, high = max(min([*known, -1.0]), FLOOR), min(max([*known, math.log10(threshold) + 0.5]), top)
    frame = PictureFrame(40, WIDTH - 8, 8, HEIGHT - 24, (0, max(len(sessions) - 1, 1)), (low, high))
    return EvidencePicture(
        width=WIDTH, height=HEIGHT, frame=frame,
        curves=[
            _draw_curve(number, run, found, sessions, frame)
            for number, (run, found) in enumerate(zip(runs, logs, strict=True), 1)
        ],
        sessions=[Tick(place(frame.x(at)), format_session(sessions[at])) for at in choose_ticks(len(sessions), 4)],
        powers=[Tick(place(frame.y(power)), _name_power(power)) for power in choose_powers(low, high)],
        threshold=Tick(place(frame.y(math.log10(threshold))), f"{threshold:,.0f}"),
        start=place(frame.y(0)), years=round(1 / runs[0].registration.gates.alpha),
        rows=[
            (format_session(name), [format_evidence(one[name] * LOG_10) if name in one else "–" for one in logs])
            for name in reversed(sessions)
        ],
    )  # fmt: skip


def list_sessions(runs: Sequence[ModelRun]) -> list[str]:
    """Return the newest sessions of any model, in their order."""
    return sorted({line.session for run in runs for line in run.score.sessions})[-SESSIONS:]


def _draw_curve(
    number: int, run: ModelRun, found: dict[str, float], sessions: Sequence[str], frame: PictureFrame
) -> EvidenceCurve:
    told, log = run.registration, run.score.knows.log
    label = f"{told.name} v{told.version}"
    points = join_points(
        (frame.x(at), frame.y_beyond(max(found[name], FLOOR))) for at, name in enumerate(sessions) if name in found
    )
    off = f"▲ {label} is off the scale, now {format_evidence(log)}." if log / LOG_10 > frame.y_range[1] else ""
    return EvidenceCurve(
        number, label, run.standing.state, (number - 1) % LOOKS, points, format_evidence(log), speak_evidence(log), off
    )


def _name_power(power: int) -> str:
    if power in (-1, 0, 1):
        return {-1: "0.1", 0: "1", 1: "10"}[power]
    return f"10{str(power).translate(SUPERSCRIPT)}"
