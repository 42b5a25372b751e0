"""The admin: facts, to be looked at. Nothing of the ledger can be added, changed or deleted by hand."""

import datetime
import re
import typing

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.account_names import mask
from streaming.models import StoredFact

ACCOUNT = re.compile(r'("account":\s*")([^"]+)')
"""Where a payload names an account."""


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rows that are kept for their person, and come from what happened to them."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing happens by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: typing.Any = None) -> bool:
        """They are what they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: typing.Any = None) -> bool:
        """They go with their person, whose page asks here too, and never by themselves."""
        match = request.resolver_match
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        inside = match is not None and (match.url_name or "").startswith(own)
        return not inside and super().has_delete_permission(request, obj)


@admin.register(StoredFact)
class FactAdmin(ReadOnlyAdmin):
    """What happened to people, newest first."""

    SHOWN = (
        "person", "number", "kind", "link", "venue_id", "at_", "recorded_", "recovered", "late_ms", "epoch", "payload_",
    )  # fmt: skip
    list_display = ("__str__", "person_", "number", "at_", "recovered", "payload_")
    list_filter = ("kind", "recovered")
    list_select_related = ("person",)
    search_fields = ("person__email", "link", "venue_id", "payload")
    ordering = ("-id",)
    fields = readonly_fields = SHOWN

    @admin.display(description="person", ordering="person")
    def person_(self, fact: StoredFact) -> str:
        """Whose it is; leads to all of theirs."""
        return format_html('<a href="?person__id__exact={}">{}</a>', fact.person_id, fact.person)

    @admin.display(description="payload")
    def payload_(self, fact: StoredFact) -> str:
        """What is kept of it, with the end of its account's number only."""
        return ACCOUNT.sub(lambda found: f"{found[1]}{mask(found[2])}", fact.payload)

    @admin.display(description="at", ordering="at")
    def at_(self, fact: StoredFact) -> datetime.datetime:
        """When it happened, by its source's clock."""
        return moment(fact.at)

    @admin.display(description="recorded", ordering="recorded")
    def recorded_(self, fact: StoredFact) -> datetime.datetime:
        """When it was stored."""
        return moment(fact.recorded)


def moment(ms: int) -> datetime.datetime:
    """Return ms since the epoch as a time."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
