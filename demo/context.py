"""What the demo adds to pages."""

import typing

from django.http import HttpRequest
from django.urls import reverse

from demo import entry, people


def sign_in(request: HttpRequest) -> dict[str, typing.Any]:
    """Return how to sign in to the demo, for its sign-in page: by one click for who sits at its machine."""
    return {
        "demo_sign_in": [
            {"name": email.partition("@")[0], "email": email, "password": people.PASSWORD} for email in people.PEOPLE
        ],
        "demo_entry": reverse("demo:enter") if entry.is_local(request) else "",
    }
