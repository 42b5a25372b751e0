"""A person's channels in the database. Synchronous."""

import datetime
import hashlib
import uuid
from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils import timezone

from accounts.credentials import keys
from accounts.models import User
from alerts.delivery.channels import MOST_CHANNELS, MOST_DEVICES, destination_of
from alerts.delivery.contract import KindName
from alerts.delivery.outbox import tell_people
from alerts.models import DESTINATION_LENGTH, NAME_LENGTH, AlertChannel, AlertDelivery
from alerts.store import AlertError, millis
from brokers.contract.broker import Credentials
from streaming.models import StoredFact

NEWEST, MOST_TOLD = 50, 500
"""Deliveries that are told at once: the newest, and of firings that were named."""

Found = dict[str, object]


def of(person: int) -> list[AlertChannel]:
    """Return a person's channels, the oldest first; those that are gone too."""
    return list(AlertChannel.objects.filter(person=person))


def find(person: int, id: uuid.UUID) -> AlertChannel:
    """Return one channel of a person. Raises AlertError: one of somebody else is unknown too."""
    row = AlertChannel.objects.filter(person=person, pk=id).first()
    if row is None:
        raise AlertError("unknown_channel", "You have no such channel.")
    return row


def create(
    person: int, kind: KindName, name: str, secrets: Mapping[str, str], *, quiet: str = "", zone: str
) -> AlertChannel:
    """Keep a new channel. A browser that is known already is the same channel anew. Raises AlertError."""
    known_by = fingerprint(secrets["endpoint"]) if kind == "push" else ""
    with keys.locked(), transaction.atomic():
        list(User.objects.select_for_update().filter(pk=person))  # of two at once, the second one counts the first
        row = AlertChannel.objects.filter(person=person, fingerprint=known_by).first() if known_by else None
        if row is None:
            _check_room(person, kind)
            row = AlertChannel(person_id=person, kind=kind, fingerprint=known_by)
        row.name, row.quiet, row.zone = name[:NAME_LENGTH], quiet, zone
        row.destination = destination_of(kind, secrets)[:DESTINATION_LENGTH]
        row.is_on, row.gone, row.reason = True, None, ""
        row.seal(Credentials(dict(secrets)))
        row.save()
        return row


def _check_room(person: int, kind: KindName) -> None:
    mine = AlertChannel.objects.filter(person=person, gone=None)
    if kind == "push":
        if mine.filter(kind="push").count() >= MOST_DEVICES:
            raise AlertError("too_many_channels", f"You have {MOST_DEVICES} browsers for push. Remove one first.")
    elif mine.exclude(kind="push").count() >= MOST_CHANNELS:
        raise AlertError("too_many_channels", f"You have {MOST_CHANNELS} channels. Remove one first.")


def fingerprint(endpoint: str) -> str:
    """Return what a browser is known by: its address at its push service tells too much."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def switch(person: int, id: uuid.UUID, *, is_on: bool | None = None, quiet: str | None = None) -> AlertChannel:
    """Switch a channel on or off, or give it other quiet hours. Raises AlertError."""
    row = find(person, id)
    if is_on is not None:
        row.is_on = is_on
    if quiet is not None:
        row.quiet = quiet
    row.save(update_fields=["is_on", "quiet"])
    return row


def delete(person: int, id: uuid.UUID) -> AlertChannel:
    """Forget a channel, its secrets, and what it was told. Raises AlertError."""
    row = find(person, id)
    row.delete()
    return row


def renew(former: str, secrets: Mapping[str, str]) -> None:
    """Give a browser that was known by its `former` address its new one. Raises AlertError."""
    with keys.locked(), transaction.atomic():
        row = AlertChannel.objects.select_for_update().filter(kind="push", fingerprint=fingerprint(former)).first()
        if row is None:
            raise AlertError("unknown_channel", "This browser is not pushed to.")
        AlertChannel.objects.filter(person=row.person_id, fingerprint=fingerprint(secrets["endpoint"])).exclude(
            pk=row.pk
        ).delete()
        row.fingerprint, row.gone, row.reason = fingerprint(secrets["endpoint"]), None, ""
        row.destination = destination_of("push", secrets)[:DESTINATION_LENGTH]
        row.seal(Credentials(dict(secrets)))
        row.save()


def channel_json(row: AlertChannel) -> Found:
    """Return what is told of a channel: no address, no token. Times in ms."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "name": row.name,
        "destination": row.destination or None,
        "on": row.is_on,
        "quiet": row.quiet or None,
        "zone": row.zone,
        "added": millis(row.added),
        "told_at": millis(row.told_at),
        "failed_at": millis(row.failed_at),
        "reason": row.reason or None,
        "gone_at": millis(row.gone),
    }


def delivery_json(row: AlertDelivery) -> Found:
    """Return what is told of a delivery. Times in ms."""
    return {
        "id": str(row.pk),
        "channel": str(row.channel_id),
        "name": row.channel.name,
        "kind": row.channel.kind,
        "rule": None if row.rule is None else str(row.rule),
        "fact": row.fact,
        "count": row.count,
        "state": row.state,
        "attempts": row.attempts,
        "made": millis(row.made),
        "due": millis(row.due) if row.state == "waiting" else None,
        "sent_at": millis(row.sent),
        "shown_at": millis(row.shown),
        "reason": row.reason or None,
    }


def deliveries(person: int, *, rule: int | None = None, facts: Collection[int] = ()) -> list[Found]:
    """Return the newest deliveries of a person, of one rule or of some firings."""
    most = MOST_TOLD if facts else NEWEST
    return [delivery_json(row) for row in tell_people(person, most, rule=rule, facts=facts)]


def told_here(person: int, facts: Collection[int]) -> list[Found]:
    """Return which of these facts are firings of a person, and when each was stored and told (ms)."""
    rows = StoredFact.objects.filter(person=person, kind="alert", number__in=facts).order_by("number")
    return [{"fact": number, "at": at} for number, at in rows.values_list("number", "recorded")]


def in_words(row: AlertDelivery, now: datetime.datetime | None = None) -> str:
    """Return how a delivery stands: "waits, try 2", "sent", "shown", "gave up after 3 tries: …"."""
    match row.state:
        case "waiting" if row.attempts:
            late = max(0, round((row.due - (now or timezone.now())).total_seconds()))
            return f"waits, try {row.attempts + 1} in {late} s: {row.reason}"
        case "waiting":
            return f"gathers {row.count}" if row.is_digest else "waits"
        case "gave_up":
            return (
                f"not delivered after {row.attempts} tries; it is not tried again: {row.reason or 'its time is over'}"
            )
        case state:
            return state
