"""Tells a person's streams that their sources of news changed."""

import typing

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.links.store import announce
from news.models import NewsLink


@receiver([post_save, post_delete], sender=NewsLink, dispatch_uid="news")
def on_link_changed(sender: object, instance: NewsLink, **_: typing.Any) -> None:
    """A source was linked, changed or removed. The desk's owner looks by itself."""
    if instance.person_id is not None:
        announce(instance.person_id)
