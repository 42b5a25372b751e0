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
_END_LASTS_S = 2 * LASTS_S
"""Longer than the last use, which may have overlapped the end, is told of."""


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
    if not _lives(session):
        return False
    cache.set(_use_key(session), True, LASTS_S)
    return not _is_ended(session)


def _end(session: McpSession) -> bool:
    """End a session by a name of the cache that no use writes to. Of several who end it at once one does."""
    return _lives(session) and cache.add(_end_key(session), True, _END_LASTS_S)


def _lives(session: McpSession) -> bool:
    """Whether a session was not ended, and was used or began within half an hour."""
    return not _is_ended(session) and (_is_young(session) or cache.get(_use_key(session)) is not None)


def _is_ended(session: McpSession) -> bool:
    return cache.get(_end_key(session)) is not None


def _use_key(session: McpSession) -> str:
    return f"{_PREFIX}.{session.id}"


def _end_key(session: McpSession) -> str:
    return f"{_PREFIX}.{session.id}.end"


def _is_young(session: McpSession) -> bool:
    return time.time() < session.begun + LASTS_S
