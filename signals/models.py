"""Signals as they are kept: who follows them, the chain of what was said and came, and what models learned."""

import typing

from django.conf import settings
from django.db import models

NAME_LENGTH = 60
VERSION_LENGTH = 20
ABOUT_LENGTH = 8
DIGEST_LENGTH = 64


class SignalFollower(models.Model):
    """Whether a person follows signals. Who does is watched in regular hours, page open or not."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="signal_follower"
    )
    is_on = models.BooleanField(default=True)
    silent = models.JSONField(default=dict)
    """Why models do not speak that the desk names, by what it names."""
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "follower of signals"
        verbose_name_plural = "followers of signals"

    def __str__(self) -> str:
        return f"person {self.person_id} {'follows' if self.is_on else 'does not follow'} signals"


class SignalFact(models.Model):
    """One fact of a person's chain. Never changed and never deleted, except with its person.

    `body` is the LinkedFact as JSON; the other fields are what is asked for. `at`, `bar` and `due` are in ms. `fact` is
    the number of the ledger's own, which was stored with it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signal_facts")
    number = models.PositiveBigIntegerField()
    fact = models.PositiveBigIntegerField()
    about = models.CharField(max_length=ABOUT_LENGTH)
    model = models.CharField(max_length=NAME_LENGTH)
    version = models.CharField(max_length=VERSION_LENGTH)
    at = models.BigIntegerField()
    bar = models.BigIntegerField()
    """The scheduled bar; of results the close of their session, of a model 0."""
    due = models.BigIntegerField()
    digest = models.CharField(max_length=DIGEST_LENGTH, blank=True)
    prev = models.CharField(max_length=DIGEST_LENGTH)
    link = models.CharField(max_length=DIGEST_LENGTH)
    body = models.TextField()

    class Meta:
        verbose_name = "fact of a signal"
        verbose_name_plural = "facts of signals"
        ordering: typing.ClassVar = ["person", "number"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "number"], name="one_signal_fact_per_number"),
            models.UniqueConstraint(
                fields=["person", "about", "model", "version", "bar"], name="one_signal_fact_per_bar"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.number} of {self.model} {self.version}"


class SignalRecord(models.Model):
    """The canonical bytes of a batch or an outcome, which facts name by their sha256. Kept for 400 days from `at`."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signal_records")
    digest = models.CharField(max_length=DIGEST_LENGTH)
    kind = models.CharField(max_length=ABOUT_LENGTH)
    data = models.BinaryField()
    at = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = "record of a signal"
        verbose_name_plural = "records of signals"
        ordering: typing.ClassVar = ["pk"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "digest"], name="one_signal_record_per_digest")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"


class LearnedModel(models.Model):
    """A registered model version as the learner left it: its parameters, and its score and standing.

    `place` is its place in the order of registration, `learned` how many outcomes it has learned. `state` is what the
    model dumps itself, `run` the rest of its ModelRun. What it says next rests on what is here.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="learned_models")
    model = models.CharField(max_length=NAME_LENGTH)
    version = models.CharField(max_length=VERSION_LENGTH)
    place = models.PositiveIntegerField()
    learned = models.PositiveBigIntegerField(default=0)
    begun = models.BooleanField(default=False)
    """Whether the learner has come to its registration."""
    state = models.BinaryField()
    run = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "learned model"
        ordering: typing.ClassVar = ["person", "place"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "model", "version"], name="one_learned_model_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.version} of {self.person_id}"


class LearnerProgress(models.Model):
    """How far a person's models have learned: up to which fact of the chain, whose link is `head`.

    `baselines` are the past base rates by horizon. It is written in one transaction with the models.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="learner_progress"
    )
    number = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=DIGEST_LENGTH, blank=True)
    baselines = models.BinaryField()
    ran_at = models.DateTimeField()
    fault = models.TextField(blank=True, default="")
    """What is wrong with the chain, or why the learner cannot go on."""

    class Meta:
        verbose_name = "progress of a learner"
        verbose_name_plural = "progress of learners"

    def __str__(self) -> str:
        return f"person {self.person_id} has learned up to {self.number}"
