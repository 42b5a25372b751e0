"""Messages that wait for their channels, in the database: who tries which, and what became of it. Synchronous."""

import collections
import datetime
import random
import typing
from collections.abc import Collection, Iterable, Mapping

import msgspec
from django.core import signing
from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from accounts import site
from alerts.delivery import text
from alerts.delivery.contract import Message
from alerts.models import AlertChannel, AlertDelivery
from alerts.store import millis
from streaming.facts import read
from streaming.models import StoredFact

LEASE_S = 60.0
"""For how long whoever claims a message has it: longer than any try takes."""
FIRST_S, LONGEST_S = 5.0, 900.0
"""After the first failure, and at most, until the next try."""
MOST_A_PERSON = 30
"""Channels of one person, browsers among them."""
HISTORY = datetime.timedelta(days=30)
_RECEIPT = signing.Signer(salt="alerts.delivery.receipt")


class Claimed(typing.NamedTuple):
    """A message that this process is to deliver now."""

    id: int
    person: int
    channel: AlertChannel
    message: Message


class Outcome(msgspec.Struct, frozen=True):
    """What became of a try. `reason` is empty where the channel took it."""

    reason: str = ""
    is_over: bool = False
    is_gone: bool = False
    retry_s: float | None = None


def claim(most: int, per_person: int, busy_channels: Collection[typing.Any], rooms: Mapping[int, int]) -> list[Claimed]:
    """Take at most `most` messages that are due, one of each channel that is not busy.

    At most `per_person` of one person, or as many as their `rooms` says, whose other channels are being told something.
    """
    now = timezone.now()
    with transaction.atomic():
        waiting = AlertDelivery.objects.filter(state="waiting", due__lte=now).filter(_free(now))
        full = [person for person, room in rooms.items() if room <= 0]
        waiting = waiting.exclude(channel__in=busy_channels).exclude(person__in=full)
        firsts = waiting.order_by().values("channel", "person").annotate(first=Min("pk")).order_by("first")
        ids = _fair(list(firsts[: most * MOST_A_PERSON]), most, per_person, rooms)
        rows = AlertDelivery.objects.select_related("channel").filter(pk__in=ids).filter(_free(now))
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        found = list(rows.order_by("pk"))
        until = now + datetime.timedelta(seconds=LEASE_S)
        AlertDelivery.objects.filter(pk__in=[row.pk for row in found]).update(leased=until)
    return [Claimed(row.pk, row.person_id, row.channel, message_of(row, now)) for row in found]


def _fair(
    firsts: Iterable[Mapping[str, typing.Any]], most: int, per_person: int, rooms: Mapping[int, int]
) -> list[int]:
    """Return the first of these that nobody has too many of."""
    taken: collections.Counter[int] = collections.Counter()
    ids: list[int] = []
    for one in firsts:
        if len(ids) < most and taken[one["person"]] < rooms.get(one["person"], per_person):
            taken[one["person"]] += 1
            ids.append(one["first"])
    return ids


def _free(now: datetime.datetime) -> Q:
    return Q(leased=None) | Q(leased__lte=now)


def next_due(busy_channels: Collection[typing.Any], busy_people: Collection[int]) -> datetime.datetime | None:
    """Return when the next message is due that nobody has; None where none waits."""
    waiting = AlertDelivery.objects.filter(state="waiting").exclude(channel__in=busy_channels)
    return waiting.exclude(person__in=busy_people).order_by("due").values_list("due", flat=True).first()


def message_of(row: AlertDelivery, now: datetime.datetime) -> Message:
    """Return a message as its channel is given it."""
    home = site.known_origin()
    receipt = f"{home}/api/alerts/receipts/{receipt_of(row.pk)}"
    url = f"{home}/alerts/" if home else ""
    if row.fact is None:
        return Message(
            id=str(row.pk), title="This is a trial", body="Alerts of your desk come this way.",
            at=millis(row.made) or 0, url=url, receipt=receipt,
        )  # fmt: skip
    fact = StoredFact.objects.get(person=row.person_id, number=row.fact)
    firing = read(fact.payload)
    late_ms = fact.late_ms if fact.recovered else None
    is_mixed = row.is_digest and row.rule is None and row.count > 1
    symbols = tuple(str(symbol) for symbol in firing.get("symbols", ()))
    told = {key: value for key, value in firing.items() if key != "state"}
    told |= {"recorded": fact.recorded, "recovered": fact.recovered, "late_ms": late_ms}
    return Message(
        id=str(row.pk),
        number=fact.number,
        title=f"{row.count} alerts in quiet hours" if is_mixed else text.title(firing, row.count),
        body=text.body(firing, fact.at, millis(now) or 0, late_ms, count=row.count),
        at=fact.at,
        count=row.count,
        url=url,
        receipt=receipt,
        symbols=symbols,
        fact=told,
    )


def settle(id: int, outcome: Outcome) -> None:
    """Write down what became of a try, of its channel too."""
    now = timezone.now()
    with transaction.atomic():
        row = AlertDelivery.objects.select_for_update().filter(pk=id, state="waiting").first()
        if row is None:
            return
        row.attempts, row.leased, row.reason = row.attempts + 1, None, outcome.reason
        if row.shown is not None:  # whoever was slow to say that it took it, somebody has seen it
            row.sent, row.state = row.sent or row.shown, "shown"
        elif not outcome.reason:
            row.sent, row.state = now, "sent"
        elif outcome.is_over or row.expires <= now:
            row.state = "gave_up"
        else:
            row.due = min(now + datetime.timedelta(seconds=pause_s(row.attempts, outcome.retry_s)), row.expires)
        row.save()
        channel = AlertChannel.objects.filter(pk=row.channel_id)
        if not outcome.reason:
            channel.update(told_at=now, reason="")
        elif outcome.is_gone:
            channel.update(failed_at=now, reason=outcome.reason, gone=now)
            AlertDelivery.objects.filter(channel=row.channel_id, state="waiting").update(
                state="gave_up", reason=outcome.reason
            )
        else:
            channel.update(failed_at=now, reason=outcome.reason)


def pause_s(attempts: int, asked_s: float | None = None) -> float:
    """Return how long to wait after so many tries: 5 s, doubled to 15 min, a fifth of it by chance; what is asked."""
    usual = min(LONGEST_S, FIRST_S * 2 ** min(attempts - 1, 20)) * random.uniform(0.8, 1.0)
    return float(max(usual, min(asked_s or 0.0, LONGEST_S)))


def end_overdue() -> int:
    """Give up what was never tried in its time, forget what is old. Returns how many were given up."""
    now = timezone.now()
    late = AlertDelivery.objects.filter(state="waiting", expires__lte=now).filter(_free(now))
    ended = late.update(state="gave_up")
    AlertDelivery.objects.filter(made__lt=now - HISTORY).exclude(state="waiting").delete()
    AlertChannel.objects.filter(gone__lt=now - HISTORY).delete()
    return ended


def receipt_of(id: int) -> str:
    """Return what shows that somebody was handed this message."""
    return _RECEIPT.sign(str(id))


def note_shown(receipt: str) -> bool:
    """Note that a message was shown. False for a receipt that is none of ours."""
    try:
        id = int(_RECEIPT.unsign(receipt))
    except (signing.BadSignature, ValueError):
        return False
    row = AlertDelivery.objects.filter(pk=id, shown=None)
    row.filter(state="sent").update(shown=timezone.now(), state="shown")
    row.update(shown=timezone.now())
    return True


def tell_people(
    person: int, most: int = 50, *, rule: int | None = None, facts: Collection[int] = ()
) -> list[AlertDelivery]:
    """Return a person's newest messages, of one rule or of some firings."""
    rows = AlertDelivery.objects.select_related("channel").filter(person=person)
    if rule is not None:
        rows = rows.filter(rule=rule)
    if facts:
        rows = rows.filter(fact__in=facts)
    return list(rows[:most])
