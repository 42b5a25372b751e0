"""The order of a person's links: by which one prices come, and whose account is shown first. Synchronous."""

import datetime
import typing
from collections.abc import Iterable, Sequence

from django.db import transaction

from accounts.links import store
from accounts.links.link_info import LinkInfo
from accounts.models import BrokerLink
from brokers.catalogue import ENVIRONMENTS

Key = tuple[bool, int, int, datetime.datetime, str]


def in_order(links: Iterable[BrokerLink]) -> list[BrokerLink]:
    """Return one person's links, the most preferred first.

    As the person put them; those they never moved follow, live before sandbox before simulated, then the oldest.
    """
    return sorted(links, key=_key)


def links_of(person_id: int) -> list[LinkInfo]:
    """Return a person's links, the most preferred first. None for somebody who may not come in any more."""
    rows = BrokerLink.objects.filter(person_id=person_id, person__is_active=True)
    return [
        LinkInfo(
            row.id, row.venue, row.environment, row.label, row.default_account, row.revision, row.state, row.reason,
            feeds=row.feeds,
        )
        for row in in_order(rows)
    ]  # fmt: skip


def _key(link: BrokerLink) -> Key:
    environment = ENVIRONMENTS.index(link.environment)
    return link.rank is None, link.rank or 0, environment, link.created, str(link.pk)


def move(link: BrokerLink, way: typing.Literal["up", "down"]) -> int:
    """Put `link` one place up or down among its person's; return its place, from 1. At an end it stays."""
    with transaction.atomic():
        links = in_order(BrokerLink.objects.select_for_update().filter(person=link.person_id))
        places = [one.pk for one in links]
        place = places.index(link.pk)
        other = min(max(place + (1 if way == "down" else -1), 0), len(places) - 1)
        places[place], places[other] = places[other], places[place]
        for rank, pk in enumerate(places, 1):
            BrokerLink.objects.filter(pk=pk).update(rank=rank)
        store.announce(link.person_id)
    return other + 1


def prices(links: Sequence[BrokerLink]) -> list[str]:
    """Say of each of one person's links, in their order, what part it has in the prices that are shown."""
    able = [link for link in links if link.feeds]
    shown = [link for link in able if link.is_simulated == able[0].is_simulated]
    return [_part(link, shown) for link in links]


def _part(link: BrokerLink, shown: list[BrokerLink]) -> str:
    if not link.feeds:
        return "never: this venue is for orders only"
    if link not in shown:
        return f"none: {'simulated' if link.is_simulated else 'real'} prices do not stand in for the others"
    if len(shown) == 1:
        return "all"
    place = shown.index(link)
    return "first choice" if place == 0 else f"choice {place + 1}: while those before it have none"
