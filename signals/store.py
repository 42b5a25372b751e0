"""What is kept of a person's signals, as pages, endpoints and processes read it. Synchronous."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from django.conf import settings

from alerts.store import millis
from signals.learner.run import ModelRun, restore_run
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalRecord
from signals.predictors.contract import Registration, SignalModel
from signals.record.batch import SignalBatch, read_batch
from signals.record.chain import LinkedFact
from signals.record.outcome import SignalOutcome, read_outcome

PAGE = 500
"""Facts that are read at once."""
MOST = 2**31
SILENT_MS = 60_000
"""After so long a learner does not run any more: it looks for outcomes every 5 s."""

Content = SignalBatch | SignalOutcome
"""What the digest of a fact stands for."""


class LearnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a person's learner is. Times are in ms.

    `number` is the fact of the chain up to which it has learned, of `newest`; `behind` counts the outcomes between.
    `ran_at` is None where it never ran. `is_on` is false with LEARNING=0. `fault` is what is wrong with the chain, or
    why the learner cannot go on; None where nothing is.
    """

    is_on: bool
    ran_at: int | None
    number: int
    newest: int
    behind: int
    fault: str | None

    def is_silent(self, now: int) -> bool:
        """Whether it should run, and has not for a while, at `now` (ms)."""
        return self.is_on and self.newest > 0 and (self.ran_at is None or now - self.ran_at > SILENT_MS)


def read_runs(person_id: int, models: Mapping[tuple[str, str], SignalModel] | None = None) -> list[ModelRun]:
    """Return all models that a person registered, in that order, with score and standing; nothing is pending.

    With `models`, by name and version, those of them can predict: they are as they were published last.
    """
    known = models or {}
    runs = [
        restore_run(bytes(row.run), known.get((row.model, row.version)), bytes(row.state))
        for row in LearnedModel.objects.filter(person=person_id).order_by("place")
    ]
    fault = LearnerProgress.objects.filter(person=person_id).values_list("fault", flat=True).first() or ""
    for run in runs:
        run.fault = run.unexplained or fault
    return runs


def read_chain(
    person_id: int, since: int = 0, limit: int = MOST
) -> Iterator[tuple[LinkedFact, SignalBatch | SignalOutcome | None]]:
    """Yield the facts of a person's chain with a number above `since`, at most `limit`, the oldest first.

    Each comes with its batch or outcome; None where it names none, and where that is past its 400 days.
    Raises ValueError at a fact, or bytes, that cannot be read: something has changed them.
    """
    for fact, data in read_links(person_id, since, limit):
        yield fact, read_content(fact, data)


def read_links(person_id: int, since: int = 0, limit: int = MOST) -> Iterator[tuple[LinkedFact, bytes | None]]:
    """Yield the same facts with the canonical bytes of what they name, unread. Raises ValueError as `read_chain`."""
    while limit > 0:
        rows = list(
            SignalFact.objects.filter(person=person_id, number__gt=since).order_by("number")[: min(limit, PAGE)]
        )
        data = read_data(person_id, rows)
        for row in rows:
            yield read_fact(row), data.get(row.digest)
        if len(rows) < PAGE:
            return
        since, limit = rows[-1].number, limit - len(rows)


def read_data(person_id: int, rows: list[SignalFact]) -> dict[str, bytes]:
    """Return the canonical bytes that facts name, by digest, as far as they are kept."""
    digests = {row.digest for row in rows if row.digest}
    found = SignalRecord.objects.filter(person=person_id, digest__in=digests).values_list("digest", "data")
    return {digest: bytes(data) for digest, data in found}


def read_fact(row: SignalFact) -> LinkedFact:
    """Return a stored fact as it was linked. Raises ValueError where it cannot be read."""
    return msgspec.json.decode(row.body, type=LinkedFact)


def read_content(fact: LinkedFact, data: bytes | None) -> Content | None:
    """Return what a fact's bytes say; None of none. Raises ValueError where they cannot be read."""
    if data is None:
        return None
    return read_batch(data) if fact.about == "signal" else read_outcome(data)


def read_newest_signals(person_id: int, symbol: str) -> list[tuple[Registration, SignalBatch, int]]:
    """Return the newest batch of each model that speaks of a symbol, and the symbol's place in it."""
    found: list[tuple[Registration, SignalBatch, int]] = []
    for run in read_runs(person_id):
        batch = read_newest_batch(person_id, run.registration)
        if batch is not None and symbol in batch.symbols:
            found.append((run.registration, batch, batch.symbols.index(symbol)))
    return found


def read_newest_batches(person_id: int, runs: Sequence[ModelRun]) -> list[tuple[LinkedFact, SignalBatch] | None]:
    """Return what each model said last, with its fact, in the order of `runs`; None as `read_newest_batch`."""
    return [_read_newest(person_id, run.registration) for run in runs]


def read_newest_batch(person_id: int, registration: Registration) -> SignalBatch | None:
    """Return what a model version said last; None where it said nothing, or that is past its 400 days."""
    found = _read_newest(person_id, registration)
    return None if found is None else found[1]


def _read_newest(person_id: int, registration: Registration) -> tuple[LinkedFact, SignalBatch] | None:
    told = {"model": registration.name, "version": registration.version}
    row = SignalFact.objects.filter(person=person_id, about="signal", **told).order_by("-bar").first()
    data = SignalRecord.objects.filter(person=person_id, digest=row.digest).first() if row is not None else None
    return None if row is None or data is None else (read_fact(row), read_batch(bytes(data.data)))


def read_learner_status(person_id: int) -> LearnerStatus:
    """Return how far behind a person's learner is, when it ran last, and whether it is on."""
    progress = LearnerProgress.objects.filter(person=person_id).first()
    number = progress.number if progress is not None else 0
    facts = SignalFact.objects.filter(person=person_id)
    return LearnerStatus(
        is_on=settings.LEARNING,
        ran_at=millis(progress.ran_at) if progress is not None else None,
        number=number,
        newest=facts.order_by("-number").values_list("number", flat=True).first() or 0,
        behind=facts.filter(number__gt=number, about="outcome").count(),
        fault=progress.fault or None if progress is not None else None,
    )
