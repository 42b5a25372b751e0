"""Has a person's models learn from the tables: what was learned is written at once with how far. Synchronous.

A learner that is killed goes on from what is written: nothing is learned twice, and nothing left out.
"""

import contextlib
import typing
from collections.abc import Mapping, Sequence

import msgspec
from django.db import transaction
from django.utils import timezone

from accounts.links.store import announce
from signals.chain_check import check_chain
from signals.journal import JournalItem, pack_items, prune_records
from signals.learner.chain_learner import ChainLearner, TimeLimit
from signals.learner.run import dump_run
from signals.learner.schedule import Sitting, sitting
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalFollower, SignalRecord
from signals.owner_store import decode_baselines
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import SignalModel
from signals.record.batch import SignalBatch, read_batch
from signals.record.chain import LinkedFact
from signals.store import Content, read_chain, read_runs
from streaming.facts import Entry
from streaming.ledger import store as ledger
from streaming.models import Ownership

AT_ONCE = 400
"""Facts that are learned before what was learned is written."""
CLOSED_MS = 60_000
"""How long after a session closed it is decided at the earliest."""


class OvertakenError(Exception):
    """Another learner, or a fact that came meanwhile, was first: what was worked out is not written."""


class PersonLearner:
    """What one person's models have learned, in this process. `fresh` are the models that there are.

    `limit` bounds how long a model may take to learn from a bar.
    """

    def __init__(
        self, person: int, fresh: Mapping[ModelKey, SignalModel], limit: TimeLimit = contextlib.nullcontext
    ) -> None:
        self.person = person
        self._fresh = fresh
        self._limit = limit
        self._said: dict[tuple[str, str, int], SignalBatch] = {}
        """What was said of bars that are learned now."""
        self.is_checked = False
        """Whether the chain was looked at since it was last learned from in vain."""
        self._core: ChainLearner | None = None
        self._number, self._head = 0, ""

    def __repr__(self) -> str:
        return f"<PersonLearner of {self.person}, up to {self._number}>"

    def learn(self) -> bool:
        """Learn from the next facts; return whether there were any. Raises OvertakenError, and begins anew then."""
        core = self._read()
        facts = list(read_chain(self.person, self._number, AT_ONCE))
        if not facts:
            return False
        return self._take(core, facts)

    def _take(self, core: ChainLearner, facts: Sequence[tuple[LinkedFact, Content | None]]) -> bool:
        before, self._core = self._number, None  # whatever is raised, it is read anew
        self._said = {
            (fact.model, fact.version, fact.bar): content for fact, content in facts if isinstance(content, SignalBatch)
        }
        for fact, content in facts:
            core.take(fact, content)
        self._said = {}
        newest = facts[-1][0]
        with transaction.atomic():
            self._write(core, before, newest.number, newest.link)
        self._core, self._number, self._head = core, newest.number, newest.link
        return True

    def close_session(self, now: int) -> bool:
        """Decide the oldest session that is over and not decided, once all its outcomes are learned (now in ms).

        Returns whether one was. Raises OvertakenError.
        """
        core = self._read()
        over = self._find_open_session(core)
        if over is None or over.closes + CLOSED_MS > now or not self._is_settled(core, over):
            return False
        self.check_chain()
        before, self._core = self._number, None
        with transaction.atomic():
            list(Ownership.objects.select_for_update().filter(person=self.person))  # no fact comes in between
            newest = SignalFact.objects.filter(person=self.person).order_by("-number").first()
            if newest is None or newest.number != before:
                raise OvertakenError(f"facts came after {before}")
            ledger.record(self.person, [self._decide(core, over, now)])
            last = SignalFact.objects.filter(person=self.person).order_by("-number")[0]
            self._write(core, before, last.number, last.link)
            announce(self.person)
        self._core, self._number, self._head = core, last.number, last.link
        return True

    def check_chain(self) -> None:
        """Look whether the newest facts are as they were recorded, and keep what is not: then nothing is believed."""
        check = check_chain(self.person)
        fault = "".join(fault.words for fault in check.faults[:1])
        if more := len(check.faults) + check.more - 1 if fault else 0:
            fault += f", and {more} more"
        self.keep_fault(fault)
        self.is_checked = True
        for run in self._core.runs.values() if self._core is not None else ():
            run.fault = run.unexplained or fault

    def keep_fault(self, fault: str) -> bool:
        """Keep what is wrong with the chain, or why it cannot be learned from; return whether that is new."""
        self.is_checked = False
        if fault:
            first = {"ran_at": timezone.now(), "baselines": b""}
            LearnerProgress.objects.get_or_create(person_id=self.person, defaults=first)
        return bool(LearnerProgress.objects.filter(person=self.person).exclude(fault=fault).update(fault=fault))

    def prune(self, now: int) -> None:
        """Delete what is past its 400 days, and say that the learner runs."""
        while prune_records(self.person, now, self._number):
            pass
        LearnerProgress.objects.filter(person=self.person).update(ran_at=timezone.now())

    def _read(self) -> ChainLearner:
        """Return the models as they were written last."""
        progress = LearnerProgress.objects.filter(person=self.person).first()
        number = progress.number if progress is not None else 0
        if self._core is not None and number == self._number:
            return self._core
        core = ChainLearner(self._fresh, self._find_batch, self._limit)
        self._number, self._head = number, progress.head if progress is not None else ""
        if progress is not None:
            core.baselines = decode_baselines(bytes(progress.baselines))
            learned = LearnedModel.objects.filter(person=self.person, begun=True)
            counts = {(row.model, row.version): row.learned for row in learned}
            for run in read_runs(self.person, self._fresh):
                key = run.registration.name, run.registration.version
                if key in counts:
                    core.restore(run, counts[key])
        self._core = core
        return core

    def _write(self, core: ChainLearner, before: int, number: int, head: str) -> None:
        """Write what was learned, if nobody else did. Raises OvertakenError."""
        said = {
            "number": number, "head": head, "ran_at": timezone.now(),
            "baselines": msgspec.msgpack.encode(core.baselines),
        }  # fmt: skip
        if before == 0:
            LearnerProgress.objects.get_or_create(person_id=self.person, defaults={**said, "number": 0})
        if not LearnerProgress.objects.filter(person=self.person, number=before).update(**said):
            raise OvertakenError(f"another learner has gone on from {before}")
        for (name, version), run in core.runs.items():
            written: dict[str, typing.Any] = {
                "learned": core.learned[name, version], "run": dump_run(run), "begun": True,
                "updated_at": timezone.now(),
            }  # fmt: skip
            if (name, version) in self._fresh:
                written["state"] = run.model.dump_state()
            LearnedModel.objects.filter(person=self.person, model=name, version=version).update(**written)

    def _find_batch(self, model: str, version: str, bar: int) -> SignalBatch | None:
        if (known := self._said.get((model, version, bar))) is not None:
            return known
        row = SignalFact.objects.filter(
            person=self.person, about="signal", model=model, version=version, bar=bar
        ).first()
        data = SignalRecord.objects.filter(person=self.person, digest=row.digest).first() if row is not None else None
        return read_batch(bytes(data.data)) if data is not None else None

    def _find_open_session(self, core: ChainLearner) -> Sitting | None:
        """Return the session after the newest that was decided; None while nobody follows."""
        if not core.runs or not SignalFollower.objects.filter(person=self.person, is_on=True).exists():
            return None
        facts = SignalFact.objects.filter(person=self.person)
        decided = facts.filter(about="results").order_by("-bar").values_list("bar", flat=True).first()
        begun = facts.filter(about="model").order_by("number").values_list("at", flat=True)[0]
        return sitting(begun if decided is None else decided)

    def _is_settled(self, core: ChainLearner, over: Sitting) -> bool:
        """Whether every signal of a session, and of those before it, has an outcome, and all is learned."""
        facts = SignalFact.objects.filter(person=self.person)
        if facts.filter(number__gt=self._number).exists():
            return False
        for (name, version), run in core.runs.items():
            said = facts.filter(about="signal", model=name, version=version, bar__lte=over.closes)
            if said.filter(bar__gt=run.newest).exists():
                return False
        return True

    def _decide(self, core: ChainLearner, over: Sitting, now: int) -> Entry:
        """Return the fact of what may be said of all models from now on."""
        items, models = [], []
        for name, version in core.runs:
            run = core.close_session(name, version, over.session, over.closes)
            detail = run.read_results(over.session)
            if run.fault:
                detail["fault"] = run.fault
            items.append(JournalItem("results", name, version, {"bar": over.closes, "detail": detail}))
            models.append({"model": name, "version": version, "state": run.standing.state, "bars": run.score.bars})
        return Entry(
            kind="results", at=now, venue_id=f"results {over.session}", beside=pack_items(items),
            payload={"session": over.session, "models": models},
        )  # fmt: skip


def read_learners() -> list[int]:
    """Return everybody whose models may have something to learn."""
    return list(SignalFollower.objects.order_by("person").values_list("person", flat=True))
