"""How often something may start in any minute, counted for all processes of a desk in its shared cache.

The count is that of the current minute by the clock, and the part of the one before that is still less than a minute
ago. While the cache is away each process counts for itself, and lets a share of it start.
"""

import collections
import functools
import logging
import time
import typing
from collections.abc import Mapping

import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from streaming.ledger.errors import LedgerError
from streaming.runtime import runtime

logger = logging.getLogger(__name__)

PREFIX = "tapedeck:starts"
MOST_KEPT = 10_000
"""Counts kept in a process, at most; the oldest are forgotten."""
_SCRIPT = """
local before = tonumber(redis.call('GET', KEYS[1]) or '0')
local count = tonumber(redis.call('GET', KEYS[2]) or '0')
if before * tonumber(ARGV[2]) + count + 1 > tonumber(ARGV[1]) then return {0, before, count} end
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {1, before, count}
"""


class StartCount(typing.NamedTuple):
    """What was counted: whether one more may start, and how many did in the window before and in this one."""

    allowed: bool
    before: int
    current: int


async def count_start(key: str, most: int, window_ms: int = 60_000) -> float | None:
    """Count one more start of `key`. Returns None if it may, else in how many seconds it may, and counts nothing."""
    now = time.time() * 1000
    try:
        counted = await _count(key, most, window_ms, now)
    except (redis.RedisError, OSError) as error:
        logger.warning("starts are counted by each process: %s", type(error).__name__)
        most = max(1, most // await count_processes())
        counted = _local.count(key, most, window_ms, now)
    return None if counted.allowed else wait_s(counted, most, window_ms, now)


def wait_s(counted: StartCount, most: int, window_ms: int, now: float) -> float:
    """Return in how many seconds one more may start. `now` in ms."""
    gone = now % window_ms / window_ms
    if counted.current + 1 <= most:
        return (1 - (most - 1 - counted.current) / counted.before - gone) * window_ms / 1000
    return (1 - gone + 1 - (most - 1) / counted.current) * window_ms / 1000


class LocalCounts:
    """The counts of one process."""

    def __init__(self) -> None:
        self._counts: collections.OrderedDict[tuple[str, int], int] = collections.OrderedDict()

    def count(self, key: str, most: int, window_ms: int, now: float) -> StartCount:
        """Count one more start if it may. `now` in ms."""
        slot = int(now // window_ms)
        before, current = self._counts.get((key, slot - 1), 0), self._counts.get((key, slot), 0)
        if before * (1 - now % window_ms / window_ms) + current + 1 > most:
            return StartCount(False, before, current)
        self._counts[key, slot] = current + 1
        self._counts.move_to_end((key, slot))
        while len(self._counts) > MOST_KEPT:
            self._counts.popitem(last=False)
        return StartCount(True, before, current)


_local = LocalCounts()


async def _count(key: str, most: int, window_ms: int, now: float) -> StartCount:
    """Count in the shared cache; in this process where it is the only one. Raises RedisError and OSError."""
    if not settings.LAYER_URL:
        return _local.count(key, most, window_ms, now)
    slot = int(now // window_ms)
    keys = [f"{PREFIX}:{key}:{window_ms}:{one}" for one in (slot - 1, slot)]
    part = 1 - now % window_ms / window_ms
    told = await sync_to_async(_ask, thread_sensitive=False)(keys, [most, part, 2 * window_ms])
    return StartCount(bool(told[0]), int(told[1]), int(told[2]))


def _ask(keys: list[str], values: list[float]) -> list[int]:
    found: list[int] = layer_client(settings.LAYER_URL).eval(_SCRIPT, len(keys), *keys, *values)
    return found


@functools.cache
def layer_client(url: str) -> redis.Redis:
    """Return one client of the cache for the process, by which threads ask."""
    options: Mapping[str, typing.Any] = settings.LAYER_OPTIONS
    return redis.Redis.from_url(url, **{**options, "retry": Retry(NoBackoff(), 0)})


async def count_processes() -> int:
    """Return how many processes share what may start; 1 where nobody can tell."""
    try:
        return max(1, sum(row.live for row in await runtime().ledger.hosts()))
    except LedgerError:
        return 1
