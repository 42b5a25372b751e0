"""Whether a session may still be used, asked again and again for sockets that stay open."""

from collections.abc import Iterable

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User


def valid_sessions(sockets: Iterable[tuple[int, str, str]]) -> set[str]:
    """Return those session keys of (person, session key, session hash) that are still good: two queries in all.

    A session is good when it exists, has not expired, belongs to the person with the same hash (a password change
    makes another), and the person is active. A key that is asked about twice is good only if it is both times.
    """
    asked = set(sockets)
    keys = {key for _, key, _ in asked}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    stored = {row.session_key: row.get_decoded() for row in rows}
    people = {user.pk: user for user in User.objects.filter(pk__in={person for person, _, _ in asked}, is_active=True)}
    bad = {
        key
        for person, key, hash_ in asked
        if key not in stored
        or person not in people
        or stored[key].get(SESSION_KEY) != str(person)
        or not constant_time_compare(stored[key].get(HASH_SESSION_KEY, ""), hash_)
        or not constant_time_compare(people[person].get_session_auth_hash(), hash_)
    }
    return keys - bad
