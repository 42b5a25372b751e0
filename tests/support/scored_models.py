"""Records of models over 42 sessions of a market of known truth, as a learner makes them. It stands on Django."""

import collections
import dataclasses
import datetime
import functools
import itertools
import random
import typing

import msgspec
from django.utils import timezone

from accounts.models import User
from lib.clock import now_ms
from signals.journal import append_fact, keep_record
from signals.learner.bar import MarketBar
from signals.learner.run import ModelRun, dump_run
from signals.models import LearnedModel, LearnerProgress
from signals.predictors.contract import GateThresholds
from signals.predictors.rules import AlwaysUp, LastSign, Momentum
from signals.record.batch import SignalBatch
from signals.record.chain import FactChain, LinkedFact
from tests.signals.honesty.course import BAR_S, Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature, online

SESSIONS = 42
SYMBOLS = ("QQQ", "SPY", "IWM", "TSLA")
GAP_SESSION, GAP_BARS = 29, range(7, 22)
"""The session, from 0, and its bars at which the desk was off."""
PLANTED = "simulated market; planted edge, IC 0.12"


class SpentFeature(PlantedFeature, kw_only=True):
    """Knows until so many bars were stated, then leans at random."""

    name: str = "spent feature"
    bars: int = 20 * 78
    stated: int = 0

    def predict(self, features, q):
        """Return what the feature is worth, while it is worth anything."""
        self.stated += 1
        if self.stated <= self.bars:
            return super().predict(features, q)
        rng = random.Random(11 * self.stated)
        return [base + rng.choice((-0.02, 0.02)) for base in q]


@dataclasses.dataclass
class GappedCourse(Course):
    """A course with a desk that was off for a while. It keeps the newest batches."""

    def __post_init__(self) -> None:
        self.batches: collections.deque[list[SignalBatch]] = collections.deque(maxlen=6)
        super().__post_init__()
        for run in self.learner.runs:
            told = run.registration
            universe = PLANTED if told.name == "feature" else "the person's symbols"
            run.registration = msgspec.structs.replace(told, universe=universe, gates=GateThresholds())
        self.symbols = list(SYMBOLS)

    def state(self, bar: MarketBar) -> None:
        """State at a bar, unless the desk is off."""
        if bar.session == f"day {GAP_SESSION:03}" and bar.number in GAP_BARS:
            self.learner.miss(bar.session, bar.number, bar.at, bar.close)
        else:
            self.batches.append(self.learner.state(bar))


@functools.cache
def scored_course(sessions: int = SESSIONS, seed: int = 3) -> GappedCourse:
    """Return a course of models that end learning, knowing, paying, fading and retired; its sessions are dated."""
    models = [
        AlwaysUp(), LastSign(), Momentum(name="momentum 12", version="2"), online(), PlantedFeature(planted=0.12),
        SpentFeature(planted=0.12), PlantedFeature(name="contrary", planted=-0.12),
    ]  # fmt: skip
    course = GappedCourse(make_tape(seed, sessions, len(SYMBOLS), planted=0.12), models, half_spread=0.085)
    course.run()
    for run in course.learner.runs:
        date_sessions(run)
    return course


def date_sessions(run: ModelRun) -> None:
    """Name the sessions of a run after weekdays, from 21 September 2026 on."""
    for line in run.score.sessions:
        line.session = name_session(line.session)
    standing = run.standing
    standing.since = name_session(standing.since) if standing.since else ""
    standing.history = [(name_session(session), state) for session, state in standing.history]


def name_session(session: str) -> str:
    """Return the date of `day 007`."""
    weeks, day = divmod(int(session.removeprefix("day ")), 5)
    return (datetime.date(2026, 9, 21) + datetime.timedelta(days=7 * weeks + day)).isoformat()


def newest_batches(course: GappedCourse) -> list[tuple[LinkedFact, SignalBatch]]:
    """Return the newest batch of each run with a fact that says when it was recorded."""
    chain = FactChain()
    return [(link_batch(chain.append, batch), batch) for batch in course.batches[-1]]


def link_batch(append: typing.Callable[..., LinkedFact], batch: SignalBatch) -> LinkedFact:
    """Return the fact of a batch that was recorded a second after its bar."""
    return append(
        "signal", batch.model, batch.version, batch.bar + 1000, bar=batch.bar, horizon_s=batch.horizon_s, due=batch.due,
        n=len(batch.symbols), digest=batch.digest,
    )  # fmt: skip


def record(email: str) -> None:
    """Store the models of a person, and their newest batches as if the last one had just been stated."""
    person, course = User.objects.get(email=email).pk, scored_course()
    for place, run in enumerate(course.learner.runs):
        told = run.registration
        LearnedModel.objects.create(
            person_id=person, model=told.name, version=told.version, place=place, learned=run.place,
            state=run.model.dump_state(), run=dump_run(run),
        )  # fmt: skip
    moved = (now_ms() - course.batches[-1][0].bar) // (BAR_S * 1000) * BAR_S * 1000
    for number, batch in enumerate(itertools.chain.from_iterable(course.batches), 1):
        batch = msgspec.structs.replace(batch, bar=batch.bar + moved, due=batch.due + moved)
        fact = link_batch(functools.partial(append_fact, person, number), batch)
        keep_record(person, batch.digest, "signal", batch.to_bytes(), fact.at)
    LearnerProgress.objects.create(person_id=person, number=number, baselines=b"", ran_at=timezone.now())
