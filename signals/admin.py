"""Signals in the admin: to be looked at. Nobody changes what was recorded."""

from django.contrib import admin

from alerts.admin import ReadOnlyAdmin
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalFollower


@admin.register(SignalFollower)
class SignalFollowerAdmin(ReadOnlyAdmin):
    """Who follows signals."""

    list_display = ("person", "is_on", "changed")


@admin.register(SignalFact)
class SignalFactAdmin(ReadOnlyAdmin):
    """The chains of all people."""

    list_display = ("person", "number", "about", "model", "version", "bar")
    list_filter = ("about", "model")


@admin.register(LearnedModel)
class LearnedModelAdmin(ReadOnlyAdmin):
    """What models of all people learned; their bytes are not shown."""

    list_display = ("person", "model", "version", "learned", "updated_at")
    exclude = ("state", "run")


@admin.register(LearnerProgress)
class LearnerProgressAdmin(ReadOnlyAdmin):
    """How far learning is."""

    list_display = ("person", "number", "ran_at")
    exclude = ("baselines",)
