"""One-time links that let people in: the first owner's, and invitations.

A token is shown once and kept nowhere; the database has its digest. Opening a link takes nothing: only signing up
with it does, so a preview of the link in a chat does not use it up.
"""

import datetime
import hashlib
import secrets

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, User

OWNER_LIFETIME = datetime.timedelta(hours=24)
LIFETIME = datetime.timedelta(days=7)
_IN_SESSION = "invitation"


def first_link(base: str) -> str | None:
    """Return a new one-time link for the account that owns this desk, or None when somebody does already.

    `base` is the desk's address, without a slash at its end. Earlier links stay good until one of them is used.
    """
    if has_owner():
        return None
    token, _ = _issue(email="", makes_owner=True, lifetime=OWNER_LIFETIME)
    return base + reverse("accounts:claim", args=[token])


def has_owner() -> bool:
    """Return whether somebody owns this desk."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def invite(by: User, email: str) -> tuple[str, Invitation]:
    """Make an invitation for one address; return its token, this once, and its row. Replaces an earlier one."""
    Invitation.objects.filter(email=email.lower(), used_at=None, makes_owner=False).delete()
    return _issue(email=email.lower(), invited_by=by, lifetime=LIFETIME)


def find(token: str, *, makes_owner: bool) -> Invitation | None:
    """Return the invitation behind `token` if it can still be taken."""
    found = Invitation.objects.filter(digest=_digest(token), makes_owner=makes_owner).first()
    if found is None or not found.is_open or (makes_owner and has_owner()):
        return None
    return found


def carry(request: HttpRequest, invitation: Invitation) -> None:
    """Let the browser of `request` sign up by `invitation`."""
    request.session[_IN_SESSION] = invitation.digest


def carried(request: HttpRequest) -> Invitation | None:
    """Return the open invitation that the browser of `request` came with."""
    found = Invitation.objects.filter(digest=request.session.get(_IN_SESSION, "")).first()
    if found is None or not found.is_open or (found.makes_owner and has_owner()):
        return None
    return found


def accept(request: HttpRequest, invitation: Invitation, person: User) -> None:
    """Use `invitation` up for `person`, in the transaction that makes them. Raises PermissionDenied if it is gone.

    The first owner takes every owner's link at once: of two who try at the same time one finds none left.
    """
    rows = Invitation.objects.filter(used_at=None)
    rows = rows.filter(makes_owner=True) if invitation.makes_owner else rows.filter(pk=invitation.pk)
    if not rows.update(used_at=timezone.now(), used_by=person):
        raise PermissionDenied("This link was used already.")
    request.session.pop(_IN_SESSION, None)


def _issue(*, email: str, lifetime: datetime.timedelta, **fields: object) -> tuple[str, Invitation]:
    token = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        digest=_digest(token), email=email, expires=timezone.now() + lifetime, **fields
    )  # fmt: skip
    return token, row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
