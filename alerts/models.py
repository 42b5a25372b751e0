"""Alerts as they are kept: rules, and how far each was evaluated."""

import typing

from django.conf import settings
from django.db import models


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
