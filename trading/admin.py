"""The admin: the book, to be looked at. It is made of facts, and nothing of it is changed by hand."""

import datetime
import typing

from django.contrib import admin
from django.http import HttpRequest

from accounts.account_names import mask
from streaming.admin import ReadOnlyAdmin, moment
from trading.models import Activity, Booked, Fill, Order


class BookedAdmin(ReadOnlyAdmin):
    """What all of the book shows, newest first."""

    list_select_related = ("person",)
    search_fields = ("person__email", "link", "account", "venue_id")
    ordering = ("-at",)

    @admin.display(description="at", ordering="at")
    def at_(self, row: Booked) -> datetime.datetime:
        """When it happened, by the venue's clock."""
        return moment(row.at)

    @admin.display(description="account", ordering="account")
    def account_(self, row: Booked) -> str:
        """The end of its number: whose money it is concerns an owner of the desk no further."""
        return mask(row.account)

    def get_readonly_fields(self, request: HttpRequest, obj: typing.Any = None) -> list[str]:
        """Everything, with its time in words."""
        names = [field.name for field in self.model._meta.concrete_fields if field.name != "id"]
        return [{"at": "at_", "account": "account_"}.get(name, name) for name in names]

    def get_fields(self, request: HttpRequest, obj: typing.Any = None) -> typing.Any:
        """All of that."""
        return self.get_readonly_fields(request, obj)


@admin.register(Order)
class OrderAdmin(BookedAdmin):
    """Orders as they stand."""

    list_display = ("__str__", "person", "account_", "kind", "price", "at_", "recovered")
    list_filter = ("status", "recovered")


@admin.register(Fill)
class FillAdmin(BookedAdmin):
    """Fills, and what became of them."""

    list_display = ("__str__", "person", "account_", "order", "stands", "at_", "recovered")
    list_filter = ("kind", "stands", "recovered")


@admin.register(Activity)
class ActivityAdmin(BookedAdmin):
    """What else moved money or holdings."""

    list_display = ("__str__", "person", "account_", "symbol", "at_", "recovered")
    list_filter = ("kind", "recovered")
