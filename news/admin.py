"""News in the admin: sources, whose keys can never be looked at, and items. Linking is the sources page's."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from news.models import NewsItem, NewsLink
from news.owner.links import source_of
from news.store.writer import forget_source


@admin.register(NewsLink)
class NewsLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Sources that were linked. One that is removed takes its key and its items with it."""

    list_display = ("name", "kind", "person", "environment", "added")
    list_filter = ("kind",)
    readonly_fields = ("person", "kind", "address", "environment", "added")
    fields = ("name", "zone", *readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A source is linked where it is asked once whether it answers."""
        return False

    def delete_model(self, request: HttpRequest, obj: NewsLink) -> None:
        """Remove a source with all that it brought."""
        forget_source(obj.person_id or 0, source_of(obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[NewsLink]) -> None:
        """Remove several sources, each with all that it brought."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(NewsItem)
class NewsItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """The desk's items, to be looked at. Those that people's own keys brought are theirs alone."""

    list_display = ("headline", "source_name", "category", "received_at")
    search_fields = ("headline",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NewsItem]:
        """Return the desk's items."""
        return super().get_queryset(request).filter(list=0)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Items come from sources."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: NewsItem | None = None) -> bool:
        """Items are as they came."""
        return False
