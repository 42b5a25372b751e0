"""Who is there and who owns whom: the rows of hosts and of ownership. Synchronous; all by the database's clock.

A host is live until it has not renewed for `lease_s`, and somebody has doubted it for a third of that. The doubt is for
a clock that jumps: everybody looks late then, but who is alive renews, and is doubted no more, before that is over.
"""

import datetime
import functools
import operator
import typing
import uuid
from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from streaming.limits import limits
from streaming.models import Ownership, StoredHost

DOUBT_AFTER = 1 / 2
SURE_AFTER = 1 / 3
"""Fractions of `lease_s`: after which silence a host is doubted, and for how long before it counts as gone."""
AHEAD_S = 1.0
"""A heartbeat further in the future than this is one that the clock has left behind."""
KEPT = datetime.timedelta(hours=1)
"""How long the row of a host that died stays to be seen."""
ORPHANS = 200
WATCH_S = 60.0
"""For how long at a time a person is watched whom no socket shows."""


class Owner(typing.NamedTuple):
    """Who owns one person: a host, where it hears (empty where it is gone), the epoch, and whether it is live."""

    host: str
    channel: str
    epoch: int
    live: bool


class HeldPeople(typing.NamedTuple):
    """What a host has of one person: the epoch, whether they are to be watched without a socket, and their `links`.

    `links` is another number after each change of those.
    """

    epoch: int
    needed: bool
    links: int = 0


class Claim(typing.NamedTuple):
    """A host would own a person."""

    person: int
    host: str


class OwnedPerson(typing.NamedTuple):
    """A host owns a person in an epoch."""

    person: int
    host: str
    epoch: int


class HostRow(typing.NamedTuple):
    """A host as the others see it: whether it is `live`, and whether it is `silent` and nobody doubted it yet."""

    id: str
    name: str
    boot: str
    kind: str
    channel: str
    layer: str
    willing: bool
    load: int
    live: bool
    silent: bool


class OwnerIdentity(typing.NamedTuple):
    """What a host says of itself once."""

    name: str
    boot: str
    kind: str
    willing: bool


class Situation(typing.NamedTuple):
    """What it says with every heartbeat: where it hears, on which layer, and how many people it owns."""

    channel: str
    layer: str
    load: int


def _ago(seconds: float) -> typing.Any:
    return Now() - datetime.timedelta(seconds=seconds)


def _live() -> Q:
    """The test of a StoredHost whether it is live."""
    lease = limits().lease_s
    on_time = Q(renewed__gte=_ago(lease), renewed__lte=_ago(-AHEAD_S))
    sure = Q(doubted__lte=_ago(lease * SURE_AFTER)) | Q(doubted__gt=_ago(-AHEAD_S))
    return on_time | Q(doubted__isnull=True) | ~sure


def _silent() -> Q:
    """The test of a StoredHost whether it should be doubted, and is not yet."""
    late = Q(renewed__lt=_ago(limits().lease_s * DOUBT_AFTER)) | Q(renewed__gt=_ago(-AHEAD_S))
    return late & Q(doubted__isnull=True)


def owned_by_live() -> Exists:
    """The test of a row whose `host` is a host's id whether that host is live."""
    return Exists(StoredHost.objects.filter(_live(), id=OuterRef("host")))


# Hosts


def register(host: str, identity: OwnerIdentity, situation: Situation) -> None:
    """Make the row of a host, live from now on; rows of hosts long dead go."""
    StoredHost.objects.filter(renewed__lt=Now() - KEPT).delete()
    told = identity._asdict() | situation._asdict()
    StoredHost.objects.create(id=uuid.UUID(host), **told, started=Now(), renewed=Now())


def renew(host: str, situation: Situation) -> bool:
    """Say that a host is alive. False where its row was ended, or it counts as gone already: then it owns nobody."""
    live = StoredHost.objects.filter(_live(), id=host)
    return live.update(renewed=Now(), doubted=None, **situation._asdict()) == 1


def doubt(*silent: str) -> None:
    """Doubt hosts that did not renew for half the time they have; one that is alive says so in time."""
    if silent:
        StoredHost.objects.filter(_silent(), id__in=silent).update(doubted=Now())


def hosts() -> list[HostRow]:
    """Return every host whose row was not ended, the oldest first; those that died long ago are gone."""
    rows = StoredHost.objects.annotate(live=_live(), silent=_silent())
    return [
        HostRow(
            str(row.id), row.name, row.boot, row.kind, row.channel, row.layer, row.willing, row.load,
            bool(row.live), bool(row.silent),
        )
        for row in rows
    ]  # fmt: skip


def mark_ended(*ended: str) -> None:
    """Hosts are no more: whoever they own can be claimed from now on."""
    if ended:
        StoredHost.objects.filter(id__in=ended).delete()


# People


def claim(person: int, host: str) -> int | None:
    """Make `host` the owner of `person`, and return the new epoch; every earlier owner is fenced by it.

    None while another live host owns them, or where another one was quicker. Raises IntegrityError for a person who is
    no more.
    """
    with transaction.atomic():
        return _claim([Claim(person, host)])[0]


def claim_each(claims: Sequence[Claim]) -> list[int | IntegrityError | None]:
    """Try `claims` in one transaction, and return what became of each; it is an error for a person who is no more."""
    try:
        with transaction.atomic():
            return [*_claim(claims)]
    except IntegrityError as error:  # foreign keys are looked at in the end, where nobody knows whose it was
        if len(claims) == 1:
            return [error]
        return [outcome for one in claims for outcome in claim_each([one])]


def _claim(claims: Sequence[Claim]) -> list[int | None]:
    """Raise the epoch of whoever of the claimed is free, by one conditional statement for each claiming host.

    The rows are locked in one order everywhere, so that no two who claim wait for each other in a ring.
    """
    rows = Ownership.objects.filter(person__in={one.person for one in claims})
    seen = dict(rows.order_by("person").select_for_update().values_list("person", "epoch"))
    unknown = sorted({one.person for one in claims} - seen.keys())
    Ownership.objects.bulk_create([Ownership(person_id=person, epoch=0) for person in unknown], ignore_conflicts=True)
    won: set[tuple[int, str]] = set()
    for host in {one.host for one in claims}:
        former = [OwnedPerson(one.person, host, seen.get(one.person, 0)) for one in claims if one.host == host]
        free = Ownership.objects.filter(_in(former), Q(host=host) | ~owned_by_live())
        if free.update(host=host, epoch=F("epoch") + 1):
            new = [one._replace(epoch=one.epoch + 1) for one in former]
            mine = Ownership.objects.filter(_in(new), host=host)
            won |= {(person, host) for person in mine.values_list("person", flat=True)}
    return [seen.get(person, 0) + 1 if (person, host) in won else None for person, host in claims]


def _in(holdings: Sequence[OwnedPerson]) -> Q:
    """The test of an Ownership whether its person and epoch are among `holdings`."""
    return functools.reduce(operator.or_, (Q(person=one.person, epoch=one.epoch) for one in holdings))


def release(person: int, host: str, epoch: int) -> bool:
    """Hand `person` back, if `host` owns them in `epoch`: anybody may claim them at once. Returns whether it did."""
    return release_each([OwnedPerson(person, host, epoch)])[0]


def release_each(holdings: Sequence[OwnedPerson]) -> list[bool]:
    """Hand people back in one transaction, and return of which it was true that they were held so."""
    released: set[tuple[int, str]] = set()
    with transaction.atomic():
        for host in {one.host for one in holdings}:
            rows = Ownership.objects.filter(_in([one for one in holdings if one.host == host]), host=host)
            held = rows.order_by("person").select_for_update().values_list("person", flat=True)
            released |= {(person, host) for person in held}
            rows.update(host=None)
    return [(one.person, one.host) in released for one in holdings]


def owner(person: int) -> Owner | None:
    """Return who owns `person`; None where nobody ever did, or they were handed back."""
    return owners([person]).get(person)


def owners(people: Collection[int]) -> dict[int, Owner]:
    """Return who owns each of `people`, without those whom nobody ever owned, or who were handed back."""
    channel = StoredHost.objects.filter(id=OuterRef("host")).values("channel")
    rows = Ownership.objects.filter(person__in=people, host__isnull=False)
    told = rows.annotate(live=owned_by_live(), channel=Subquery(channel))
    return {row.person_id: Owner(str(row.host), row.channel or "", row.epoch, row.live) for row in told}


def people_by_host(host: str) -> dict[int, HeldPeople]:
    """Return whom `host` owns."""
    rows = Ownership.objects.filter(host=host).annotate(needed=Q(wanted_until__gt=Now()))
    told = rows.values_list("person", "epoch", "needed", "links")
    return {person: HeldPeople(epoch, bool(needed), links) for person, epoch, needed, links in told}


def note_links(person: int) -> None:
    """Note that a person's links changed. Callable in the transaction that changes them."""
    Ownership.objects.filter(person=person).update(links=F("links") + 1)


def orphans(limit: int = ORPHANS) -> list[int]:
    """Return people who are to be watched without a socket and have no live owner, at most `limit`."""
    wanted = Ownership.objects.filter(~owned_by_live(), wanted_until__gt=Now(), person__is_active=True)
    return list(wanted.values_list("person", flat=True)[:limit])


def watch_until(person: int, until: datetime.datetime) -> None:
    """Have `person` watched until then although no socket shows them; never shorter than was asked for before.

    Callable in the transaction that makes the reason (an alert rule, an order). Whoever has one says so again in time.
    """
    Ownership.objects.bulk_create([Ownership(person_id=person, epoch=0)], ignore_conflicts=True)
    shorter = Q(wanted_until__isnull=True) | Q(wanted_until__lt=until)
    Ownership.objects.filter(shorter, person=person).update(wanted_until=until)


def watch(*people: int) -> None:
    """Have people watched for WATCH_S. Whoever has the reason says so again in time."""
    until = timezone.now() + datetime.timedelta(seconds=WATCH_S)
    for person in people:
        watch_until(person, until)


def mean_load(rows: Collection[HostRow]) -> float:
    """Return how many people a live willing host owns on average."""
    loads = [row.load for row in rows if row.live and row.willing]
    return sum(loads) / len(loads) if loads else 0.0
