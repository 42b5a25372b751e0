"""Watches too long for a URL, kept in the cache under a short name. Losing one does no harm: its client posts again."""

import hashlib

import msgspec
from django.core.cache import cache

from streaming.watch import RefusedWatchError, View, WatchMessage

KEPT_S = 3600
"""How long a view is kept after its person used any of theirs."""
MOST = 20
"""Views a person may have stored; the oldest one makes room."""
MOST_CHARACTERS = 262_144

Stored = dict[str, str]


def store(person: int, watch: WatchMessage) -> str:
    """Keep a watch for a person and return its name: equal watches have the same. Raises RefusedWatchError."""
    View().plus(watch)
    text = msgspec.json.encode(watch).decode()
    name = hashlib.blake2s(text.encode(), digest_size=12).hexdigest()
    views: Stored = cache.get(_key(person)) or {}
    views.pop(name, None)
    views[name] = text
    while len(views) > MOST or sum(map(len, views.values())) > MOST_CHARACTERS:
        del views[next(iter(views))]
    cache.set(_key(person), views, KEPT_S)
    return name


def find(person: int, name: str) -> WatchMessage:
    """Return a watch of this person, and keep theirs for another hour. Raises RefusedWatchError."""
    views: Stored = cache.get(_key(person)) or {}
    if name not in views:
        raise RefusedWatchError("unknown_view", "No such view, or it was not used for an hour. Post it again.")
    cache.touch(_key(person), KEPT_S)
    return msgspec.json.decode(views[name], type=WatchMessage)


def _key(person: int) -> str:
    return f"stream-views:{person}"
