"""What is to be told of a firing, to which channels and when: written in the transaction that stores the firing."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts import store
from alerts.delivery import wake
from alerts.delivery.quiet import quiet_until
from alerts.models import AlertChannel, AlertDelivery, AlertRule
from alerts.rules.spec import RuleSpec
from streaming.facts import Fact

KEPT = datetime.timedelta(hours=6)
"""How long a message is tried; after quiet hours from their end."""
DIGEST_S = 180.0
"""How long firings are gathered for one message, once an alert fires more often than people can read."""
PAGE_ONLY = "page"
"""In place of a channel: tell it on the desk's pages and nowhere else."""


def plan(fact: Fact) -> None:
    """Write down which channels are to be told of a firing."""
    row = AlertRule.objects.filter(pk=int(fact.payload["rule"]), person=fact.person).first()
    if row is None:
        return
    spec, now = store.spec_of(row), timezone.now()
    for channel in chosen(fact.person, spec):
        quiet = None if is_about_desk(spec) else _quiet(spec, channel, now)
        if quiet is not None:
            _gather(channel, None, fact, quiet)
        elif fact.payload.get("digest"):
            _gather(channel, row.pk, fact, now + datetime.timedelta(seconds=DIGEST_S))
        else:
            _add(channel, row.pk, fact, now)
    transaction.on_commit(wake.wake, robust=True)


def chosen(person: int, spec: RuleSpec) -> Sequence[AlertChannel]:
    """Return the channels that are told of a rule: those it names, or else every one of the person that is on.

    A rule whose channels were all removed is told by every one, too: it never goes silent because a channel did.
    """
    known = list(AlertChannel.objects.filter(person=person, gone=None))
    named = [row for row in known if str(row.pk) in spec.channels]
    if not named and PAGE_ONLY not in spec.channels:
        named = known
    return [row for row in named if row.is_on]


def is_about_desk(spec: RuleSpec) -> bool:
    """Whether a rule looks at the desk's own state: that is told in quiet hours too."""
    return all(field.field.subject == "desk" for field in spec.fields)


def _quiet(spec: RuleSpec, channel: AlertChannel, now: datetime.datetime) -> datetime.datetime | None:
    hours = [*spec.quiet, *([channel.quiet] if channel.quiet else [])]
    return quiet_until(hours, channel.zone, now) if hours else None


def _add(channel: AlertChannel, rule: int, fact: Fact, now: datetime.datetime) -> None:
    AlertDelivery.objects.create(
        person_id=fact.person, channel=channel, rule=rule, fact=fact.number, due=now, expires=now + KEPT
    )


def _gather(channel: AlertChannel, rule: int | None, fact: Fact, due: datetime.datetime) -> None:
    """Add a firing to the message that gathers them, which is told when it is due; begin one if there is none."""
    gathering = AlertDelivery.objects.filter(
        person=fact.person, channel=channel, rule=rule, is_digest=True, state="waiting", attempts=0, leased=None
    )
    if not gathering.update(count=F("count") + 1, fact=fact.number):
        AlertDelivery.objects.create(
            person_id=fact.person, channel=channel, rule=rule, fact=fact.number, is_digest=True, due=due,
            expires=due + KEPT,
        )  # fmt: skip


def plan_trial(channel: AlertChannel) -> AlertDelivery:
    """Write down a message that shows whether a channel works."""
    now = timezone.now()
    found = AlertDelivery.objects.create(
        person_id=channel.person_id, channel=channel, due=now, expires=now + datetime.timedelta(minutes=5)
    )
    transaction.on_commit(wake.wake, robust=True)
    return found
