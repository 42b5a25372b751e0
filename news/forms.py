"""The form that links a source of news."""

import zoneinfo

from django import forms

from accounts.forms import PLAIN, SecretField
from brokers.contract.broker import Credentials
from news.models import NAME_LENGTH, URL_LENGTH
from news.sources.catalogue import KINDS, KindName
from news.sources.markup import safe_url

OFFERED: tuple[KindName, ...] = ("feed", "alpaca", "finnhub")
"""The kinds that people link; the others are feeds of the desk."""
ADDRESS_HELP = "Where the feed is: an http or https address."
ZONE_HELP = "The zone of its times where they name none, as America/New_York. Empty: unknown."


class SourceForm(forms.Form):
    """One source of one kind: a feed's address, or a key."""

    name = forms.CharField(max_length=NAME_LENGTH, help_text="What it is called under the list of stories.")

    def __init__(self, kind: KindName, data: object = None, *, for_desk: bool = False) -> None:
        super().__init__(data, auto_id=f"id_{kind}_%s")  # type: ignore[arg-type]  # a request's data
        self.kind = KINDS[kind]
        if not self.kind.fields:
            widget = forms.URLInput(attrs=PLAIN)
            self.fields["address"] = forms.CharField(max_length=URL_LENGTH, help_text=ADDRESS_HELP, widget=widget)
            self.fields["zone"] = forms.CharField(required=False, max_length=NAME_LENGTH, help_text=ZONE_HELP)
        for field in self.kind.fields:
            self.fields[field.name] = SecretField(field)
        if for_desk:
            self.fields["for_desk"] = forms.BooleanField(
                required=False, label="For everybody on this desk", help_text="Otherwise only you see what it brings."
            )

    def clean_address(self) -> str:
        """Take an address that a page could link to."""
        address = safe_url(self.cleaned_data["address"])
        if address is None:
            raise forms.ValidationError("This is no http or https address, or it holds a password.")
        return address

    def clean_zone(self) -> str:
        """Take a zone there is."""
        zone: str = self.cleaned_data["zone"]
        if zone and zone not in zoneinfo.available_timezones():
            raise forms.ValidationError(f"There is no zone called {zone[:40]}. One is America/New_York.")
        return zone

    def key(self) -> Credentials:
        """Return the key that was pasted; empty for a feed."""
        return Credentials({field.name: self.cleaned_data[field.name] for field in self.kind.fields})
