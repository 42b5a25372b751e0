"""Alerts in the admin: to be looked at. They are made and changed by their person."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from alerts import store
from alerts.models import AlertChannel, AlertRule
from alerts.rules.sentence import sentence


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What only its person makes, changes and deletes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its person makes one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only its person changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only its person deletes one, or goes with all of theirs."""
        return False


@admin.register(AlertRule)
class AlertRuleAdmin(ReadOnlyAdmin):
    """Rules of all people."""

    list_display = ("person", "says", "version", "is_armed", "fired", "fired_at")
    list_filter = ("is_armed",)
    fields = ("person", "says", "version", "is_armed", "armed_at", "snoozed_until", "expires", "fired", "fired_at")
    readonly_fields = fields

    @admin.display(description="rule")
    def says(self, row: AlertRule) -> str:
        """Return the rule as a sentence."""
        return sentence(store.spec_of(row))


@admin.register(AlertChannel)
class AlertChannelAdmin(ReadOnlyAdmin):
    """Channels of all people, without their secrets."""

    list_display = ("person", "kind", "name", "destination", "is_on", "told_at", "failed_at", "reason", "gone")
    list_filter = ("kind", "is_on")
    fields = (*list_display, "quiet", "zone", "added")
    readonly_fields = fields
