"""The address by which a person signs in and is written to: one each, and a new one counts once it is confirmed.

A link that was mailed to the new address says who asked for it and which address it takes the place of. Nothing is kept
here until it is followed: an address that nobody confirmed lets nobody in, and no reset is mailed to it.
"""

import typing

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction

from accounts.models import Invitation, User

GOOD_FOR_S = 3_600
_SALT = "accounts.auth.addresses"
_HELD = 16
"""Characters of a session's hash that a link holds: a new password makes another."""


class BadLinkError(ValueError):
    """A link that confirms nothing; the message says why."""


class AddressTakenError(ValueError):
    """The address is somebody else's by now."""


class Confirmed(typing.NamedTuple):
    """An address that its new owner confirms, and the one that it replaces."""

    person: User
    former: str
    address: str


def link_token(person: User, address: str) -> str:
    """Return what a link to `address` holds, by which `person` confirms it."""
    return signing.dumps([person.pk, person.email, address, person.get_session_auth_hash()[:_HELD]], salt=_SALT)


def read(token: str) -> Confirmed:
    """Return what a link confirms. Raises BadLinkError: it is too old, was made up, or something else came since."""
    try:
        number, former, address, held = signing.loads(token, salt=_SALT, max_age=GOOD_FOR_S)
    except signing.SignatureExpired as error:
        raise BadLinkError("This link is more than an hour old. Ask for another one.") from error
    except (signing.BadSignature, ValueError) as error:
        raise BadLinkError("This link confirms nothing.") from error
    person = User.objects.filter(pk=number, email=former, is_active=True).first()
    if person is None or person.get_session_auth_hash()[:_HELD] != held:
        raise BadLinkError("The address or the password was changed since this link was sent.")
    return Confirmed(person, former, address)


def change(person: User, address: str) -> None:
    """Make `address`, which was confirmed, the person's one. Raises AddressTakenError."""
    try:
        with transaction.atomic():
            person.email = address
            person.save(update_fields=["email"])
            EmailAddress.objects.filter(user=person).update(verified=True)
    except IntegrityError as error:
        raise AddressTakenError(f"{address} is somebody else's by now.") from error


def keep_one(person: User) -> None:
    """Leave a person the address that their row names, as one that nobody confirmed unless it was before."""
    others = EmailAddress.objects.filter(user=person).exclude(email__iexact=person.email)
    others.delete()
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"primary": True})


def is_invited(address: str) -> bool:
    """Tell whether an invitation for `address` is open: it is kept for who was invited."""
    return any(row.is_open for row in Invitation.objects.filter(email__iexact=address, used_at=None))


def is_taken(address: str) -> bool:
    """Tell whether somebody signs in by `address`."""
    by_row = EmailAddress.objects.filter(email__iexact=address).exists()
    return by_row or User.objects.filter(email__iexact=address).exists()
