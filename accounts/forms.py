"""Forms of the accounts pages. Secrets go in and never come back out, not even after an error."""

import datetime
import typing

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.html import format_html

from accounts.auth import addresses
from accounts.links import linking, oauth, store
from accounts.models import LABEL_LENGTH, READ, TRADE, BrokerLink, User, tidy
from brokers.catalogue import CredentialField, Venue
from brokers.contract.broker import Credentials
from brokers.contract.oauth import OAuthClient

MAX_SECRET = 4096
"""Characters. Refresh tokens are JWTs of a few hundred."""


def environments(venue: Venue) -> list[str]:
    """Return where `venue` can be linked from this desk."""
    return linking.offered(venue.addresses)


def required_fields(venue: Venue) -> list[CredentialField]:
    """Return the secrets a person must give: those that no desk-wide setting stands in for."""
    return [field for field in venue.fields if not store.desk_wide(field.setting)]


PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
"""Attributes of a field whose text is no language."""


class SecretField(forms.CharField):
    """A secret to paste. It is not trimmed of anything but surrounding blanks, and never shown again."""

    widget = forms.PasswordInput(attrs=PLAIN, render_value=False)

    def __init__(self, field: CredentialField, *, required: bool = True) -> None:
        super().__init__(label=field.label, help_text=field.help, max_length=MAX_SECRET, required=required)


class GrantForm(forms.Form):
    """The secrets of one venue."""

    def __init__(self, venue: Venue, data: typing.Mapping[str, typing.Any] | None = None) -> None:
        super().__init__(data, auto_id=f"id_{venue.name}_%s")
        self.venue = venue
        for field in required_fields(venue):
            self.fields[field.name] = SecretField(field, required=not field.is_optional)

    def credentials(self) -> Credentials:
        """Return what was pasted."""
        return Credentials({field.name: self.cleaned_data[field.name] for field in required_fields(self.venue)})


class LinkForm(GrantForm):
    """A new link of one venue."""

    label = forms.CharField(max_length=LABEL_LENGTH, help_text="What you call it; shown wherever its accounts are.")
    environment = forms.ChoiceField()

    def __init__(self, venue: Venue, person: User, data: typing.Mapping[str, typing.Any] | None = None) -> None:
        super().__init__(venue, data)
        self.person = person
        names = environments(venue)
        environment = typing.cast(forms.ChoiceField, self.fields["environment"])
        environment.choices = [(name, name) for name in names]
        environment.initial = names[0]
        if len(names) == 1:
            environment.widget = forms.HiddenInput()
        self.fields["label"].initial = free_label(person, venue.title)
        self.order_fields(["environment", *[field.name for field in required_fields(venue)], "label"])

    def clean_label(self) -> str:
        """Refuse a label the person has already, however it is capitalised."""
        label = tidy(self.cleaned_data["label"])
        if self.person.links.filter(label__iexact=label).exists():
            raise forms.ValidationError("You have a link of this name already.", code="taken")
        return label


class RedirectForm(forms.Form):
    """How to link a venue by redirect: with the desk's client or one's own, to read or to trade.

    To link `existing` again, its label and environment are what they are.
    """

    environment = forms.ChoiceField()
    access = forms.ChoiceField(widget=forms.RadioSelect, label="What this desk may do")
    label = LinkForm.base_fields["label"]
    client_id = forms.CharField(
        label="Client ID", max_length=200, required=False, widget=forms.TextInput(attrs=PLAIN), strip=True
    )

    def __init__(
        self,
        venue: Venue,
        person: User,
        data: typing.Mapping[str, typing.Any] | None = None,
        existing: BrokerLink | None = None,
    ) -> None:
        super().__init__(data, auto_id=f"id_{venue.name}_redirect_%s")
        self.venue = venue
        self.person = person
        self.existing = existing
        self.choices = oauth.choices(venue) if venue.redirect else {}
        secret = CredentialField("client_secret", "Client secret", "Shown once when the OAuth client is made.")
        self.fields["client_secret"] = SecretField(secret, required=False)
        names = [existing.environment] if existing else list(oauth.environments(venue))
        self._offer("environment", {name: name for name in names})
        self._offer("access", {name: text for name, (_, text) in self.choices.items()})
        if existing is not None:
            del self.fields["label"]
        else:
            self.fields["label"].initial = free_label(person, venue.title)
        self.desk_has_client = any(oauth.desk_client(venue, name) for name in names)

    def _offer(self, name: str, choices: dict[str, str]) -> None:
        field = typing.cast(forms.ChoiceField, self.fields[name])
        field.choices = list(choices.items())
        field.initial = next(iter(choices), None)
        if len(choices) == 1 and name == "environment":
            field.widget = forms.HiddenInput()

    clean_label = LinkForm.clean_label

    def clean(self) -> None:
        """Take a whole client of the person's own, or else the desk's."""
        super().clean()
        given = [self.cleaned_data.get(name, "") for name in ("client_id", "client_secret")]
        if all(given):
            self.client: OAuthClient | None = OAuthClient(*given)
            return
        self.client = oauth.desk_client(self.venue, self.cleaned_data.get("environment", ""))
        for name, value in zip(("client_id", "client_secret"), given, strict=True):
            if not value and (any(given) or self.client is None):
                self.add_error(
                    name, "Your own client has both." if any(given) else "This desk has no client there; use your own."
                )

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that were chosen."""
        return self.choices[self.cleaned_data["access"]][0]

    @property
    def basics(self) -> list[forms.BoundField]:
        """The fields everybody is asked for."""
        return [self[name] for name in ("environment", "access", "label") if name in self.fields]

    @property
    def own_client(self) -> list[forms.BoundField]:
        """The fields of a client of the person's own."""
        return [self["client_id"], self["client_secret"]]


def free_label(person: User, title: str) -> str:
    """Return `title`, with a number when the person has a link of that name."""
    taken = {label.lower() for label in person.links.values_list("label", flat=True)}
    numbered = (f"{title} {number}" for number in range(2, len(taken) + 3))
    return next(label for label in (title, *numbered) if label.lower() not in taken)


class RemoveForm(forms.Form):
    """Asks for the label of the link that is to be removed."""

    label = forms.CharField(max_length=LABEL_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, link: BrokerLink, data: typing.Mapping[str, typing.Any] | None = None) -> None:
        super().__init__(data)
        self.link = link
        # Help texts are shown as HTML; a label is text.
        self.fields["label"].help_text = format_html("Type {} to remove it.", link.label)

    def clean_label(self) -> str:
        """Accept the link's own label only."""
        label = tidy(self.cleaned_data["label"])
        if label != tidy(self.link.label):
            raise forms.ValidationError(f"This is not its name, which is {self.link.label}.", code="other")
        return label


LIFETIMES = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}


class TokenForm(forms.Form):
    """A new API token. It outlives the session it is made in, so the password is asked for."""

    name = forms.CharField(
        max_length=LABEL_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What it is for, like the script that will use it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[
            (READ, "read: see everything you see"),
            (TRADE, "trade: change your watchlists, and place orders too"),
        ],
        initial=[READ],
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        help_text="Each token may read.",
        required=False,
    )
    days = forms.ChoiceField(choices=list(LIFETIMES.items()), initial="90", label="How long it works", required=False)
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False, label="Your password"
    )

    def __init__(self, person: User, data: typing.Mapping[str, typing.Any] | None = None) -> None:
        super().__init__(data)
        self.person = person

    @property
    def trade(self) -> bool:
        """Whether it may trade."""
        return TRADE in self.cleaned_data["scopes"]

    @property
    def lifetime(self) -> datetime.timedelta | None:
        """How long it is to work; None: until it is revoked."""
        days = self.cleaned_data["days"]
        return datetime.timedelta(days=int(days)) if days else None

    def clean_name(self) -> str:
        """Refuse a name that a token has which was not revoked, however it is capitalised."""
        name = tidy(self.cleaned_data["name"])
        if self.person.api_tokens.filter(revoked=None, name__iexact=name).exists():
            raise forms.ValidationError("You have a token of this name already.", code="taken")
        return name

    def clean(self) -> None:
        """Ask for the password last, with the limits of signing in: a slip elsewhere is not a wrong password."""
        super().clean()
        if self.errors:
            return
        try:
            is_right = get_adapter().reauthenticate(self.person, self.cleaned_data["password"])
        except forms.ValidationError as error:
            self.add_error("password", error)
            return
        if not is_right:
            self.add_error("password", "This is not your password.")


class InviteForm(forms.Form):
    """Asks whom to invite."""

    email = forms.EmailField(label="E-mail address", help_text="Only this address can sign up by the link.")

    def clean_email(self) -> str:
        """Refuse who is here already."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("This person has an account already.", code="taken")
        return email


class AddressForm(forms.Form):
    """Asks for a person's new address."""

    email = forms.EmailField(
        label="New e-mail address", help_text="A link is sent to it; until you follow it, the old one stays in force."
    )

    def clean_email(self) -> str:
        """Keep an address that was invited for who was invited."""
        email = str(self.cleaned_data["email"]).lower()
        if addresses.is_invited(email):
            raise forms.ValidationError("Somebody was invited by this address.", code="invited")
        return email
