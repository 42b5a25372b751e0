"""Sessions of the handshake revisions: signed names, each bound to an API token, which any process can check.

Nothing is kept for a session but, in the shared cache, that it was used and that it was ended. A session ends half an
hour after its last use; where the cache does not tell of a use, half an hour after its beginning.
"""

import logging
import secrets
import time
import typing

import redis
from asgiref.sync import sync_to_async
from django.core import signing
from django.core.cache import cache

logger = logging.getLogger(__name__)

LASTS_S = 1_800
MOST_CHARACTERS = 200
"""Longer than any name of ours."""
_SALT = "assistant.mcp.sessions"
_PREFIX = "mcp.session"
_USED, _ENDED = "used", "ended"


class McpSession(typing.NamedTuple):
    """What a name says: which session it is, whose token opened it, and when (s)."""

    id: str
    token: str
    begun: float


def new_session(token: str) -> str:
    """Return the name of a new session of the API token with this id."""
    return signing.dumps([secrets.token_urlsafe(12), token, int(time.time())], salt=_SALT)


async def use_session(name: str, token: str) -> bool:
    """Note that a session is in use. Returns whether it is one of that token and has not ended."""
    session = _read(name, token)
    return session is not None and await _asked(_use, session, _is_young(session))


async def end_session(name: str, token: str) -> bool:
    """End a session. Returns whether it was one of that token and had not ended."""
    session = _read(name, token)
    return session is not None and await _asked(_end, session, _is_young(session))


def _read(name: str, token: str) -> McpSession | None:
    """Return what a name says; None for one that is not signed here, or is another token's."""
    if len(name) > MOST_CHARACTERS:
        return None
    try:
        session = McpSession(*signing.loads(name, salt=_SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return session if session.token == token else None


async def _asked(work: typing.Callable[[McpSession], bool], session: McpSession, otherwise: bool) -> bool:
    """Ask the cache; while it is away the answer is `otherwise`."""
    try:
        return await sync_to_async(work, thread_sensitive=False)(session)
    except (redis.RedisError, OSError) as error:
        logger.warning("sessions of programs end by their beginning: %s", type(error).__name__)
        return otherwise


def _use(session: McpSession) -> bool:
    state = cache.get(_key(session))
    if state == _ENDED or (state is None and not _is_young(session)):
        return False
    cache.set(_key(session), _USED, LASTS_S)
    return True


def _end(session: McpSession) -> bool:
    state = cache.get(_key(session))
    if state == _ENDED or (state is None and not _is_young(session)):
        return False
    cache.set(_key(session), _ENDED, LASTS_S)
    return True


def _key(session: McpSession) -> str:
    return f"{_PREFIX}.{session.id}"


def _is_young(session: McpSession) -> bool:
    return time.time() < session.begun + LASTS_S
