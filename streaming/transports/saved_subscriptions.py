"""Watches too long for a URL, kept in the cache under a short name. Losing one does no harm: its client posts again."""

import functools
import hashlib

import msgspec
from django.core.cache import BaseCache, caches

from streaming.wire.subscription import Subscription, SubscriptionError, SubscriptionRequest

KEPT_S = 3600
"""How long a person's views are kept after one of them was used."""
MOST = 20
MOST_CHARACTERS = 262_144
"""Views a person may have stored, and their size together; the oldest ones make room."""

Stored = dict[str, str]


def store(person: int, watch: SubscriptionRequest) -> str:
    """Keep a watch for a person and return its name: equal watches have the same. Raises SubscriptionError."""
    Subscription().plus(watch)
    text = msgspec.json.encode(watch).decode()
    name = hashlib.blake2s(text.encode(), digest_size=12).hexdigest()
    views = _of(person)
    views.pop(name, None)
    views[name] = text
    while len(views) > MOST or sum(map(len, views.values())) > MOST_CHARACTERS:
        del views[next(iter(views))]
    # One entry for all: a bound on many would not hold. Of two that are stored at once one may be lost, which heals.
    _cache().set(_key(person), views, KEPT_S)
    return name


def find(person: int, name: str) -> SubscriptionRequest:
    """Return a watch of this person, and keep all of theirs for another hour. Raises SubscriptionError."""
    text = _of(person).get(name)
    if text is None:
        raise SubscriptionError("unknown_view", "No such view, or none was used for an hour. Post it again.")
    _cache().touch(_key(person), KEPT_S)
    return msgspec.json.decode(text, type=SubscriptionRequest)


def _of(person: int) -> Stored:
    views: Stored = _cache().get(_key(person)) or {}
    return views


def _key(person: int) -> str:
    return f"stream-views:{person}"


@functools.cache
def _cache() -> BaseCache:
    """Return one cache for the process: Django's own `cache` would connect anew for every request."""
    return caches.create_connection("default")
