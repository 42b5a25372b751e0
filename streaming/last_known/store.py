"""Keeps the last known slots of each person in the database: one row a person, exact digits."""

import decimal
from collections.abc import Sequence

import msgspec
from django.db import transaction

from accounts.links import order
from accounts.models import BrokerLink, User
from brokers.contract.events import Slot
from streaming.board.board import Item
from streaming.last_known import slots
from streaming.models import LastKnown
from streaming.wire.frames import dumps

read = msgspec.json.Decoder(list[Item], float_hook=decimal.Decimal).decode


def save(person: int, items: Sequence[Item]) -> None:
    """Keep `items` of a person's board, and what was kept before and is not told anew."""
    with transaction.atomic():
        if not User.objects.select_for_update().filter(pk=person).exists():
            return
        row = LastKnown.objects.filter(person=person).first()
        kept = slots.merge(read(row.state) if row else (), items, _links(person))
        LastKnown.objects.update_or_create(person_id=person, defaults={"state": dumps(kept)})


def load(person: int) -> tuple[list[Item], Slot | None]:
    """Return what was last known of a person's board by the links they have, and the balance of their default account.

    Nothing for somebody who may not come in any more.
    """
    row = LastKnown.objects.filter(person=person).first()
    if row is None or not (links := order.links_of(person)):
        return [], None
    primary = ("balance", str(links[0].id), links[0].default_account)
    return slots.of_links(read(row.state), {str(link.id) for link in links}), primary


def forget(person: int) -> None:
    """Drop what came by links that a person has no more."""
    with transaction.atomic():
        row = LastKnown.objects.select_for_update().filter(person=person).first()
        if row is not None:
            row.state = dumps(slots.of_links(read(row.state), _links(person)))
            row.save()


def _links(person: int) -> set[str]:
    return {str(link) for link in BrokerLink.objects.filter(person=person).values_list("pk", flat=True)}
