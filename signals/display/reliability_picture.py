"""The picture of reliability: what was said against what came true, with whiskers, counts, diagonal and fit. Pure."""

import typing

from signals.display.axes import PictureFrame, Tick, place, widen
from signals.display.figures import format_share, format_signed
from signals.learner.run import ModelRun
from signals.scoreboard.calibration import ReliabilityBin
from signals.scoreboard.tally import wilson
from streaming.templatetags.figures import fixed

WIDTH, HEIGHT = 320, 264
COUNT_HEIGHT = 30.0
"""The height of the tallest bar of counts."""
LEAST_RANGE = 0.06


class ReliabilityPoint(typing.NamedTuple):
    """One bin: the mean of what was said, the share that came true with its 95 % interval, and how many outcomes."""

    x: str
    y: str
    high: str
    low: str
    bar_y: str
    bar_height: str
    said: str
    came: str
    interval: str
    outcomes: str


class ReliabilityPicture(typing.NamedTuple):
    """The bins of one model that hold anything, with axes. `fit` is a line's ends; empty while there is no slope."""

    width: int
    height: int
    frame: PictureFrame
    points: list[ReliabilityPoint]
    said_ticks: list[Tick]
    came_ticks: list[Tick]
    diagonal: tuple[str, str, str, str]
    fit: tuple[str, str, str, str] | None
    counted: str
    words: str


def draw_reliability(run: ModelRun) -> ReliabilityPicture | None:
    """Return the picture of a model with outcomes; None where it has none."""
    bins = [part for part in run.score.calibration.bins if part.count]
    if not bins:
        return None
    said = [part.said / part.count for part in bins]
    low, high = widen([*said, 0.5], LEAST_RANGE)
    lowest, highest = widen([low, high, *(part.came / part.count for part in bins if part.count >= 100)], LEAST_RANGE)
    frame = PictureFrame(44, WIDTH - 8, 8, HEIGHT - 68, (low, high), (lowest, highest))
    most = max(part.count for part in bins)
    ticks = [step / 100 for step in range(0, 101, 5 if high - low > 0.08 else 2)]
    return ReliabilityPicture(
        width=WIDTH, height=HEIGHT, frame=frame, points=[_draw_point(part, frame, most) for part in bins],
        said_ticks=[Tick(place(frame.x(tick)), format_share(tick, 0)) for tick in ticks if low <= tick <= high],
        came_ticks=[Tick(place(frame.y(tick)), format_share(tick, 0)) for tick in ticks if lowest <= tick <= highest],
        diagonal=_draw_line(frame, 1.0, 0.0), fit=_draw_fit(run, frame),
        counted=f"{fixed(run.score.skill.count, 0)} in {len(bins)} bin{'s' if len(bins) > 1 else ''}",
        words=describe_reliability(run),
    )  # fmt: skip


def _draw_point(part: ReliabilityBin, frame: PictureFrame, most: int) -> ReliabilityPoint:
    said, came = part.said / part.count, part.came / part.count
    low, high = wilson(part.came, part.count)
    bar = max(COUNT_HEIGHT * part.count / most, 1.0)
    return ReliabilityPoint(
        x=place(frame.x(said)), y=place(frame.y(came)), high=place(frame.y(high)), low=place(frame.y(low)),
        bar_y=place(HEIGHT - 18 - bar), bar_height=place(bar), said=format_share(said), came=format_share(came),
        interval=f"{fixed(low * 100, 1)}–{fixed(high * 100, 1)}", outcomes=fixed(part.count, 0),
    )  # fmt: skip


def _draw_line(frame: PictureFrame, slope: float, intercept: float) -> tuple[str, str, str, str]:
    """Return the ends of a line within the frame."""
    (first, last), (low, high) = frame.x_range, frame.y_range
    if slope:
        ends = sorted((bound - intercept) / slope for bound in (low, high))
        first, last = max(first, ends[0]), min(last, ends[1])
    ends = [first, max(first, last)]
    (x1, y1), (x2, y2) = ((place(frame.x(at)), place(frame.y(slope * at + intercept))) for at in ends)
    return x1, y1, x2, y2


def _draw_fit(run: ModelRun, frame: PictureFrame) -> tuple[str, str, str, str] | None:
    found = run.score.calibration.read()
    return None if found is None else _draw_line(frame, found.slope, found.intercept)


def describe_reliability(run: ModelRun) -> str:
    """Return slope, intercept and the fullest bin above a half, in words."""
    found = run.score.calibration.read()
    if found is None:
        return "Nothing different was said yet: there is no slope."
    upper = [part for part in run.score.calibration.bins[5:] if part.count]
    text = (
        f"Slope {fixed(found.slope, 2)} ± {fixed(found.slope_error, 2)}, intercept {format_signed(found.intercept, 3)}."
    )
    if not upper:
        return text
    part = max(upper, key=lambda one: one.count)
    said, came = format_share(part.said / part.count), format_share(part.came / part.count)
    return f"{text} What it called {said} came true in {came} of {fixed(part.count, 0)}."
