"""Takes what accounts announce to the running streams."""

import typing

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import BrokerLink
from accounts.signals import access_ended, links_change, links_changed
from lib.clock import now_ms
from streaming.last_known import store as last_known
from streaming.ledger import store
from streaming.links import notices
from streaming.ownership import rows
from streaming.runtime import tell_access_ended, tell_links_changed


@receiver(post_save, sender=BrokerLink, dispatch_uid="streaming")
def on_link_saved(sender: object, instance: BrokerLink, created: bool, raw: bool = False, **_: typing.Any) -> None:
    """A link was made: that is recorded with it, or neither is. A `raw` one comes with the facts of its own past."""
    if created and not raw:
        store.record(instance.person_id, [notices.added(str(instance.pk), instance.label, now_ms())])


@receiver(post_delete, sender=BrokerLink, dispatch_uid="streaming")
def on_link_deleted(sender: object, instance: BrokerLink, origin: typing.Any = None, **_: typing.Any) -> None:
    """A link was removed. When its person is, everything of theirs goes, and there is nobody to tell."""
    if (origin.model if isinstance(origin, QuerySet) else type(origin)) is BrokerLink:
        store.record(instance.person_id, [notices.removed(str(instance.pk), instance.label, now_ms())])
        last_known.forget(instance.person_id)


@receiver(links_change, dispatch_uid="streaming")
def on_links_change(sender: object, person_id: int, **_: typing.Any) -> None:
    """A person's links change, in this transaction: their owner finds that out also where the hint is lost."""
    rows.note_links(person_id)


@receiver(links_changed, dispatch_uid="streaming")
def on_links_changed(sender: object, person_id: int, **_: typing.Any) -> None:
    """A person's links were added to, re-linked or removed."""
    tell_links_changed(person_id)


@receiver(access_ended, dispatch_uid="streaming")
def on_access_ended(
    sender: object, person_id: int, session_key: str | None, token_id: str | None, **_: typing.Any
) -> None:
    """A session or an API token ended, or a person lost their access, and their links with it."""
    tell_access_ended(person_id, session_key, token_id)
    if session_key is None and token_id is None:
        rows.note_links(person_id)  # last: sockets are closed also where the database is away
