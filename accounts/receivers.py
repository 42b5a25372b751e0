"""Notices when somebody loses access or a link goes, however that happens, and announces it after the commit.

Changes that bypass the models (`QuerySet.update`, another program) are found by `access.valid` instead.
"""

import typing
from functools import partial

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from accounts import linking
from accounts.models import BrokerLink, User
from accounts.signals import access_ended


def _announce(person_id: int, session_key: str | None) -> None:
    transaction.on_commit(
        partial(access_ended.send_robust, sender=User, person_id=person_id, session_key=session_key)
    )  # fmt: skip


@receiver(post_delete, sender=Session, dispatch_uid="accounts")
def on_session_deleted(sender: object, instance: Session, **_: typing.Any) -> None:
    """A session was deleted: by signing out, by a new key for it, by an admin, by a command."""
    person = instance.get_decoded().get(SESSION_KEY)
    if person is not None:
        _announce(int(person), instance.session_key)


@receiver(pre_save, sender=User, dispatch_uid="accounts")
def before_person_saved(sender: object, instance: User, **_: typing.Any) -> None:
    """Remember what decides about access, to compare after the save."""
    before = User.objects.filter(pk=instance.pk).values_list("password", "is_active").first() if instance.pk else None
    instance._access_before = before  # type: ignore[attr-defined]  # carried from pre_save to post_save only


@receiver(post_save, sender=User, dispatch_uid="accounts")
def on_person_saved(
    sender: object, instance: User, update_fields: frozenset[str] | None = None, **_: typing.Any
) -> None:
    """A new password or a deactivation ends every session; who changed their own password stays signed in anew."""
    before = getattr(instance, "_access_before", None)
    if before is None or (update_fields is not None and not {"password", "is_active"} & set(update_fields)):
        return
    if before[0] != instance.password or (before[1] and not instance.is_active):
        _announce(instance.pk, None)


@receiver(post_delete, sender=User, dispatch_uid="accounts")
def on_person_deleted(sender: object, instance: User, **_: typing.Any) -> None:
    """A person was deleted."""
    _announce(instance.pk, None)


@receiver(post_delete, sender=BrokerLink, dispatch_uid="accounts")
def on_link_deleted(sender: object, instance: BrokerLink, **_: typing.Any) -> None:
    """A link was removed: by its person, in the admin, or with its person."""
    linking.announce(instance.person_id)
