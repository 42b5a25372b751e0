"""Wrapping every stored secret for the current key, row by row, while the desk runs."""

import typing
import uuid

from django.apps import apps
from django.db import transaction

from accounts.credentials import encryption, keys
from accounts.models import Sealed

PASSES = 3
"""A row that was saved behind the first pass, by a process that had not seen the new key, is met by the next."""


class Closed(typing.NamedTuple):
    """A row whose secrets none of the keys open, and why."""

    row: Sealed
    reason: str


def tables() -> list[type[Sealed]]:
    """Return every table that keeps secrets, those of other packages too."""
    return [model for model in apps.get_models() if issubclass(model, Sealed)]


def rewrap() -> typing.Iterator[Closed]:
    """Wrap what is not sealed for the current key. Yields what opens with none, each once.

    Each row is a transaction of its own: stopped anywhere, everything opens with the keys there are.
    """
    known: set[uuid.UUID] = set()
    for _ in range(PASSES):
        for table, pk in list(_behind()):
            closed = _rewrap(table, pk)
            if closed is not None and pk not in known:
                known.add(pk)
                yield closed


def _behind() -> typing.Iterator[tuple[type[Sealed], uuid.UUID]]:
    current = keys.public_key().id
    for table in tables():
        for pk, sealed in table._default_manager.values_list("pk", "sealed"):
            if any(encryption.key_of(value) != current for value in sealed.values()):
                yield table, pk


def _rewrap(table: type[Sealed], pk: uuid.UUID) -> Closed | None:
    with keys.locked(), transaction.atomic():
        row = table._default_manager.select_for_update().filter(pk=pk).first()
        if row is None:
            return None  # removed meanwhile
        known = keys.private_keys()
        try:
            row.sealed = {name: encryption.rewrap(value, row.place(name), known) for name, value in row.sealed.items()}
        except encryption.SealError as error:
            return Closed(row, str(error))
        row.save(update_fields=["sealed"])
    return None


def in_use() -> set[str]:
    """Return the ids of the keys that anything is sealed for."""
    stored = (sealed for table in tables() for sealed in table._default_manager.values_list("sealed", flat=True))
    return {encryption.key_of(value) for sealed in stored for value in sealed.values()}
