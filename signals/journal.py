"""Writes a person's chain, in the transaction of the ledger's facts. Synchronous.

The ledger's transaction has the person's row of Ownership locked, so of two that write at once the second one waits,
and follows the first.
"""

import typing

import msgspec
from django.db.models import Max

from signals.models import SignalFact, SignalRecord
from signals.record.chain import START, FactAbout, FactChain, LinkedFact


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


def keep_record(person: int, digest: str, kind: str, data: bytes, at: int) -> None:
    """Keep the canonical bytes that a fact names."""
    SignalRecord.objects.get_or_create(person_id=person, digest=digest, defaults={"kind": kind, "data": data, "at": at})
