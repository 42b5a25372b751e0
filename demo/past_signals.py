"""Sessions of simulated time that one person's models have lived through before the demo's first page.

Models speak, are scored and learn by the code of the desk, into the same chain and rows, faster than time passes and
without its ledger. What the demo's own time brings goes on from there.
"""

import collections
import hashlib
import typing
from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.utils import timezone

from demo.past_market import PastMarket
from signals import owner_store
from signals.learner.bar import MarketBar
from signals.learner.chain_learner import ChainLearner
from signals.learner.run import ModelRun, dump_run, open_run
from signals.learner.schedule import sitting
from signals.learner.statement import compose_statements
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalFollower, SignalRecord
from signals.predictors.catalogue import by_key
from signals.predictors.contract import Registration, SignalModel
from signals.record.batch import SignalBatch
from signals.record.chain import FactAbout, FactChain, LinkedFact
from signals.record.outcome import EndPrices, VoidRule, resolve
from signals.watch.registrar import register_models
from streaming.models import Ownership

SIMULATED = "simulated time"
"""What each of these facts names as its source."""
KNOWING = "score_imbalance"
"""The feature in which the planted edge shows."""
DECIDED_MS = 60_000
"""How long after its close a session is decided."""
AT_ONCE = 100
"""Rows that are written in one transaction."""
NO_FACT = 0
"""Facts of simulated time are none of the ledger's: nothing of them is told to pages as if it happened now."""


class PastSignals:
    """The models of one person, through the past of `market`. `edge` is what is planted in its books.

    Nothing is said that is due after its end: what comes then is of another market.
    """

    def __init__(self, person: int, models: Sequence[SignalModel], market: PastMarket, edge: float) -> None:
        self.person = person
        self._market = market
        self._edge = edge
        self._models = by_key(models)
        self._chain = FactChain()
        self._core = ChainLearner(self._models, self._find_batch)
        self._speakers: list[ModelRun] = []
        self._said: dict[tuple[str, str, int], SignalBatch] = {}
        self._waiting: dict[int, list[tuple[SignalBatch, str]]] = collections.defaultdict(list)
        """What was said, and its digest, by when it is due."""
        self._seen = 0
        self._facts: list[SignalFact] = []
        self._records: list[SignalRecord] = []

    def live(self, count: int) -> int:
        """Live through so many sessions and today's, and have the person follow signals then; return how many it were.

        Nothing is done for somebody who follows, or did; where they begin to meanwhile, their own time goes on from
        what is written. What an interrupted start left is begun anew.
        """
        if SignalFollower.objects.filter(person=self.person).exists():
            return 0
        self._clear()
        written = 0
        for bars in self._market.sessions(count):
            if not self._core.runs:
                self._register(bars[0])
            self._live_session(bars)
            if not self._write():
                break
            written += 1
        else:
            owner_store.follow(self.person, is_on=True)
        return written

    def _clear(self) -> None:
        with transaction.atomic():
            for table in (SignalFact, SignalRecord, LearnedModel, LearnerProgress):
                table.objects.filter(person=self.person).delete()

    def _register(self, first: MarketBar) -> None:
        """Register the models before the first bar, and say of what time they speak and what is planted for them."""
        opens = sitting(first.at).opens
        for told, _ in register_models(list(self._models.values()), [], opens)[0]:
            registration = msgspec.structs.replace(told, universe=self._describe(told))
            fact = self._append("model", told.name, told.version, opens, detail=msgspec.to_builtins(registration))
            self._core.take(fact, None)
            run = open_run(self._core.runs[told.name, told.version].model, registration)
            run.newest = opens
            self._speakers.append(run)

    def _describe(self, told: Registration) -> str:
        """Return the universe of a model in words."""
        planted = f"; planted edge, IC {self._edge:g}" if KNOWING in told.features and self._edge else ""
        return f"{told.universe}; begins with {SIMULATED}{planted}"

    def _live_session(self, bars: Sequence[MarketBar]) -> None:
        for bar in bars:
            self._speak(bar)
            self._settle(bar)
        session, closes = bars[0].session, bars[0].close
        for name, version in self._core.runs if closes + DECIDED_MS <= self._market.now else ():
            run = self._core.close_session(name, version, session, closes)
            detail = run.read_results(session)
            self._append("results", name, version, closes + DECIDED_MS, bar=closes, detail=detail)
        self._seen = self._chain.number

    def _speak(self, bar: MarketBar) -> None:
        """Have the models speak by what they have learned."""
        known = [run for run in self._speakers if bar.at + run.registration.horizon_s * 1000 <= self._market.now]
        for statement in compose_statements(known, bar, self._core.baselines, VoidRule()):
            batch, data = statement.batch, statement.batch.to_bytes()
            key = batch.model, batch.version
            detail = {"place": batch.place, "learned": self._core.learned[key], "seen": self._seen}
            digest = self._keep("signal", data, bar.at)
            self._append(
                "signal", *key, bar.at, bar=batch.bar, horizon_s=batch.horizon_s, due=batch.due,
                n=len(batch.symbols), digest=digest, detail=detail,
            )  # fmt: skip
            self._said[(*key, batch.bar)] = batch
            self._waiting[batch.due].append((batch, digest))

    def _settle(self, bar: MarketBar) -> None:
        """Score what is due by the mids of a bar, and learn from it."""
        ends = EndPrices(mid=bar.mid, spread=bar.spread, at=[bar.at] * len(bar.symbols), market=bar.market)
        due = self._waiting.pop(bar.at, [])
        for batch, digest in due:
            outcome = resolve(batch, ends, digest=digest)
            fact = self._append(
                "outcome", batch.model, batch.version, bar.at, bar=batch.bar, due=batch.due, n=len(batch.symbols),
                digest=self._keep("outcome", outcome.to_bytes(), bar.at),
            )  # fmt: skip
            self._core.take(fact, outcome)
        for batch, _ in due:
            del self._said[batch.model, batch.version, batch.bar]
        self._seen = self._chain.number

    def _find_batch(self, model: str, version: str, bar: int) -> SignalBatch | None:
        return self._said.get((model, version, bar))

    def _append(self, about: FactAbout, model: str, version: str, at: int, **said: typing.Any) -> LinkedFact:
        fact = self._chain.append(about, model, version, at, sources=[SIMULATED], **said)
        self._facts.append(
            SignalFact(
                person_id=self.person, number=fact.number, fact=NO_FACT, about=about, model=model, version=version,
                at=at, bar=fact.bar, due=fact.due, digest=fact.digest, prev=fact.prev, link=fact.link,
                body=msgspec.json.encode(fact, order="deterministic").decode(),
            )
        )  # fmt: skip
        return fact

    def _keep(self, kind: typing.Literal["signal", "outcome"], data: bytes, at: int) -> str:
        """Keep canonical bytes; return their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._records.append(SignalRecord(person_id=self.person, digest=digest, kind=kind, data=data, at=at))
        return digest

    def _write(self) -> bool:
        """Write a session with what was learned from it; return whether it was: not for somebody who follows by now.

        A few records are written at once, so that the desk never waits long for its database. The facts come last, with
        what was learned: a session is in the chain whole, or not at all. As the chain's other writer, this one locks
        the person's row of Ownership first, and what takes time to make is made before.
        """
        for begin in range(0, len(self._records), AT_ONCE):
            SignalRecord.objects.bulk_create(self._records[begin : begin + AT_ONCE])
        progress, models = self._dump_learned()
        with transaction.atomic():
            self._lock()
            if SignalFollower.objects.filter(person=self.person).exists():
                return False
            SignalFact.objects.bulk_create(self._facts, batch_size=AT_ONCE)
            LearnerProgress.objects.filter(person=self.person).delete()
            progress.save(force_insert=True)
            LearnedModel.objects.filter(person=self.person).delete()
            LearnedModel.objects.bulk_create(models)
        self._facts, self._records = [], []
        return True

    def _lock(self) -> None:
        """Have whoever else writes the person's chain, or begins to own them, wait for this transaction."""
        Ownership.objects.bulk_create([Ownership(person_id=self.person, epoch=0)], ignore_conflicts=True)
        list(Ownership.objects.select_for_update().filter(person=self.person))

    def _dump_learned(self) -> tuple[LearnerProgress, list[LearnedModel]]:
        """Return the rows of what was learned so far."""
        progress = LearnerProgress(
            person_id=self.person, number=self._chain.number, head=self._chain.head, ran_at=timezone.now(),
            baselines=msgspec.msgpack.encode(self._core.baselines),
        )  # fmt: skip
        models = [
            LearnedModel(
                person_id=self.person, model=model, version=version, place=place,
                learned=self._core.learned[model, version], begun=True, state=run.model.dump_state(), run=dump_run(run),
            )
            for place, ((model, version), run) in enumerate(self._core.runs.items())
        ]  # fmt: skip
        return progress, models
