"""Whom a command is about."""

from django.core.management import CommandError
from django.db import DatabaseError

from accounts.models import User


def named(email: str) -> User:
    """Return the person with this e-mail address, however it is capitalised. Raises CommandError."""
    try:
        person = User.objects.filter(email__iexact=email).first()
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be asked for {email}: {error}. `manage.py up` makes a new desk's; "
            "for the people of the demo set ENVIRONMENT=demo."
        ) from error
    if person is None:
        raise CommandError(f"There is no person with the address {email}.")
    return person
