"""News in the admin: sources, which are linked with keys that can never be looked at, and the desk's items."""

import typing
import urllib.parse

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import SecretField
from news.forms import OFFERED, SourceForm
from news.models import NewsItem, NewsLink
from news.owner.linking import SourceRefusedError, link_source
from news.owner.links import remove_link
from news.sources.catalogue import KINDS

SECRETS = {field.name: SecretField(field, required=False) for kind in OFFERED for field in KINDS[kind].fields}


class SourceAddForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A new source, asked once and kept as the last step of its validation; without a person it is the desk's.

    It has the secrets of every kind; those that the chosen kind has none of are ignored.
    """

    kind = forms.ChoiceField(choices=[(kind, KINDS[kind].title) for kind in OFFERED])

    class Meta:
        model = NewsLink
        fields = ("person", "kind", "name", "address", "zone")

    def clean(self) -> None:
        """Check what the chosen kind needs, then ask it."""
        super().clean()
        if self.errors:
            return
        told = SourceForm(self.cleaned_data["kind"], self.data)
        for field, errors in told.errors.items():
            self.add_error(field if field in self.fields else None, list(errors))
        if not self.errors:
            self._link(told)

    def _link(self, told: SourceForm) -> None:
        given, self.instance = told.cleaned_data, NewsLink(person=self.cleaned_data["person"], kind=told.kind.name)
        for name in ("name", "address", "zone"):
            setattr(self.instance, name, given.get(name, ""))
        try:
            link_source(self.instance, told.key())
        except SourceRefusedError as error:
            self.add_error(None, str(error))

    def _post_clean(self) -> None:
        """Leave what was linked as it is."""


AddForm = typing.cast(type[SourceAddForm], type("AddForm", (SourceAddForm,), dict(SECRETS)))


@admin.register(NewsLink)
class NewsLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Sources: added with write-only keys, then only looked at or deleted, with their keys and their items.

    Of an address the host alone is shown: the rest may hold a key.
    """

    SHOWN = ("name", "person", "kind", "host", "zone", "environment", "added")
    list_display = ("name", "kind", "person", "environment", "added")
    list_filter = ("kind",)

    def has_change_permission(self, request: HttpRequest, obj: NewsLink | None = None) -> bool:
        """A source is linked anew where it is to be another one."""
        return False

    def get_fields(self, request: HttpRequest, obj: NewsLink | None = None) -> typing.Any:
        """Show everything of a source but its key."""
        return self.SHOWN if obj else (*SourceAddForm.Meta.fields, *SECRETS)

    def get_readonly_fields(self, request: HttpRequest, obj: NewsLink | None = None) -> typing.Any:
        """Show everything of a source but its key."""
        return self.SHOWN if obj else ()

    def get_form(
        self, request: HttpRequest, obj: NewsLink | None = None, change: bool = False, **kwargs: typing.Any
    ) -> "type[forms.ModelForm[NewsLink]]":
        """Return the form of a new source; there is none for an old one."""
        return super().get_form(request, obj, change, **({} if obj else {"form": AddForm}) | kwargs)

    @method_decorator(sensitive_post_parameters())
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, typing.Any] | None = None,
    ) -> HttpResponse:
        """Add outside the transaction Django would open: a source that is slow to answer would hold it."""
        inner: typing.Any = self  # what changeform_view wraps is in no stub
        return typing.cast(HttpResponse, inner._changeform_view(request, object_id, form_url, extra_context))

    def save_model(self, request: HttpRequest, obj: NewsLink, form: typing.Any, change: bool) -> None:
        """Leave what the form kept already."""

    def delete_model(self, request: HttpRequest, obj: NewsLink) -> None:
        """Remove a source with its key and all that it brought."""
        remove_link(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[NewsLink]) -> None:
        """Remove several sources, each with its key and all that it brought."""
        for row in queryset:
            remove_link(row)

    @admin.display(description="host")
    def host(self, link: NewsLink) -> str:
        """Where its feed is."""
        return urllib.parse.urlsplit(link.address).hostname or ""


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
