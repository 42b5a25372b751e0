"""Forms of a person's channels. What is secret goes in and never comes back out."""

import re
import zoneinfo

from allauth.account.models import EmailAddress
from django import forms

from accounts.forms import PLAIN, SecretField
from accounts.models import User
from alerts.delivery.apprise_address import BadAddressError, read_scheme
from alerts.delivery.channels import KINDS
from alerts.delivery.contract import KindName
from alerts.models import NAME_LENGTH, NEW_YORK, ZONE_LENGTH
from lib.outbound.post import PostError, read_address

OPEN = frozenset({"server", "topic"})
"""Fields that may be read over somebody's shoulder."""
ADDRESSES = frozenset({"address", "server"})
SECRET_LEAST = 16
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class ChannelForm(forms.Form):
    """A channel of one kind."""

    name = forms.CharField(max_length=NAME_LENGTH, help_text="What you call it.")
    quiet = forms.CharField(
        required=False,
        label="Quiet hours",
        max_length=11,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "22:00-07:00"}),
        help_text="What fires then comes in one message when they end. Alerts on the desk itself come at once.",
    )
    zone = forms.CharField(max_length=ZONE_LENGTH, initial=NEW_YORK, help_text="By which clock.")

    def __init__(self, kind: KindName, person: User, data: object = None) -> None:
        super().__init__(data, auto_id=f"id_{kind}_%s")  # type: ignore[arg-type]  # a request's data
        self.kind = KINDS[kind]
        self.fields["name"].initial = self.kind.title
        if kind == "email":
            addresses = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
            self.fields["email"] = forms.ChoiceField(label="Address", choices=[(one, one) for one in addresses])
        for field in self.kind.fields:
            if field.name in OPEN or field.name in ADDRESSES:
                self.fields[field.name] = forms.CharField(
                    label=field.label, help_text=field.help, required=not field.is_optional, max_length=2_000,
                    widget=forms.TextInput(attrs=PLAIN),
                )  # fmt: skip
            else:
                self.fields[field.name] = SecretField(field, required=not field.is_optional)
        self.order_fields([*(name for name in self.fields if name not in ChannelForm.base_fields)])

    def clean_quiet(self) -> str:
        """Take hours written like 22:00-07:00."""
        hours: str = self.cleaned_data["quiet"].replace(" ", "").replace("–", "-")
        if hours and QUIET.fullmatch(hours) is None:
            raise forms.ValidationError("Write them like 22:00-07:00.")
        return hours

    def clean_zone(self) -> str:
        """Take a zone there is."""
        zone: str = self.cleaned_data["zone"]
        if zone not in zoneinfo.available_timezones():
            raise forms.ValidationError(f"There is no zone called {zone[:40]}. One is {NEW_YORK}.")
        return zone

    def clean(self) -> None:
        """Check addresses as far as their text tells, and what else a receiver would refuse."""
        super().clean()
        for name in ADDRESSES & self.fields.keys():
            if text := self.cleaned_data.get(name):
                try:
                    read_address(text)
                except PostError as error:
                    self.add_error(name, f"This cannot be used: {error.reason}.")
        if self.kind.name == "apprise" and (text := self.cleaned_data.get("url")):
            try:
                read_scheme(text)
            except BadAddressError as error:
                self.add_error("url", f"This cannot be used: {error}.")
        if self.kind.name == "ntfy" and TOPIC.fullmatch(self.cleaned_data.get("topic", "")) is None:
            self.add_error("topic", "A topic has 1 to 64 letters, digits, - and _.")
        if self.kind.name == "webhook" and len(self.cleaned_data.get("secret", "")) < SECRET_LEAST:
            self.add_error("secret", f"It has {SECRET_LEAST} characters or more.")

    @property
    def secrets(self) -> dict[str, str]:
        """What is sealed."""
        names = [name for name in self.fields if name not in ChannelForm.base_fields]
        return {name: str(self.cleaned_data.get(name, "")) for name in names}
