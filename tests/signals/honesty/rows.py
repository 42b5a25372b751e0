"""The claims of honesty: each is a share of seeds in which something happens, and a bound."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from signals.learner.run import ModelRun
from signals.predictors.rules import AlwaysUp, Reversal
from signals.scoreboard.calibration import CalibrationTally
from signals.scoreboard.gates import read_calibrated, read_enough
from signals.scoreboard.score import ModelScore
from tests.signals.honesty.cheats import LateCourse, Oracle, RepaintingCourse, SilentLoser, add_leak
from tests.signals.honesty.course import GATES, Course
from tests.signals.honesty.market import BARS, HALF_SPREAD_BPS, make_tape, past_features
from tests.signals.honesty.models import Coin, PlantedFeature, eight_signals, online

REACHED = math.log(GATES.evidence)
WEAK, STRONG = 0.05, 0.15


def knows(run: ModelRun) -> bool:
    """Whether G2 ever opened."""
    return run.score.knows.has_reached(REACHED)


def pays(run: ModelRun) -> bool:
    """Whether G4 ever opened."""
    return run.score.pays.has_reached(REACHED)


def walk(seed, days=10, symbols=4):
    """Eight signals on a market that nobody can know anything of."""
    runs = Course(make_tape(seed, days, symbols), eight_signals(seed)).run().learner.runs
    return {"knows": any(map(knows, runs)), "pays": any(map(pays, runs))}


def planted(seed, share, days, symbols):
    """Whether a feature that knows something, and a model that may find it, are found out."""
    course = Course(make_tape(seed, days, symbols, planted=share), [online(), PlantedFeature(planted=share)])
    model, feature = course.run(lambda course, _: all(map(knows, course.learner.runs))).learner.runs
    return {"model": knows(model), "feature": knows(feature)}


def strong(seed):
    """An edge of 0.15 for 10 days of 4 symbols."""
    return planted(seed, STRONG, 10, 4)


def weak(seed):
    """An edge of 0.05 for 40 days of 8 symbols."""
    return planted(seed, WEAK, 40, 8)


def ending(seed):
    """An edge of 0.05 that ends after 40 sessions: whether it faded before, and within 20 after."""
    course = Course(make_tape(seed, 60, 8, planted=WEAK, until=40), [PlantedFeature()])
    (run,) = course.run().learner.runs
    known = next((session for session, state in run.standing.history if state == "knows"), None)
    faded = next((session for session, state in run.standing.history if state == "fading"), None)
    is_early = faded is not None and faded < "day 040"
    return {
        "known": known is not None and known < "day 040",
        "early": is_early,
        "in time": faded is not None and not is_early,
    }


def bounce(seed, half_spread=HALF_SPREAD_BPS, scored_on_trades=False):
    """A reversal by last trades, which bounce between bid and ask, scored on mids."""
    tape = make_tape(seed, 40, 8)
    sides = np.random.default_rng(seed + 10**9).choice((-1, 1), tape.mids.shape)
    trades = tape.mids * (1 + sides * half_spread / 1e4)
    tape.features.update(past_features(trades))
    if scored_on_trades:
        tape.mids = trades
    (run,) = Course(tape, [Reversal()]).run().learner.runs
    return knows(run)


def bull(seed):
    """Always up where 52 % of moves go up."""
    (run,) = Course(make_tape(seed, 40, 8, rise=0.52), [AlwaysUp()]).run().learner.runs
    return knows(run)


def overlap(seed):
    """Statements about the next hour, every five minutes."""
    models = [PlantedFeature(name="steady", uses=("return_12",), horizon=12)]
    return any(map(knows, Course(make_tape(seed, 40, 8), models).run().learner.runs))


def short_gamma(seed):
    """Half a sigma is won in 98 %, 24.5 are lost in 2 %, and nothing is paid for it."""
    tape = make_tape(seed, 40, 8)
    rng = np.random.default_rng(seed)
    shape = (40, BARS, 8)
    moves = np.where(rng.random(shape) < 0.98, 0.5, -24.5) * 4 / 1e4
    tape.sigma = np.full(shape, 4.0)
    mids = 100 * np.cumprod(np.concatenate([np.ones((1, 8)), (1 + moves).reshape(-1, 8)]), axis=0)
    tape.mids = np.stack([mids[day * BARS : (day + 1) * BARS + 1] for day in range(40)])
    (run,) = Course(tape, [AlwaysUp()], half_spread=0.0).run().learner.runs
    return pays(run)


def repainting(seed):
    """Statements that are replaced by better ones when the bar is over."""
    course = RepaintingCourse(add_leak(make_tape(seed, 10, 8)), [Coin(seed=2 * seed), Oracle()])
    course.run()
    return (
        course.refused != 10 * BARS
        or course.learner.runs[1].score.signals != 10 * BARS * 8
        or knows(course.learner.runs[0])
    )


def leaking(seed):
    """Statements that know the outcome, because they are stored after it."""
    (run,) = LateCourse(add_leak(make_tape(seed, 20, 8)), [Oracle()]).run().learner.runs
    return knows(run) or read_enough(run.score, GATES).is_open


def silent(seed):
    """Statements only where they come true."""
    (run,) = Course(add_leak(make_tape(seed, 40, 8)), [SilentLoser()]).run().learner.runs
    assert knows(run), "the cheat does not even look good"
    return read_enough(run.score, GATES).is_open


def calibrated(seed, bars=3000, symbols=8):
    """Whether G3 is open for statements that are true, and for those of 1.5 and 2 times their distance from a half."""
    rng = np.random.default_rng(seed)
    truth = np.clip(0.5 + 0.03 * rng.standard_normal((bars, symbols)), 0.3, 0.7)
    common = math.sqrt(0.3) * rng.standard_normal((bars, 1)) + math.sqrt(0.7) * rng.standard_normal((bars, symbols))
    came = (np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)))(common) < truth).astype(float).tolist()
    return {name: is_calibrated((0.5 + factor * (truth - 0.5)).tolist(), came) for name, factor in FACTORS.items()}


FACTORS = {"truth": 1.0, "times 1.5": 1.5, "times 2": 2.0}


def is_calibrated(said, came) -> bool:
    """Whether G3 is open after statements and outcomes, a row a bar."""
    score = ModelScore(calibration=CalibrationTally())
    for place, (p, y) in enumerate(zip(said, came, strict=True)):
        score.calibration.add(place, p, y)
    return read_calibrated(score, GATES).is_open


@dataclasses.dataclass(frozen=True)
class Claim:
    """What of a trial is counted, and the bound: at most, or at least, this share of the seeds."""

    row: str
    words: str
    part: str
    bound: float
    at_most: bool
    among: str = ""
    """Counted among the seeds in which this part is true."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """A function of a seed, how many seeds it takes in whole and in quick, and what is claimed of it."""

    run: Callable
    seeds: int
    quick: int
    claims: tuple[Claim, ...]


def cheat(run, words, quick):
    """A trial of something that must not pass."""
    return Trial(run, 200, quick, (Claim("C3b", words, "", 0.05, True),))


TRIALS = (
    Trial(walk, 200, 24, (
        Claim("C1", "random walk: some G2 opens", "knows", 0.05, True),
        Claim("C1", "random walk: some G4 opens", "pays", 0.01, True),
    )),
    Trial(strong, 200, 24, (
        Claim("C2", "edge 0.15, 10 days x 4: the feature knows", "feature", 0.99, False),
        Claim("C2", "edge 0.15, 10 days x 4: the online model knows", "model", 0.95, False),
    )),
    Trial(weak, 200, 16, (
        Claim("C2", "edge 0.05, 40 days x 8: the feature knows", "feature", 0.95, False),
        Claim("C2", "edge 0.05, 40 days x 8: the online model knows", "model", 0.70, False),
    )),
    Trial(ending, 60, 24, (
        Claim("C3", "edge that ends after 40 sessions: fading within 20", "in time", 0.85, False, "known"),
        Claim("C3", "the same: fading before", "early", 0.10, True, "known"),
    )),
    cheat(bounce, "reversal by last trades knows", 10),
    cheat(bull, "always up in a bull market knows", 10),
    cheat(overlap, "overlapping horizon of 12 bars knows", 6),
    cheat(short_gamma, "short gamma pays", 10),
    cheat(repainting, "a repainting model is believed", 6),
    cheat(leaking, "a leaking model is believed", 10),
    cheat(silent, "a silent model has said enough", 10),
    Trial(calibrated, 200, 100, (
        Claim("C4", "G3 is open: the truth", "truth", 0.97, False),
        Claim("C4", "G3 is open: distances from a half times 1.5", "times 1.5", 0.10, True),
        Claim("C4", "G3 is open: distances times 2", "times 2", 0.01, True),
    )),
)  # fmt: skip


def judge(claim: Claim, results: list) -> tuple[float, int, bool]:
    """Return the share of the results, how many they are, and whether the bound holds."""
    counted = [result for result in results if not claim.among or result[claim.among]]
    hits = sum(bool(result[claim.part] if claim.part else result) for result in counted)
    if not counted:
        return math.nan, 0, False
    share = hits / len(counted)
    return share, len(counted), share <= claim.bound if claim.at_most else share >= claim.bound
