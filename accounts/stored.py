"""Stored links as the stream manager uses them: which there are, what opens them, and how they fare. Synchronous."""

import datetime
import logging
import typing
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import keys
from accounts.models import BrokerLink
from accounts.sealing import SealError
from brokers import redaction
from brokers.catalogue import VENUES
from brokers.contract import Credentials
from brokers.errors import CredentialsRejected

logger = logging.getLogger(__name__)

REASON_LENGTH = 300


def venues_in_use() -> list[str]:
    """Return the venues that anybody on this desk is linked to."""
    return list(BrokerLink.objects.order_by().values_list("venue", flat=True).distinct())


@sensitive_variables()
def open_credentials(link_id: uuid.UUID) -> Credentials:
    """Open a link's credentials. Raises CredentialsRejected when they are gone or do not open."""
    row = BrokerLink.objects.filter(pk=link_id).first()
    if row is None:
        raise CredentialsRejected("the link was removed")
    if row.catalogued is None:
        raise CredentialsRejected(f"this desk does not know {row.venue} any more")
    if not row.sealed:
        raise CredentialsRejected(row.reason or "the link was disconnected")
    try:
        whole = complete(row.venue, row.unseal())
    except SealError as error:
        raise CredentialsRejected(f"the stored credentials do not open: {error}") from error
    redaction.register(whole.values())
    return whole


def record_state(
    link_id: uuid.UUID, state: str, reason: str, delayed: bool | None, revision: int | None = None
) -> None:
    """Write how a link fares. `delayed` None leaves what is known.

    With `revision`, only while the link still has those credentials: the last word about revoked ones must not
    land on the new ones.
    """
    fields = state_fields(state, reason) | ({} if delayed is None else {"delayed": delayed})
    rows = BrokerLink.objects.filter(pk=link_id)
    if revision is not None:
        rows = rows.filter(revision=revision)
    rows.update(**fields)


@sensitive_variables("credentials", "stored")
def store_renewed(link_id: uuid.UUID, revision: int, credentials: Credentials) -> bool:
    """Seal what a venue put in the place of a link's credentials. The revision stays, so its streams go on.

    Returns False when the link was removed, disconnected or linked again meanwhile: then they are of no use.
    """
    redaction.register(credentials.values())
    with keys.held(), transaction.atomic():
        row = BrokerLink.objects.select_for_update().filter(pk=link_id, revision=revision).first()
        if row is None or not row.sealed:
            return False
        try:
            stored = row.unseal()
        except SealError as error:
            logger.error("renewed credentials of link %s cannot be stored: %s", row.id, error)
            return False
        row.seal(Credentials({name: credentials.get(name, secret) for name, secret in stored.items()}))
        row.save(update_fields=["sealed", "fingerprint"])
    logger.warning("%s renewed the credentials of link %s of person %s", row.venue_title, row.id, row.person_id)
    return True


def record_refresh(link_id: uuid.UUID, at: datetime.datetime) -> None:
    """Write when a link's access token was last refreshed."""
    BrokerLink.objects.filter(pk=link_id).update(last_refresh=at)


def complete(venue: str, credentials: Credentials) -> Credentials:
    """Add the desk-wide values that stand in for what the person did not give."""
    whole = Credentials(credentials)
    for field in VENUES[venue].fields:
        if not whole.get(field.name) and (value := desk_wide(field.setting)):
            whole[field.name] = value
    return whole


def desk_wide(setting: str) -> str:
    """Return the value of a setting that stands in for a credential; nothing where there is no such setting."""
    return str(getattr(settings, setting, "")) if setting else ""


def state_fields(state: str, reason: str) -> dict[str, typing.Any]:
    return {"state": state, "state_at": timezone.now(), "reason": reason[:REASON_LENGTH]}
