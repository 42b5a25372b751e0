"""What the demo adds to pages."""

import typing

from django.http import HttpRequest

from demo import people


def sign_in(request: HttpRequest) -> dict[str, typing.Any]:
    """Return how to sign in to the demo, for its sign-in page: it listens on this machine only."""
    return {"demo_sign_in": [{"email": email, "password": people.PASSWORD} for email in people.PEOPLE]}
