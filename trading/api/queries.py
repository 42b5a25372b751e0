"""Reads orders, fills and the history of net liquidating values for whoever asks. Synchronous."""

import typing

from django.db.models import Q

from brokers.contract.reports import ENDED
from streaming.board.board import Item
from trading.models import Booked, Fill, NetLiq, Order

_OURS = ("id", "person")


def orders(person: int, since: int, working: bool, limit: int, before: tuple[int, int] | None = None) -> list[Item]:
    """Return the orders of `person` that changed since then (ms), the newest first; only those that work, if asked.

    `before`: only those that come after one that changed at that time (ms) by that fact.
    """
    rows = Order.objects.filter(person=person, at__gte=since)
    if working:
        rows = rows.exclude(status__in=ENDED)
    if before is not None:
        at, fact = before
        rows = rows.filter(Q(at__lt=at) | Q(at=at, fact__lt=fact))
    return [{**_told(row), "filled": row.filled} for row in rows.order_by("-at", "-fact")[:limit]]


def fills(person: int, since: int, after: int | None, limit: int) -> list[Item]:
    """Return the fills of `person` since then (ms), by time; with `after`, those of later facts, by number.

    A fill that was found late has an old time and a new number.
    """
    rows = Fill.objects.filter(person=person, at__gte=since).order_by("at", "fact")
    if after is not None:
        rows = rows.filter(fact__gt=after).order_by("fact")
    return [_told(row) for row in rows[:limit]]


def net_liqs(person: int, since: int, every: int) -> list[Item]:
    """Return the samples of each account since then, the last of each `every` ms, by time."""
    rows = NetLiq.objects.filter(person=person, at__gte=since).order_by("at")
    kept: dict[tuple[str, str, int], Item] = {}
    for row in rows.values("link", "account", "at", "net_liq", "balance"):
        kept[row["link"], row["account"], row["at"] // every] = typing.cast(Item, row)
    return sorted(kept.values(), key=lambda one: (one["at"], one["link"], one["account"]))


def _told(row: Booked) -> Item:
    fields = (field.name for field in row._meta.concrete_fields if field.name not in _OURS)
    return {name: getattr(row, name) for name in fields}
