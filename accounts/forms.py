"""Forms of the settings page. Secrets go in and never come back out, not even after an error."""

import typing

from django import forms
from django.conf import settings
from django.utils.html import format_html

from accounts import linking
from accounts.models import LABEL_LENGTH, BrokerLink, User, tidy
from brokers.catalogue import ENVIRONMENTS, CredentialField, Venue
from brokers.contract import Credentials

MAX_SECRET = 4096
"""Characters. Refresh tokens are JWTs of a few hundred."""


def environments(venue: Venue) -> list[str]:
    """Return where `venue` can be linked from this desk: simulated ones never in production, in a demo first."""
    offered = [name for name in ENVIRONMENTS if name in venue.addresses]
    match settings.ENVIRONMENT:
        case "production":
            return offered
        case "demo":
            return ["simulated", *offered]
        case _:
            return [*offered, "simulated"]


def asked(venue: Venue) -> list[CredentialField]:
    """Return the secrets a person must give: those that no desk-wide setting stands in for."""
    return [field for field in venue.fields if not linking.desk_wide(field.setting)]


class SecretField(forms.CharField):
    """A secret to paste. It is not trimmed of anything but surrounding blanks, and never shown again."""

    widget = forms.PasswordInput(
        attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}, render_value=False
    )

    def __init__(self, field: CredentialField, *, required: bool = True) -> None:
        super().__init__(label=field.label, help_text=field.help, max_length=MAX_SECRET, required=required)


class GrantForm(forms.Form):
    """The secrets of one venue."""

    def __init__(self, venue: Venue, data: typing.Mapping[str, typing.Any] | None = None) -> None:
        super().__init__(data, auto_id=f"id_{venue.name}_%s")
        self.venue = venue
        for field in asked(venue):
            self.fields[field.name] = SecretField(field)

    def credentials(self) -> Credentials:
        """Return what was pasted."""
        return Credentials({field.name: self.cleaned_data[field.name] for field in asked(self.venue)})


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
        self.order_fields(["environment", *[field.name for field in asked(venue)], "label"])

    def clean_label(self) -> str:
        """Refuse a label the person has already, however it is capitalised."""
        label = tidy(self.cleaned_data["label"])
        if self.person.links.filter(label__iexact=label).exists():
            raise forms.ValidationError("You have a link of this name already.", code="taken")
        return label


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


class InviteForm(forms.Form):
    """Asks whom to invite."""

    email = forms.EmailField(label="E-mail address", help_text="Only this address can sign up by the link.")

    def clean_email(self) -> str:
        """Refuse who is here already."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("This person has an account already.", code="taken")
        return email
