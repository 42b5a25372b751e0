"""The admin: the book, to be looked at. It is made of facts, and nothing of it is changed by hand."""

import datetime
import typing

from django.contrib import admin
from django.http import HttpRequest

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

    def get_readonly_fields(self, request: HttpRequest, obj: typing.Any = None) -> list[str]:
        """Everything, with its time in words."""
        names = [field.name for field in self.model._meta.concrete_fields if field.name != "id"]
        return ["at_" if name == "at" else name for name in names]

    def get_fields(self, request: HttpRequest, obj: typing.Any = None) -> typing.Any:
        """All of that."""
        return self.get_readonly_fields(request, obj)


@admin.register(Order)
class OrderAdmin(BookedAdmin):
    """Orders as they stand."""

    list_display = ("__str__", "person", "account", "kind", "price", "at_", "recovered")
    list_filter = ("status", "recovered")


@admin.register(Fill)
class FillAdmin(BookedAdmin):
    """Fills, and what became of them."""

    list_display = ("__str__", "person", "account", "order", "stands", "at_", "recovered")
    list_filter = ("kind", "stands", "recovered")


@admin.register(Activity)
class ActivityAdmin(BookedAdmin):
    """What else moved money or holdings."""

    list_display = ("__str__", "person", "account", "symbol", "at_", "recovered")
    list_filter = ("kind", "recovered")
