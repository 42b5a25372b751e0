"""Calls of tools in the admin: to be looked at."""

from django.contrib import admin

from alerts.admin import ReadOnlyAdmin
from assistant.models import ToolCall


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnlyAdmin):
    """Calls of all people."""

    list_display = ("at", "person", "token", "tool", "outcome", "took_ms", "rows", "has_outside")
    list_filter = ("tool", "outcome")
    list_select_related = ("person", "token")
    date_hierarchy = "at"
