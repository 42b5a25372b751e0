"""Clears what nobody needs any more, once a day in each process that may hold streams."""

import asyncio
import datetime
import logging
import random
import typing

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User

logger = logging.getLogger(__name__)

EVERY_S = 86_400.0
FIRST_S = (300.0, 900.0)
"""After which time a process clears for the first time: not all of a desk do so at once."""
ABANDONED = datetime.timedelta(days=7)
"""How long a sign-up waits for its address to be confirmed."""


class Cleared(typing.NamedTuple):
    """How much was cleared."""

    sessions: int
    sign_ups: int


def clear() -> Cleared:
    """Delete the sessions that have ended, and sign-ups that nobody confirmed. Raises DatabaseError."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
    return Cleared(sessions, _clear_sign_ups(now) if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" else 0)


def _clear_sign_ups(now: datetime.datetime) -> int:
    """Delete who signed up a while ago and neither confirmed their address nor ever came in.

    Only a sign-up makes a row of an address before anybody came in: people whom an owner made have none, and stay.
    """
    never_came = {"last_login": None, "is_staff": False, "links": None, "api_tokens": None}
    signed_up = User.objects.filter(emailaddress__verified=False, date_joined__lt=now - ABANDONED)
    waiting = signed_up.filter(**never_came).exclude(emailaddress__verified=True)
    _, deleted = User.objects.filter(pk__in=waiting.values("pk")).delete()
    return deleted.get(User._meta.label, 0)


async def run() -> None:
    """Clear once a day, for ever."""
    await asyncio.sleep(random.uniform(*FIRST_S))
    while True:
        try:
            cleared = await database_sync_to_async(clear, thread_sensitive=False)()
        except DatabaseError as error:
            logger.warning("nothing could be cleared today: %s", type(error).__name__)
        else:
            logger.info("cleared %d ended sessions and %d sign-ups that nobody confirmed", *cleared)
        await asyncio.sleep(EVERY_S)
