"""Sessions: signed names that any process can check, and that end half an hour after their last use."""

import asyncio
import datetime
import typing

import redis
import time_machine
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache

from assistant.mcp import sessions
from assistant.mcp.sessions import LASTS_S, end_session, new_session, use_session

BEGUN = datetime.datetime(2026, 11, 25, 15, 0, tzinfo=datetime.UTC)
KEY = "mcp.session."


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(BEGUN + datetime.timedelta(seconds=seconds), tick=False)


def key_of(name: str) -> str:
    session = sessions._read(name, "7")
    assert session is not None
    return sessions._use_key(session)


async def test_a_use_keeps_a_session_for_half_an_hour(valkey, layer_client):
    with later(0):
        name = new_session("7")
        assert await use_session(name, "7")
    (kept,) = layer_client.keys("*mcp.session*")
    assert LASTS_S - 5 <= layer_client.ttl(kept) <= LASTS_S
    with later(LASTS_S + 60):
        assert await use_session(name, "7"), "it was used half an hour ago at the most: the cache still tells"
        cache.delete(key_of(name))
        assert not await use_session(name, "7")
        assert not await end_session(name, "7")


async def test_without_a_use_it_ends_half_an_hour_after_its_beginning(valkey):
    with later(0):
        name = new_session("7")
    with later(LASTS_S - 1):
        assert await use_session(name, "7")
        cache.delete(key_of(name))
    with later(LASTS_S + 1):
        assert not await use_session(name, "7")


async def test_an_ended_one_stays_ended_for_as_long_as_its_name_would_be_good(valkey, layer_client):
    name = new_session("7")
    assert await end_session(name, "7")
    assert not await use_session(name, "7")
    assert not await end_session(name, "7")
    (kept,) = layer_client.keys("*mcp.session*")
    assert layer_client.ttl(kept) >= 2 * LASTS_S - 5


async def test_a_use_that_overlaps_the_end_does_not_bring_a_session_back(valkey, monkeypatch):
    name = new_session("7")
    session = sessions._read(name, "7")
    assert session is not None
    put = RedisCache.set

    def end_first(*entry: typing.Any) -> None:
        """Note a use after the session was ended: what that use saw before is no longer so."""
        monkeypatch.setattr(RedisCache, "set", put)
        assert sessions._end(session)
        put(*entry)

    monkeypatch.setattr(RedisCache, "set", end_first)
    assert not await use_session(name, "7")
    assert not await use_session(name, "7")
    assert cache.get(key_of(name)), "it was used"
    assert not await end_session(name, "7")


async def test_of_many_who_end_a_session_at_once_one_does(valkey):
    name = new_session("7")
    found = await asyncio.gather(*(end_session(name, "7") for _ in range(8)))
    assert sorted(found) == [False] * 7 + [True]


async def test_a_name_is_bound_to_its_token_and_cannot_be_made_up(valkey):
    name = new_session("7")
    assert not await use_session(name, "8")
    assert not await use_session(name[:-1] + ("A" if name[-1] != "A" else "B"), "7")
    assert not await use_session("", "7")
    assert not await use_session("é" * 40, "7")
    assert not await use_session("x" * 10_000, "7")
    assert len({new_session("7") for _ in range(100)}) == 100


async def test_while_the_cache_is_away_the_beginning_counts(monkeypatch):
    def away(*args):
        raise redis.ConnectionError

    monkeypatch.setattr(sessions, "_use", away)
    monkeypatch.setattr(sessions, "_end", away)
    with later(0):
        name = new_session("7")
    with later(LASTS_S - 1):
        assert await use_session(name, "7")
        assert await end_session(name, "7")
    with later(LASTS_S):
        assert not await use_session(name, "7")
