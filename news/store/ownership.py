"""Which process runs the desk's sources: the row of the desk's list. Synchronous; by the database's clock.

As with people: a host claims it in a new epoch when nobody has it, or the host that had it is gone.
"""

import typing
import uuid

from django.db import transaction
from django.db.models import F, Q

from news.models import NewsList
from news.store.writer import DESK, Term
from streaming.ownership.rows import owned_by_live


def claim_desk(host: str) -> Term | None:
    """Make `host` the owner of the desk's list; None while another live host has it."""
    NewsList.objects.get_or_create(owner=DESK)
    with transaction.atomic():
        free = NewsList.objects.filter(Q(host__isnull=True) | ~owned_by_live() | Q(host=uuid.UUID(host)), owner=DESK)
        if not free.update(host=uuid.UUID(host), epoch=F("epoch") + 1):
            return None
        return Term(DESK, host, NewsList.objects.get(owner=DESK).epoch)


def release_desk(term: Term) -> None:
    """Hand the desk's list back, if it is still held in this term."""
    NewsList.objects.filter(owner=DESK, host=uuid.UUID(term.host), epoch=term.epoch).update(host=None)


class DeskOwner(typing.NamedTuple):
    """Who runs the desk's sources: a host's id and the epoch; no host where nobody does."""

    host: str | None
    epoch: int


def desk_owner() -> DeskOwner:
    """Return who runs the desk's sources."""
    row = NewsList.objects.filter(owner=DESK).first()
    return DeskOwner(str(row.host) if row and row.host else None, row.epoch if row else 0)
