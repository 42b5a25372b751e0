"""How long somebody stays signed in: IDLE after the last page they asked for, and ABSOLUTE after they signed in.

The row of a session ends with the first of the two, so whoever reads rows (`access`, `clearsessions`) needs no rule of
their own; the browser's cookie lives ABSOLUTE and decides nothing. Streams that stay open are no sign of a person: a
desk that nobody touches for IDLE is signed out.
"""

import datetime
import time
import typing

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

IDLE = datetime.timedelta(hours=12)
ABSOLUTE = datetime.timedelta(days=7)
EXTEND_EVERY = datetime.timedelta(minutes=10)
"""How much later a row must end than it says before that is written: not every page costs a write."""
SIGNED_IN_AT = "signed_in_at"
"""What a session keeps: when somebody signed in, in s since the epoch."""
PASSWORD_AT = "password_at"
"""What a session keeps: when they last showed their password, in s since the epoch."""

Data = dict[str, typing.Any]


def stamp(session: typing.Any) -> None:
    """Note that somebody signs in with `session` now."""
    session[SIGNED_IN_AT] = session[PASSWORD_AT] = int(time.time())


def stamp_password(request: HttpRequest) -> None:
    """Note that who is signed in showed their password again."""
    request.session[PASSWORD_AT] = int(time.time())


def ends(data: Data) -> datetime.datetime | None:
    """Return when a session of somebody ends whatever they do; None for one in which nobody is signed in.

    One that does not say when they signed in was made by a former release, and has ended.
    """
    if SESSION_KEY not in data:
        return None
    return datetime.datetime.fromtimestamp(data.get(SIGNED_IN_AT, 0), datetime.UTC) + ABSOLUTE


def has_ended(data: Data) -> bool:
    """Tell whether somebody's session is older than ABSOLUTE."""
    end = ends(data)
    return end is not None and end <= timezone.now()


class SessionStore(db.SessionStore):
    """Sessions in the database, which end as this module says."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table of all sessions."""
        return Session

    def load(self) -> Data:
        """Return what the session holds, and have it end later where its person was away for a while."""
        row: Session | None = self._get_session_from_db()  # type: ignore[attr-defined]  # not in the stubs
        data, end = self._opened(row)
        if end is not None:
            self.model.objects.filter(session_key=self.session_key).update(expire_date=end)
        return data

    async def aload(self) -> Data:
        """Return what the session holds, and have it end later where its person was away for a while."""
        row: Session | None = await self._aget_session_from_db()  # type: ignore[attr-defined]  # not in the stubs
        data, end = self._opened(row)
        if end is not None:
            await self.model.objects.filter(session_key=self.session_key).aupdate(expire_date=end)
        return data

    def _opened(self, row: Session | None) -> tuple[Data, datetime.datetime | None]:
        """Return what a row holds, and until when it is to last if that is to be written."""
        data: Data = self.decode(row.session_data) if row is not None else {}
        if row is None or SESSION_KEY not in data:
            return data, None
        if has_ended(data):
            self._session_key = None
            return {}, None
        end = _until(data)
        return data, end if end - row.expire_date >= EXTEND_EVERY else None

    def get_expiry_date(self, **more: typing.Any) -> datetime.datetime:
        """Return until when the row lasts."""
        return _until(self._session)  # type: ignore[attr-defined]  # not in the stubs

    async def aget_expiry_date(self, **more: typing.Any) -> datetime.datetime:
        """Return until when the row lasts."""
        return _until(await self._aget_session())  # type: ignore[attr-defined]  # not in the stubs

    def get_expiry_age(self, **more: typing.Any) -> int:
        """Return how long the browser keeps the cookie, in s."""
        return _age_s(self._session)  # type: ignore[attr-defined]  # not in the stubs

    async def aget_expiry_age(self, **more: typing.Any) -> int:
        """Return how long the browser keeps the cookie, in s."""
        return _age_s(await self._aget_session())  # type: ignore[attr-defined]  # not in the stubs


def _until(data: Data) -> datetime.datetime:
    idle = timezone.now() + IDLE
    end = ends(data)
    return idle if end is None else min(idle, end)


def _age_s(data: Data) -> int:
    end = ends(data)
    return int(ABSOLUTE.total_seconds() if end is None else (end - timezone.now()).total_seconds())


def open_session(person: User) -> SessionStore:
    """Make a session for `person`, as signing in does; the caller deletes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    stamp(session)
    session.create()
    return session
