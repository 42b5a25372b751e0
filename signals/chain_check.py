"""Checks the newest facts of a person's chain, for their page; `manage.py signals --verify` checks all. Synchronous."""

import typing

from django.db.models import QuerySet

from lib.clock import now_ms
from signals import store
from signals.models import SignalFact
from signals.record.chain import LinkedFact
from signals.record.verifier import ChainFault, verify_chain
from signals.verification import PageContent, StoredChain

MOST_FACTS = 20_000
"""The newest facts that a page looks at: those of twelve sessions of ten models."""
MOST_FAULTS = 20


class ChainCheck(typing.NamedTuple):
    """What a look at a chain found: facts looked at, of how many, the link of the newest, and the first faults."""

    looked_at: int
    recorded: int
    head: str
    faults: list[ChainFault]
    more: int
    """Faults beyond those that are named."""


def check_chain(person_id: int, most: int = MOST_FACTS) -> ChainCheck:
    """Return how the newest facts of a person's chain stand; of a short one, and of one cut in two, all facts."""
    rows = SignalFact.objects.filter(person=person_id).order_by("number")
    newest = rows.last()
    if newest is None:
        return ChainCheck(0, 0, "", [], 0)
    before = _read_before(rows, newest.number - most)
    chain = StoredChain(person_id, now_ms())
    chain.count = before.number if before else 0
    faults = verify_chain(chain.read(), PageContent(chain), after=before)
    found = sorted([*chain.faults, *faults], key=lambda fault: fault.number)
    looked_at = newest.number - (before.number if before else 0)
    return ChainCheck(looked_at, newest.number, newest.link, found[:MOST_FAULTS], max(len(found) - MOST_FAULTS, 0))


def _read_before(rows: QuerySet[SignalFact], number: int) -> LinkedFact | None:
    """Return the fact of a number; None where there is none that can be read."""
    row = rows.filter(number=number).first()
    try:
        return None if row is None else store.read_fact(row)
    except ValueError:
        return None
