"""A person's rules in the database. Everything asks it, and nothing here is for the event loop.

Each change tells the person's streams, in its transaction and after it, and has the person watched.
"""

import datetime
import typing
from collections.abc import Callable, Mapping

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.links.store import announce
from accounts.models import User
from alerts.models import REASON_LENGTH, AlertCheckpoint, AlertRule
from alerts.rules.reader import parse_rule, write_rule
from alerts.rules.spec import MOST_RULES, Rule, RuleSpec
from streaming.models import Ownership, StoredFact
from streaming.ownership import rows as ownership

LATEST_MS = 253_370_764_800_000
"""The first of January 9999: what is later is no date."""


class AlertError(Exception):
    """What was asked for cannot be had. `field` names what is wrong with it, as far as one thing is."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class StoredRule(msgspec.Struct, frozen=True):
    """A rule to evaluate. `state` is that after its newest firing, which was stored at `state_at`. Times in ms."""

    rule: Rule
    is_armed: bool
    state: str | None
    state_at: int | None
    snoozed_until: int | None
    fired: int
    fired_at: int | None
    unchecked_from: int | None
    unchecked_to: int | None


class StoredRules(msgspec.Struct, frozen=True):
    """A person's rules, and what their evaluation had to remember at the last checkpoint."""

    rules: list[StoredRule]
    checkpoint: str | None


def of(person: int) -> list[AlertRule]:
    """Return a person's rules, the oldest first."""
    return list(AlertRule.objects.filter(person=person))


def find(person: int, id: int) -> AlertRule:
    """Return one rule of a person. Raises AlertError: somebody else's is not there either."""
    row = AlertRule.objects.filter(person=person, pk=id).first()
    if row is None:
        raise AlertError("unknown_alert", "You have no such alert.")
    return row


def create(person: int, spec: RuleSpec) -> AlertRule:
    """Keep a new rule and arm it. Raises AlertError when there are too many."""
    with transaction.atomic():
        list(User.objects.select_for_update().filter(pk=person))  # of two at once, the second one counts the first
        if AlertRule.objects.filter(person=person).count() >= MOST_RULES:
            raise AlertError("too_many_alerts", f"You have {MOST_RULES} alerts. Delete one first.")
        row = AlertRule(person_id=person, spec=write_rule(spec))
        _arm(row, spec)
        row.save()
        _tell(person)
        return row


def change(person: int, id: int, spec: RuleSpec) -> AlertRule:
    """Give a rule another text: another version, which is armed and begins anew. Raises AlertError."""

    def apply(row: AlertRule) -> None:
        row.spec = write_rule(spec)
        row.version += 1
        _arm(row, spec)

    return _alter(person, id, apply)


def arm(person: int, id: int, *, is_armed: bool) -> AlertRule:
    """Arm a rule anew, or let it rest. Raises AlertError for one that is over by its own date."""

    def apply(row: AlertRule) -> None:
        if not is_armed:
            row.is_armed, row.wake_at = False, None
            return
        if row.expires is not None and row.expires <= timezone.now():
            raise AlertError("alert_expired", "This alert is over. Give it another end first.", "expires")
        row.version += 1
        _arm(row, spec_of(row))

    return _alter(person, id, apply)


def snooze(person: int, id: int, until: datetime.datetime | None) -> AlertRule:
    """Let a rule tell nothing until then (aware), or no longer. Raises AlertError."""

    def apply(row: AlertRule) -> None:
        row.snoozed_until = until

    return _alter(person, id, apply)


def delete(person: int, id: int) -> None:
    """Forget a rule; what it fired stays. Raises AlertError."""
    with transaction.atomic():
        find(person, id).delete()
        _tell(person)


def _alter(person: int, id: int, apply: Callable[[AlertRule], None]) -> AlertRule:
    with transaction.atomic():
        row = AlertRule.objects.select_for_update().filter(person=person, pk=id).first()
        if row is None:
            raise AlertError("unknown_alert", "You have no such alert.")
        apply(row)
        row.save()
        _tell(person)
        return row


def _arm(row: AlertRule, spec: RuleSpec) -> None:
    now = timezone.now()
    row.is_armed, row.armed_at, row.state, row.checked_at, row.wake_at = True, now, None, None, now
    row.expires = None if spec.expires is None else moment(spec.expires)


def _tell(person: int) -> None:
    """Have the person's streams run, and look at the rules."""
    if AlertRule.objects.filter(person=person, wake_at__lte=timezone.now()).exists():
        ownership.watch(person)
    announce(person)


def spec_of(row: AlertRule) -> RuleSpec:
    """Return a rule as it is evaluated. What is stored was read before."""
    return parse_rule(row.spec)


def moment(at: int) -> datetime.datetime:
    """Return a time in ms as a date, UTC."""
    return datetime.datetime.fromtimestamp(min(at, LATEST_MS) / 1000, datetime.UTC)


def millis(at: datetime.datetime | None) -> int | None:
    """Return a date as a time in ms."""
    return None if at is None else round(at.timestamp() * 1000)


# What the owner of a person asks


def stored_rules(person: int) -> StoredRules:
    """Return a person's rules for evaluation."""
    rules = [
        StoredRule(
            rule=Rule(str(row.pk), row.version, spec_of(row), millis(row.armed_at) or 0),
            is_armed=row.is_armed,
            state=row.state,
            state_at=millis(row.checked_at),
            snoozed_until=millis(row.snoozed_until),
            fired=row.fired,
            fired_at=millis(row.fired_at),
            unchecked_from=millis(row.unchecked_from),
            unchecked_to=millis(row.unchecked_to),
        )
        for row in of(person)
    ]
    return StoredRules(rules, AlertCheckpoint.objects.filter(person=person).values_list("state", flat=True).first())


def fact_before(person: int, at: int) -> int:
    """Return the number of the newest fact of a person that was stored before `at` (ms); 0 where none was."""
    rows = StoredFact.objects.filter(person=person, recorded__lt=at).order_by("-number")
    return rows.values_list("number", flat=True).first() or 0


def save_checkpoint(person: int, epoch: int, state: str, at: int, wake: Mapping[str, int | None]) -> bool:
    """Keep what evaluation has to remember at `at` (ms), and from when on rules have to be watched, by their id.

    Returns whether it was kept: not where `epoch` is over, for then somebody else evaluates.
    """
    with transaction.atomic():
        if not Ownership.objects.select_for_update().filter(person=person, epoch=epoch).exists():
            return False
        AlertCheckpoint.objects.update_or_create(person_id=person, defaults={"state": state, "at": moment(at)})
        _note_wakes(person, moment(at), {int(id_): moment(to) if to is not None else None for id_, to in wake.items()})
    return True


def _note_wakes(person: int, now: datetime.datetime, wake: Mapping[int, datetime.datetime | None]) -> None:
    """Keep from when on rules have to be watched, where that is another time; what is due already is due."""
    armed = AlertRule.objects.filter(person=person, is_armed=True)
    others: dict[datetime.datetime | None, list[int]] = {}
    for id_, before in armed.values_list("pk", "wake_at"):
        value = wake.get(id_, before)
        is_due = before is not None and value is not None and max(before, value) <= now
        if value != before and not is_due:
            others.setdefault(value, []).append(id_)
    for value, rules in others.items():
        armed.filter(pk__in=rules).update(wake_at=value)


def note_firing(rule: int, version: int, at: int, seen_at: int, state: str | None, *, stays_armed: bool) -> None:
    """Count a firing that is stored in this transaction, and keep the state its evaluation is in after it.

    It happened at `at` by its source's clock and was found at `seen_at` by ours (ms): until then the state holds.
    """
    row = AlertRule.objects.filter(pk=rule)
    row.update(fired=F("fired") + 1, fired_at=moment(at))
    values: Mapping[str, typing.Any] = {"state": state, "checked_at": moment(seen_at)}
    current = row.filter(version=version)
    current.update(**values) if stays_armed else current.update(**values, is_armed=False, wake_at=None)


def note_unchecked(person: int, rule: int, since: int, until: int, reason: str) -> None:
    """Keep when a rule was not checked, told in this transaction."""
    AlertRule.objects.filter(pk=rule, person=person).update(
        unchecked_from=moment(since), unchecked_to=moment(until), unchecked_why=reason[:REASON_LENGTH]
    )
