"""Writes a person's chain, in the transaction of the ledger's facts. Synchronous.

The ledger's transaction has the person's row of Ownership locked, so of two that write at once the second one waits,
and follows the first. A fact of the ledger speaks of all models of a bar; each of these is a fact of the chain.
"""

import logging
import typing
from collections.abc import Iterable, Sequence

import msgspec
from django.db.models import Max

from signals.learner.run import dump_run, open_run
from signals.models import LearnedModel, SignalFact, SignalRecord
from signals.predictors.contract import Registration, SignalModel
from signals.record.chain import START, AlreadyRecordedError, FactAbout, FactChain, LinkedFact

logger = logging.getLogger(__name__)

KEPT_DAYS = 400
"""How long batches and outcomes are kept; facts are for ever."""
DAY_MS = 86_400_000
PRUNED = 500
"""Records that are deleted at once."""


class JournalItem(msgspec.Struct, frozen=True):
    """A fact to be linked: what a LinkedFact says of it, and the bytes that its digest stands for.

    Those of a `model` are its state before it has learned anything.
    """

    about: FactAbout
    model: str
    version: str
    said: dict[str, typing.Any]
    data: bytes = b""


def pack_items(items: Sequence[JournalItem]) -> bytes:
    """Return items as they travel beside the ledger's fact."""
    return msgspec.msgpack.encode(items)


def unpack_items(data: bytes) -> list[JournalItem]:
    """Return what was packed."""
    return msgspec.msgpack.decode(data, type=list[JournalItem])


def write_items(person: int, number: int, items: Iterable[JournalItem], at: int) -> None:
    """Link what the ledger's fact `number` speaks of, which is stored at `at` (ms).

    What speaks of a bar again is not linked, and the log says so: orders may not have to wait for it.
    """
    for item in items:
        try:
            fact = append_fact(person, number, item.about, item.model, item.version, at, **item.said)
        except AlreadyRecordedError:
            logger.exception("fact %d of person %d is not linked", number, person)
            continue
        if fact.digest:
            keep_record(person, fact.digest, item.about, item.data, at)
        if item.about == "model":
            _begin_model(person, msgspec.convert(fact.detail, Registration), item.data, at)


def append_fact(
    person: int, number: int, about: FactAbout, model: str, version: str, at: int, **said: typing.Any
) -> LinkedFact:
    """Link a fact to the person's chain, and return it. `number` is the ledger's. `said`: what a LinkedFact has.

    Raises AlreadyRecordedError where the bar, or a later one, has a fact of its kind.
    """
    fact = _open_chain(person, about, model, version).append(about, model, version, at, **said)
    SignalFact.objects.create(
        person_id=person, number=fact.number, fact=number, about=about, model=model, version=version, at=at,
        bar=fact.bar, due=fact.due, digest=fact.digest, prev=fact.prev, link=fact.link,
        body=msgspec.json.encode(fact, order="deterministic").decode(),
    )  # fmt: skip
    return fact


def _open_chain(person: int, about: FactAbout, model: str, version: str) -> FactChain:
    """Return the end of a person's chain, as far as a fact of this kind has to know it."""
    facts = SignalFact.objects.filter(person=person)
    newest = facts.order_by("-number").first()
    bar = facts.filter(about=about, model=model, version=version).aggregate(newest=Max("bar"))["newest"]
    return FactChain(
        number=newest.number if newest is not None else 0,
        head=newest.link if newest is not None else START,
        bars={} if bar is None else {f"{about} {model} {version}": bar},
    )


def _begin_model(person: int, registration: Registration, state: bytes, at: int) -> None:
    """Have a model that was registered at `at` (ms) publish what it knows: nothing yet."""
    model = SignalModel(name=registration.name, version=registration.version, horizon=registration.horizon)
    run = open_run(model, registration)
    run.newest = at
    LearnedModel.objects.create(
        person_id=person, model=registration.name, version=registration.version,
        place=LearnedModel.objects.filter(person=person).count(), state=state, run=dump_run(run),
    )  # fmt: skip


def keep_record(person: int, digest: str, kind: str, data: bytes, at: int) -> None:
    """Keep the canonical bytes that a fact names."""
    SignalRecord.objects.get_or_create(person_id=person, digest=digest, defaults={"kind": kind, "data": data, "at": at})


def prune_records(person: int, now: int, learned: int) -> int:
    """Delete some records of a person that are past their 400 days and were learned; return how many.

    `learned` is the number of the fact up to which models have learned.
    """
    named = SignalFact.objects.filter(person=person, number__gt=learned).values("digest")
    old = SignalRecord.objects.filter(person=person, at__lt=now - KEPT_DAYS * DAY_MS).exclude(digest__in=named)
    keys = list(old.values_list("pk", flat=True)[:PRUNED])
    SignalRecord.objects.filter(pk__in=keys).delete()
    return len(keys)
