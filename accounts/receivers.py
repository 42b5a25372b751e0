"""Notices when somebody loses access or a link goes, however that happens, and announces it after the commit.

Changes that bypass the models (`QuerySet.update`, another program) are found by `access.valid` instead.
"""

import typing
from functools import partial

from allauth.account.signals import authentication_step_completed
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.auth import addresses, session_store
from accounts.links import store
from accounts.models import ApiToken, BrokerLink, User
from accounts.signals import access_ended


def _announce(person_id: int, *, session_key: str | None = None, token_id: str | None = None) -> None:
    ended = {"person_id": person_id, "session_key": session_key, "token_id": token_id}
    transaction.on_commit(partial(access_ended.send_robust, sender=User, **ended))


@receiver(user_logged_in, dispatch_uid="accounts")
def on_signed_in(sender: object, request: HttpRequest, **_: typing.Any) -> None:
    """Somebody signed in, by whatever door."""
    session_store.stamp(request.session)


@receiver(authentication_step_completed, dispatch_uid="accounts")
def on_password_shown(
    sender: object, request: HttpRequest, method: str, reauthenticated: bool = False, **_: typing.Any
) -> None:
    """Who showed their password again has a session of another key; signing in makes one by itself."""
    if method == "password" and reauthenticated:
        session_store.stamp_password(request)
        request.session.cycle_key()


@receiver(post_delete, sender=Session, dispatch_uid="accounts")
def on_session_deleted(sender: object, instance: Session, **_: typing.Any) -> None:
    """A session was deleted: by signing out, by a new key for it, by an admin, by a command."""
    person = instance.get_decoded().get(SESSION_KEY)
    if person is not None:
        _announce(int(person), session_key=instance.session_key)


@receiver(pre_save, sender=User, dispatch_uid="accounts")
def before_person_saved(sender: object, instance: User, **_: typing.Any) -> None:
    """Remember what decides about access, to compare after the save."""
    rows = User.objects.filter(pk=instance.pk).values_list("password", "is_active", "email")
    before = rows.first() if instance.pk else None
    instance._access_before = before  # type: ignore[attr-defined]  # carried from pre_save to post_save only


@receiver(post_save, sender=User, dispatch_uid="accounts")
def on_person_saved(
    sender: object, instance: User, update_fields: frozenset[str] | None = None, **_: typing.Any
) -> None:
    """A new password or a deactivation ends every session; who changed their own password stays signed in anew.

    A new address leaves no former one to sign in by. A new password also revokes every API token: who changes it
    because somebody knows it must not leave them another way in. Passwords that are only hashed anew, as at a sign-in
    after Django raised the cost, are no new ones.
    """
    before = getattr(instance, "_access_before", None)
    if before is not None and before[2] != instance.email and (update_fields is None or "email" in update_fields):
        addresses.keep_one(instance)
    if before is None or (update_fields is not None and not {"password", "is_active"} & set(update_fields)):
        return
    if before[0] != instance.password and not _is_only_hashed_anew(instance, update_fields):
        ApiToken.objects.filter(person=instance, revoked=None).update(revoked=timezone.now())
    if before[0] != instance.password or (before[1] and not instance.is_active):
        _announce(instance.pk)


def _is_only_hashed_anew(person: User, update_fields: frozenset[str] | None) -> bool:
    # Django says it in this way alone: it clears what it keeps of a new password before it saves.
    by_django = getattr(person, "_password", None) is None and set(update_fields or ()) == {"password"}
    return by_django and person.has_usable_password()


@receiver(post_delete, sender=User, dispatch_uid="accounts")
def on_person_deleted(sender: object, instance: User, **_: typing.Any) -> None:
    """A person was deleted."""
    _announce(instance.pk)


@receiver(post_save, sender=ApiToken, dispatch_uid="accounts")
def on_token_saved(sender: object, instance: ApiToken, **_: typing.Any) -> None:
    """An API token was revoked, or what was revoked is saved again, which harms nobody."""
    if instance.revoked is not None:
        _announce(instance.person_id, token_id=str(instance.pk))


@receiver(post_delete, sender=ApiToken, dispatch_uid="accounts")
def on_token_deleted(sender: object, instance: ApiToken, **_: typing.Any) -> None:
    """An API token was deleted."""
    _announce(instance.person_id, token_id=str(instance.pk))


@receiver(post_delete, sender=BrokerLink, dispatch_uid="accounts")
def on_link_deleted(sender: object, instance: BrokerLink, **_: typing.Any) -> None:
    """A link was removed: by its person, in the admin, or with its person."""
    store.announce(instance.person_id)
