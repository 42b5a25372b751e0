"""How many streams of one kind a person has open, counted for all processes of a desk in its shared cache.

Each holds a place, which its process renews: those of a process that died are free again after LEASE_S. While the cache
is away each process counts its own, and lets its share of them be open.
"""

import asyncio
import collections
import contextlib
import logging
import secrets
import time
import weakref
from collections.abc import AsyncIterator, Callable

import redis
from asgiref.sync import sync_to_async
from django.conf import settings

from assistant import rate_limits
from lib.tasks import Tasks

logger = logging.getLogger(__name__)

PREFIX = "tapedeck:open"
LEASE_S, RENEW_S = 30.0, 10.0
_SCRIPT = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
Held = dict[str, set[str]]
"""Names of the places that are held, by what they are counted under."""


class TooManyOpenError(Exception):
    """As many are open as one person may have."""


class OpenPlaces:
    """The places that streams of one event loop hold."""

    def __init__(self) -> None:
        self._held: Held = collections.defaultdict(set)
        self._tasks = Tasks("open places")
        self._renewal: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def hold(self, key: str, most: int) -> AsyncIterator[None]:
        """Hold one of `most` places while the block runs. Raises TooManyOpenError."""
        name = secrets.token_urlsafe(9)
        await self._enter(key, name, most)
        try:
            yield
        finally:
            await asyncio.shield(self._tasks.start(self._leave(key, name), "leave"))

    def count_held(self) -> int:
        """Return how many places are held here."""
        return sum(map(len, self._held.values()))

    async def _enter(self, key: str, name: str, most: int) -> None:
        held = self._held[key]
        held.add(name)  # before anything is awaited: of many that begin at once none is overlooked
        if len(held) > most:
            self._forget(key, name)
            raise TooManyOpenError
        taking = self._tasks.start(self._is_free(key, name, most), "take")
        try:
            is_free = await asyncio.shield(taking)
        except BaseException:
            self._forget(key, name)
            self._tasks.start(self._leave_after(taking, key, name), "leave")
            raise
        if not is_free:
            self._forget(key, name)
            raise TooManyOpenError
        if self._renewal is None:
            self._renewal = self._tasks.start(self._renew(), "renew")

    async def _is_free(self, key: str, name: str, most: int) -> bool:
        """Take a place in the shared cache. Returns whether there was one."""
        if not settings.LAYER_URL:
            return True
        try:
            return await sync_to_async(_take, thread_sensitive=False)(key, name, most)
        except (redis.RedisError, OSError) as error:
            logger.warning("what is open is counted by each process: %s", type(error).__name__)
            return len(self._held[key]) <= max(1, most // await rate_limits.count_processes())

    async def _leave_after(self, taking: asyncio.Task[bool], key: str, name: str) -> None:
        """Give a place back as soon as it is taken: who wanted it was cancelled."""
        await asyncio.wait([taking])
        await self._leave(key, name)

    async def _leave(self, key: str, name: str) -> None:
        self._forget(key, name)
        await self._tell(_give_back, {key: {name}})

    def _forget(self, key: str, name: str) -> None:
        self._held[key].discard(name)
        if not self._held[key]:
            del self._held[key]
        if not self._held and self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await asyncio.shield(self._tasks.start(self._prolong_held(), "prolong"))

    async def _prolong_held(self) -> None:
        """Prolong what is held, and give back what was left meanwhile: that may be prolonged after it was left."""
        told = {key: set(names) for key, names in self._held.items()}
        await self._tell(_prolong, told)
        left = {key: names - self._held.get(key, set()) for key, names in told.items()}
        await self._tell(_give_back, {key: names for key, names in left.items() if names})

    async def _tell(self, work: Callable[[Held], None], held: Held) -> None:
        """Tell the cache of places; while it is away they lapse, or are taken anew when it is back."""
        if not settings.LAYER_URL or not held:
            return
        try:
            await sync_to_async(work, thread_sensitive=False)(held)
        except (redis.RedisError, OSError) as error:
            logger.warning("open places are not told: %s", type(error).__name__)


_places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, OpenPlaces] = weakref.WeakKeyDictionary()


def open_places() -> OpenPlaces:
    """Return the places of the running event loop."""
    return _places.setdefault(asyncio.get_running_loop(), OpenPlaces())


def count_held() -> int:
    """Return how many places this process holds."""
    return sum(places.count_held() for places in list(_places.values()))


def _take(key: str, name: str, most: int) -> bool:
    now = time.time()
    values: list[float | str] = [now, most, now + LEASE_S, name, int(LEASE_S * 1000)]
    return bool(rate_limits.layer_client(settings.LAYER_URL).eval(_SCRIPT, 1, f"{PREFIX}:{key}", *values))


def _give_back(held: Held) -> None:
    client = rate_limits.layer_client(settings.LAYER_URL)
    for key, names in held.items():
        client.zrem(f"{PREFIX}:{key}", *names)


def _prolong(held: Held) -> None:
    until = time.time() + LEASE_S
    with rate_limits.layer_client(settings.LAYER_URL).pipeline(transaction=False) as pipe:
        for key, names in held.items():
            pipe.zadd(f"{PREFIX}:{key}", dict.fromkeys(names, until))
            pipe.pexpire(f"{PREFIX}:{key}", int(LEASE_S * 1000))
        pipe.execute()
