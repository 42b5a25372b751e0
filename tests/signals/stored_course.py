"""A person's signals in the tables, as a desk would have stored them: a chain, its bytes, and what models learned."""

import msgspec

from signals.learner.run import dump_run
from signals.models import LearnedModel, SignalFact, SignalFollower, SignalRecord
from signals.predictors.contract import SignalModel
from signals.record.chain import FactChain, LinkedFact
from signals.store import Content
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import Tape

SAID = ("bar", "horizon_s", "due", "n", "digest", "void", "sources", "detail")


class StoredCourse:
    """What models did in a market, kept for whoever it is stored for. Symbols are S0, S1, …"""

    def __init__(self, tape: Tape, models: list[SignalModel]) -> None:
        self.facts: list[LinkedFact] = []
        self.contents: list[Content | None] = []
        self.course = Course(tape, models, keep=self._keep).run()
        self.runs = self.course.learner.runs
        self.stored: list[LinkedFact] = []
        """The facts as they were stored."""

    def _keep(self, fact: LinkedFact, content: Content | None) -> None:
        self.facts.append(msgspec.json.decode(msgspec.json.encode(fact), type=LinkedFact))
        self.contents.append(content)

    @property
    def newest_at(self) -> int:
        """The newest bar that was spoken of, in ms."""
        return max(fact.bar for fact in self.facts if fact.about == "signal")

    def store(self, person: int, last: int | None = None) -> None:
        """Store it for a person, who follows signals: all, or the `last` facts. Results are of a session's close."""
        SignalFollower.objects.create(person_id=person)
        stored, records = [], []
        chain = FactChain()
        for fact, content in list(zip(self.facts, self.contents, strict=True))[-(last or 0) :]:
            said = {name: getattr(fact, name) for name in SAID}
            if fact.about == "results":
                said["bar"] = fact.at
            linked = chain.append(fact.about, fact.model, fact.version, fact.at, **said)
            stored.append(linked)
            if content is not None:
                data = content.to_bytes()
                records.append(
                    SignalRecord(person_id=person, digest=fact.digest, kind=fact.about, data=data, at=fact.at)
                )
        SignalFact.objects.bulk_create([_row(person, fact) for fact in stored])
        SignalRecord.objects.bulk_create(records)
        LearnedModel.objects.bulk_create(
            LearnedModel(
                person_id=person,
                model=run.registration.name,
                version=run.registration.version,
                place=place,
                learned=run.place,
                state=run.model.dump_state(),
                run=dump_run(run),
            )
            for place, run in enumerate(self.runs)
        )
        self.stored = stored


def _row(person: int, fact: LinkedFact) -> SignalFact:
    return SignalFact(
        person_id=person, number=fact.number, fact=100 + fact.number, about=fact.about, model=fact.model,
        version=fact.version, at=fact.at, bar=fact.bar, due=fact.due, digest=fact.digest, prev=fact.prev,
        link=fact.link, body=msgspec.json.encode(fact, order="deterministic").decode(),
    )  # fmt: skip
