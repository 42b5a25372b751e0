"""Stored links as the stream manager uses them: which there are, what opens them, and how they fare. Synchronous."""

import datetime
import logging
import typing
import uuid
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.credentials import keys
from accounts.credentials.encryption import SealError
from accounts.models import BrokerLink
from accounts.signals import links_change, links_changed
from brokers.catalogue import VENUES
from brokers.contract.broker import Credentials
from brokers.contract.errors import CredentialsRejected
from lib import redaction

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


@sensitive_variables("replaced", "credentials", "held")
def store_renewed(
    link_id: uuid.UUID, replaced: Iterable[Credentials], credentials: Credentials, *, afresh: bool = False
) -> int | None:
    """Seal what a venue put in the place of `replaced` credentials of a link. Its streams go on, or begin `afresh`.

    Those of a refused link always do: it was the replaced credentials that the venue refused. Returns the revision that
    the link has then. None when it has none of the replaced any more, because it was removed, disconnected, linked
    again or renewed by somebody else meanwhile: then these are of no use.
    """
    redaction.register(credentials.values())
    with keys.locked(), transaction.atomic():
        row = BrokerLink.objects.select_for_update().filter(pk=link_id).first()
        if row is None or not row.sealed:
            return None
        try:
            held = row.unseal()
        except SealError as error:
            logger.error("renewed credentials of link %s cannot be stored: %s", row.id, error)
            return None
        # They may be there already: a commit is not known to have happened where the connection broke during it.
        if not any(held == {name: one.get(name) for name in held} for one in (*replaced, credentials)):
            return None
        row.seal(Credentials({name: credentials.get(name, secret) for name, secret in held.items()}))
        row.save(update_fields=["sealed", "fingerprint"])
        if afresh or row.state == "refused":
            BrokerLink.objects.filter(pk=link_id).update(**afresh_fields())
            announce(row.person_id)
            row.refresh_from_db(fields=["revision"])
    logger.warning("%s renewed the credentials of link %s of person %s", row.venue_title, row.id, row.person_id)
    return row.revision


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


def afresh_fields() -> dict[str, typing.Any]:
    """Return the fields of a link that its stream is to take up anew."""
    return {**state_fields("idle", ""), "revision": F("revision") + 1}


def announce(person_id: int) -> None:
    """Say that a person's links change, and once that is committed that they changed."""
    links_change.send(sender=BrokerLink, person_id=person_id)
    transaction.on_commit(partial(links_changed.send_robust, sender=BrokerLink, person_id=person_id))
