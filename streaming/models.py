"""Who runs a person's streams, and the ledger: what happened, stored before anybody is told."""

import uuid

from django.conf import settings
from django.db import models

from streaming.facts import LINK_LENGTH, VENUE_ID_LENGTH

KIND_LENGTH = 16
NAME_LENGTH = 100


class StoredHost(models.Model):
    """A process that streams, and its heartbeat. All times are by the database's clock.

    `name` is "hostname:pid", `boot` tells one life of that pid from another, `layer` is what it has in common with
    those it hears, `channel` where it hears them. `load` is how many people it owns; only a `willing` one claims any.
    `doubted` is when somebody first saw that it had not renewed for long.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=NAME_LENGTH)
    boot = models.CharField(max_length=NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=KIND_LENGTH)
    channel = models.CharField(max_length=NAME_LENGTH, blank=True)
    layer = models.CharField(max_length=NAME_LENGTH, blank=True)
    willing = models.BooleanField(default=True)
    load = models.PositiveIntegerField(default=0)
    started = models.DateTimeField()
    renewed = models.DateTimeField(db_index=True)
    doubted = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "host"
        ordering = ["started"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Ownership(models.Model):
    """The right to run one person's manager. `epoch` grows with every claim; `fact` is the newest fact's number.

    `host` is the StoredHost that has it, and no foreign key: a host that is gone leaves the name behind. None was
    handed back. Until `wanted_until` the person is to be watched although no socket shows them. `links` grows with
    every change of their links, so that whoever holds them open sees it even where nobody could tell.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="ownership"
    )
    epoch = models.PositiveBigIntegerField()
    fact = models.PositiveBigIntegerField(default=0)
    host = models.UUIDField(null=True, db_index=True)
    wanted_until = models.DateTimeField(null=True)
    links = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "ownership"
        indexes = [
            models.Index(
                fields=["wanted_until"], condition=models.Q(wanted_until__isnull=False), name="wanted_without_a_socket"
            )
        ]

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
        # What is asked for by a venue's ids finds no use in the constraint's: it holds some rows only.
        indexes = [models.Index(fields=["person", "link", "venue_id"], name="facts_by_venue_id")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class StoredCursor(models.Model):
    """What the source of one link is told again when it begins anew. Written in the transaction of the facts it is of.

    `link` is no foreign key, as in StoredFact.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cursors")
    link = models.CharField(max_length=LINK_LENGTH)
    name = models.CharField(max_length=VENUE_ID_LENGTH)
    value = models.TextField()

    class Meta:
        verbose_name = "cursor"
        constraints = [models.UniqueConstraint(fields=["person", "link", "name"], name="one_cursor_per_name")]

    def __str__(self) -> str:
        return f"{self.name} of link {self.link}"


class LastKnown(models.Model):
    """What a person's board knew when it was written last: a JSON list of items, with exact numbers.

    It is what pages show while nothing streams, with its age. Bounded by streaming/last_known/slots.py.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="last_known"
    )
    state = models.TextField()

    class Meta:
        verbose_name = "last known values"
        verbose_name_plural = "last known values"

    def __str__(self) -> str:
        return f"last known values of {self.person_id}"
