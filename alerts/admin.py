"""Alerts in the admin: to be looked at. They are made and changed by their person."""

from django.contrib import admin
from django.http import HttpRequest

from alerts.models import AlertRule
from alerts.rules.sentence import sentence
from alerts.watch import store


@admin.register(AlertRule)
class AlertRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rules of all people."""

    list_display = ("person", "says", "version", "is_armed", "fired", "fired_at")
    list_filter = ("is_armed",)
    fields = ("person", "says", "version", "is_armed", "armed_at", "snoozed_until", "expires", "fired", "fired_at")
    readonly_fields = fields

    @admin.display(description="rule")
    def says(self, row: AlertRule) -> str:
        """Return the rule as a sentence."""
        return sentence(store.spec_of(row))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its person makes an alert."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AlertRule | None = None) -> bool:
        """Only its person changes an alert."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AlertRule | None = None) -> bool:
        """Only its person deletes an alert, or goes with all of theirs."""
        return False
