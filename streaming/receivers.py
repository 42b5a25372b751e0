"""Takes what accounts announce to the running streams."""

import typing

from django.dispatch import receiver

from accounts.signals import access_ended, links_changed
from streaming.runtime import tell_access_ended, tell_links_changed


@receiver(links_changed, dispatch_uid="streaming")
def on_links_changed(sender: object, person_id: int, **_: typing.Any) -> None:
    """A person's links were added to, re-linked or removed."""
    tell_links_changed(person_id)


@receiver(access_ended, dispatch_uid="streaming")
def on_access_ended(
    sender: object, person_id: int, session_key: str | None, token_id: str | None, **_: typing.Any
) -> None:
    """A session or an API token ended, or a person lost their access."""
    tell_access_ended(person_id, session_key, token_id)
