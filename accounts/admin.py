"""The admin: people, invitations, API tokens, and links, whose secrets can be put in but never be looked at."""

import typing

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.auth import tokens
from accounts.forms import SecretField, environments
from accounts.links import linking, store
from accounts.links.linking import LinkRefusedError
from accounts.models import ApiToken, BrokerLink, Invitation, User, tidy
from brokers.catalogue import VENUES
from brokers.contract.broker import Credentials, Identity

# Django's own sign-in page has no limit on how often one may try.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents
admin.site.site_header = admin.site.site_title = "Tapedeck"


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """A person by address and password."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """People. Deactivating one ends their sessions and streams."""

    add_form = PersonCreationForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_staff", "is_superuser", "is_active", "last_login")
    search_fields = ("email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("About", {"fields": ("first_name", "last_name", "last_login", "date_joined")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")

    OWNERS_ONLY = ("email", "password", "is_staff", "is_superuser", "groups", "user_permissions")
    """What makes somebody an owner, or somebody else: other staff look at it only."""

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> typing.Any:
        """Leave to owners what could give an account, or the desk, away."""
        of_owners = () if obj is None or _is_owner(request) else self.OWNERS_ONLY
        return (*super().get_readonly_fields(request, obj), *of_owners)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> typing.Any:
        """Show no hash of a password to whom it is of no use."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or _is_owner(request):
            return shown
        fields = [(name, [field for field in options["fields"] if field != "password"]) for name, options in shown]
        return [(name, {"fields": names}) for name, names in fields]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Owners are changed by owners."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Owners are deleted by owners."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set somebody's password. Only owners do: whoever does can sign in as them. Raises PermissionDenied."""
        if not _is_owner(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


def _is_owner(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_superuser


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    return person is None or not person.is_owner or _is_owner(request)


# An address is changed on its person, with what follows; a group could be given what only owners give.
for model in (EmailAddress, Group):
    admin.site.unregister(model)


@admin.register(Group)
class OwnersGroupAdmin(GroupAdmin):
    """Groups of permissions, which only owners make and give."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """For owners."""
        return _is_owner(request)

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """For owners."""
        return _is_owner(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """For owners."""
        return _is_owner(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """For owners."""
        return _is_owner(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """For owners."""
        return _is_owner(request)


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Who was invited. New ones are made on the accounts page, which shows their link."""

    list_display = ("__str__", "makes_owner", "invited_by", "created", "expires", "used_at", "used_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A link is shown only where it is made."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """They are what they are."""
        return False


@admin.register(ApiToken)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """API tokens: looked at and revoked. Their people make them, and nobody can read one back."""

    SHOWN = ("name", "person", "access", "state", "made", "expires", "last_used", "revoked")
    list_display = fields = readonly_fields = SHOWN
    list_select_related = ("person",)
    search_fields = ("name", "person__email")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A secret is shown only where its person makes it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """They are what they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """They are revoked instead, and stay to tell of it; they go with their person."""
        match = request.resolver_match
        with_person = match is not None and (match.url_name or "").startswith("accounts_user_")
        return with_person and super().has_delete_permission(request, obj)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who would be let to delete them elsewhere may revoke them here."""
        return request.user.has_perm("accounts.delete_apitoken")

    @admin.display(description="access")
    def access(self, token: ApiToken) -> str:
        """What it allows."""
        return token.access_text

    @admin.display(description="state")
    def state(self, token: ApiToken) -> str:
        """Whether it lets anybody in."""
        return token.state

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> None:
        """End each token that is not revoked yet, with whatever it let in."""
        ending = list(rows.filter(revoked=None))
        for row in ending:
            tokens.revoke(row)
        self.message_user(request, f"Revoked {len(ending)}.", messages.SUCCESS)


class LinkAddForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A new link, verified against its venue as the last step of its validation.

    `AddForm` adds a field for each secret of each venue; those that the chosen venue has none of are ignored.
    """

    venue = forms.ChoiceField(choices=[(venue.name, venue.title) for venue in VENUES.values()])
    identity: Identity

    class Meta:
        model = BrokerLink
        fields = ("person", "venue", "environment", "label")

    def credentials(self) -> Credentials:
        """Return what was pasted for the chosen venue."""
        fields = VENUES[self.cleaned_data["venue"]].fields
        return Credentials({field.name: self.cleaned_data.get(field.name) or "" for field in fields})

    def clean_label(self) -> str:
        """Return the label as it is kept."""
        return tidy(self.cleaned_data["label"])

    @sensitive_variables("given")
    def clean(self) -> None:
        """Ask the venue."""
        super().clean()
        if self.errors:
            return
        venue, environment = VENUES[self.cleaned_data["venue"]], self.cleaned_data["environment"]
        if environment not in environments(venue):
            self.add_error("environment", f"{venue.title} has no {environment} environment here.")
            return
        given = self.credentials()
        for field in venue.fields:
            if not (given[field.name] or field.is_optional or store.desk_wide(field.setting)):
                self.add_error(field.name, "This venue needs it.")
        if not self.errors:
            self._verify(venue.name, environment, given)

    @sensitive_variables("given")
    def _verify(self, venue: str, environment: str, given: Credentials) -> None:
        person = self.cleaned_data["person"]
        if twin := linking.twin_of(person, venue, environment, given):
            self.add_error(None, twin)
            return
        try:
            self.identity = linking.check(person, venue, environment, given)
        except LinkRefusedError as error:
            self.add_error(None, str(error))


SECRETS = {field.name: SecretField(field, required=False) for venue in VENUES.values() for field in venue.fields}
AddForm = typing.cast(type[LinkAddForm], type("AddForm", (LinkAddForm,), dict(SECRETS)))


@admin.register(BrokerLink)
class LinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Links: added with write-only credentials, then only looked at, verified, disconnected or deleted."""

    SHOWN = (
        "person", "venue_title", "environment", "label", "state", "state_at", "reason", "accounts_", "scopes",
        "delayed", "fingerprint", "revision", "last_refresh", "verified_at", "created",
    )  # fmt: skip
    list_display = (
        "label", "person", "venue_title", "environment", "state", "state_at", "accounts_", "fingerprint",
        "last_refresh",
    )  # fmt: skip
    list_filter = ("venue", "environment", "state")
    list_select_related = ("person",)
    search_fields = ("label", "person__email")
    actions = ("verify", "disconnect")

    def has_change_permission(self, request: HttpRequest, obj: BrokerLink | None = None) -> bool:
        """Nothing of a link can be edited here; its person links it again."""
        return False

    def get_fields(self, request: HttpRequest, obj: BrokerLink | None = None) -> typing.Any:
        """Show everything of a link but its secrets."""
        return self.SHOWN if obj else (*LinkAddForm.Meta.fields, *SECRETS)

    def get_readonly_fields(self, request: HttpRequest, obj: BrokerLink | None = None) -> typing.Any:
        """Show everything of a link but its secrets."""
        return self.SHOWN if obj else ()

    def get_form(
        self, request: HttpRequest, obj: BrokerLink | None = None, change: bool = False, **kwargs: typing.Any
    ) -> "type[forms.ModelForm[BrokerLink]]":
        """Return the form of a new link; there is none for an old one."""
        return super().get_form(request, obj, change, **({} if obj else {"form": AddForm}) | kwargs)

    @method_decorator(sensitive_post_parameters())
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, typing.Any] | None = None,
    ) -> HttpResponse:
        """Add outside the transaction Django would open: asking a venue inside it would hold the database's lock."""
        inner: typing.Any = self  # what changeform_view wraps is in no stub
        return typing.cast(HttpResponse, inner._changeform_view(request, object_id, form_url, extra_context))

    def save_model(self, request: HttpRequest, obj: BrokerLink, form: typing.Any, change: bool) -> None:
        """Link what the form verified."""
        new = linking.link(obj.person, obj.venue, obj.environment, obj.label, form.credentials(), form.identity)
        obj.pk = new.pk

    @admin.display(description="accounts")
    def accounts_(self, link: BrokerLink) -> str:
        """The link's accounts, masked."""
        return ", ".join(link.masked_accounts)

    @admin.display(description="venue", ordering="venue")
    def venue_title(self, link: BrokerLink) -> str:
        """The venue's name."""
        return link.venue_title

    @admin.action(description="Verify against the venue", permissions=["view"])
    def verify(self, request: HttpRequest, links: QuerySet[BrokerLink]) -> None:
        """Ask each link's venue whether it still knows its credentials."""
        for link in links.select_related("person"):
            try:
                linking.test(link)
            except LinkRefusedError as error:
                self.message_user(request, f"{link} of {link.person}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{link} of {link.person}: verified.", messages.SUCCESS)

    @admin.action(description="Disconnect: forget the credentials", permissions=["delete"])
    def disconnect(self, request: HttpRequest, links: QuerySet[BrokerLink]) -> None:
        """End each link's streams and forget its credentials; its person may link it again."""
        for link in links:
            linking.disconnect(link, "disconnected by an administrator")
        self.message_user(request, f"Disconnected {len(links)}.", messages.SUCCESS)
