"""Who runs a person's streams, and the ledger: what happened, stored before anybody is told."""

from django.conf import settings
from django.db import models

from streaming.facts import LINK_LENGTH, VENUE_ID_LENGTH

KIND_LENGTH = 16


class Ownership(models.Model):
    """The right to run one person's manager. `epoch` grows with every claim; `fact` is the newest fact's number."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="ownership"
    )
    epoch = models.PositiveBigIntegerField()
    fact = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "ownership"

    def __str__(self) -> str:
        return f"epoch {self.epoch} of {self.person_id}, {self.fact} facts"


class StoredFact(models.Model):
    """One fact. Never changed and never deleted, except with its person.

    `at`, `recorded` and `late_ms` in milliseconds. `link` is no foreign key: a fact outlives the link it came by.
    `venue_id` and `link` are empty where there is none, `epoch` is 0 where no owner recorded it. `payload` is JSON with
    exact numbers.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="facts")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=KIND_LENGTH)
    link = models.CharField(max_length=LINK_LENGTH, blank=True)
    venue_id = models.CharField(max_length=VENUE_ID_LENGTH, blank=True)
    at = models.BigIntegerField()
    recorded = models.BigIntegerField()
    recovered = models.BooleanField()
    late_ms = models.BigIntegerField(null=True)
    epoch = models.PositiveBigIntegerField()
    payload = models.TextField()

    class Meta:
        verbose_name = "fact"
        ordering = ["person", "number"]
        constraints = [
            models.UniqueConstraint(fields=["person", "number"], name="one_fact_per_number"),
            models.UniqueConstraint(
                fields=["person", "link", "kind", "venue_id"],
                condition=~models.Q(venue_id=""),
                name="one_fact_per_venue_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
