"""By what somebody came in, and whether it still lets them: asked again and again for sockets that stay open."""

import typing
from collections.abc import Collection, Iterable

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.auth import session_store, tokens
from accounts.models import User

Sessions = dict[str, dict[str, typing.Any]]
"""What sessions hold, by their keys."""


class Access(typing.NamedTuple):
    """By what a person came in: a session (its key, and the hash that a new password changes) or an API token (its id).

    With neither it lets nobody in. The key of a session is a secret, so that a repr says nothing of it.
    """

    person: int
    session: str = ""
    session_hash: str = ""
    token: str = ""

    def __repr__(self) -> str:
        means = f"token={self.token}" if self.token else "session" if self.session else "nothing"
        return f"<Access person={self.person} by {means}>"


def valid(accesses: Iterable[Access]) -> set[Access]:
    """Return those of `accesses` that are still good: two queries for all sessions, one for all tokens.

    A session is good when it exists, has not ended (see session_store), belongs to the person with the same hash (a
    password change makes another), and the person is active. A token is good when it is the person's, neither revoked
    nor expired, and the person is active. Where both were given the token decides, as it did at the door.
    """
    asked = set(accesses)
    by_token = {access for access in asked if access.token}
    return _valid_tokens(by_token) | _valid_sessions({access for access in asked - by_token if access.session})


def _valid_tokens(asked: set[Access]) -> set[Access]:
    if not asked:
        return set()
    rows = tokens.active().filter(pk__in={access.token for access in asked})
    owners = {str(token): person for token, person in rows.values_list("pk", "person_id")}
    return {access for access in asked if owners.get(access.token) == access.person}


def by_session(key: str) -> Access | None:
    """Return who is signed in with the session `key`, or None: two queries."""
    stored = _stored([key])
    try:
        access = Access(int(stored[key][SESSION_KEY]), key, stored[key].get(HASH_SESSION_KEY, ""))
    except (KeyError, ValueError):
        return None
    return access if access in _good([access], stored) else None


def _valid_sessions(asked: set[Access]) -> set[Access]:
    return _good(asked, _stored(access.session for access in asked)) if asked else set()


def _stored(keys: Iterable[str]) -> Sessions:
    """Return what the sessions of `keys` hold, of those that have not expired."""
    rows = Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now())
    return {row.session_key: row.get_decoded() for row in rows}


def _good(asked: Collection[Access], stored: Sessions) -> set[Access]:
    active = User.objects.filter(pk__in={access.person for access in asked}, is_active=True)
    people = {person.pk: person for person in active}
    return {
        access
        for access in asked
        if access.session in stored
        and access.person in people
        and stored[access.session].get(SESSION_KEY) == str(access.person)
        and not session_store.has_ended(stored[access.session])
        and constant_time_compare(stored[access.session].get(HASH_SESSION_KEY, ""), access.session_hash)
        and constant_time_compare(people[access.person].get_session_auth_hash(), access.session_hash)
    }
