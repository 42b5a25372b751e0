"""Alerts as they are kept: rules, and how far each was evaluated."""

import typing

from django.conf import settings
from django.db import models

from accounts.models import Sealed

NAME_LENGTH = 60
KIND_LENGTH = 12
DESTINATION_LENGTH = 254
QUIET_LENGTH = 11
ZONE_LENGTH = 64
STATE_LENGTH = 8
REASON_LENGTH = 300
NEW_YORK = "America/New_York"


class AlertRule(models.Model):
    """One rule of a person, as it reads now. `spec` is what alerts/rules/spec.py reads; each edit is a new `version`.

    `is_armed` is the person's wish: one that rests is kept and not evaluated, and one that fires once rests afterwards.
    `state` is what its evaluation had to remember, of this version, after its newest firing at `checked_at`; it was
    stored with that. Its firings are facts, which stay when it is deleted; `fired` counts those of all versions.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_rules")
    spec = models.TextField()
    version = models.PositiveIntegerField(default=1)
    is_armed = models.BooleanField(default=True)
    armed_at = models.DateTimeField()
    """When this version was armed: what happened before is not its matter."""
    snoozed_until = models.DateTimeField(null=True)
    fired = models.PositiveBigIntegerField(default=0)
    fired_at = models.DateTimeField(null=True)
    state = models.TextField(null=True)
    checked_at = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)
    """When it ends by itself; it is in the rule, too."""
    unchecked_from = models.DateTimeField(null=True)
    unchecked_to = models.DateTimeField(null=True)
    unchecked_why = models.CharField(max_length=REASON_LENGTH, blank=True)
    """When it was not checked last, and why; each such time is a notice, too."""
    wake_at = models.DateTimeField(null=True)
    """From when on the person has to be watched for it; None where it waits for nothing."""
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "alert"
        ordering: typing.ClassVar = ["pk"]
        indexes: typing.ClassVar = [
            models.Index(fields=["wake_at"], condition=models.Q(wake_at__isnull=False), name="alert_to_wake_for")
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}, version {self.version}"


class AlertCheckpoint(models.Model):
    """What the evaluation of all rules of a person had to remember at one moment: after a gap it goes on from there."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="alert_checkpoint"
    )
    state = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"alerts of {self.person_id} at {self.at}"


class AlertChannel(Sealed):
    """A way by which a person is told of firings where no page is open. Its address and tokens are sealed.

    `destination` is what may be shown of where it leads. `fingerprint` names the browser of a push channel. `quiet` is
    as 22:00-07:00 by the clock of `zone`, or empty. One that is `gone` is told nothing any more: its receiver said so.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_channels")
    kind = models.CharField(max_length=KIND_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH)
    destination = models.CharField(max_length=DESTINATION_LENGTH, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    is_on = models.BooleanField(default=True)
    quiet = models.CharField(max_length=QUIET_LENGTH, blank=True)
    zone = models.CharField(max_length=ZONE_LENGTH, default=NEW_YORK)
    added = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True)
    """When it took a message last."""
    failed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    """Why the newest try failed; empty once one succeeds."""
    gone = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "channel"
        ordering: typing.ClassVar = ["added", "pk"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(
                fields=["person", "fingerprint"],
                condition=~models.Q(fingerprint=""),
                name="one_channel_per_browser",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class AlertDelivery(models.Model):
    """One message to one channel. Written with the fact that it tells of, in its transaction; kept for 30 days.

    `fact` is the number of the fact, of the newest one where it stands for `count` of them; None for a trial. It is
    `waiting` until the channel took it (`sent`), whoever showed it said so (`shown`), or it is over (`gave_up`).
    `due` is when it is tried next. Whoever tries it has it until `leased`.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="deliveries")
    rule = models.PositiveBigIntegerField(null=True)
    fact = models.PositiveBigIntegerField(null=True)
    count = models.PositiveIntegerField(default=1)
    is_digest = models.BooleanField(default=False)
    state = models.CharField(max_length=STATE_LENGTH, default="waiting")
    made = models.DateTimeField(auto_now_add=True)
    due = models.DateTimeField()
    expires = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    leased = models.DateTimeField(null=True)
    sent = models.DateTimeField(null=True)
    shown = models.DateTimeField(null=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        ordering: typing.ClassVar = ["-pk"]
        indexes: typing.ClassVar = [
            models.Index(fields=["due"], condition=models.Q(state="waiting"), name="deliveries_that_wait"),
            models.Index(fields=["person", "fact"], name="deliveries_by_fact"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}, {self.state}"
