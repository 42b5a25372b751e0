"""Two processes share a word exactly when they hear each other; who would be heard by nobody does not begin."""

import asyncio
import os

import pytest
import redis

from streaming import identity, lives, stored_ownership
from streaming.identity import KEY, KeptWord, NoLayer, StrangerError
from streaming.ledger import Ledger
from streaming.stored_ownership import Identity, Situation
from tests.eventually import aeventually
from tests.faults.servers import LayerServer
from tests.streaming import cast
from tests.streaming.cast import MemoryLinks
from tests.streaming.stations import Station

OTHER = "4f6b7f1e-6d0e-4b57-9f0e-0a8a6e1c2b3d"


def word_in(url: str) -> str:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return str(client.get(KEY))


async def test_processes_on_one_layer_share_its_word(valkey):
    async with Station(valkey, MemoryLinks()) as one, Station(valkey, MemoryLinks(), willing=False) as other:
        assert one.lease.layer == other.lease.layer == word_in(valkey)
        assert one.refusals == other.refusals == []


async def test_a_word_that_its_server_forgot_is_put_back_before_anybody_makes_another(valkey):
    async with Station(valkey, MemoryLinks()) as one:
        with redis.Redis.from_url(valkey) as client:
            client.flushall()
        async with Station(valkey, MemoryLinks()) as other:
            assert other.lease.layer == one.lease.layer == word_in(valkey)
            assert one.host.standing.is_set()


async def test_who_is_on_another_layer_does_not_begin_and_says_who_was_there_first(valkey, tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "PATIENCE_S", -2.5)
    with LayerServer(tmp_path) as server:
        async with Station(valkey, MemoryLinks()):
            other = Station(server.url, MemoryLinks())
            try:
                await aeventually(lambda: other.refusals, within=10)
                assert not other.host.standing.is_set()
            finally:
                await other.drain()
            (said,) = other.refusals
            name = lives.name_of(os.getpid())
            assert said.startswith(f"Process {name} (test) serves the same database")
            assert "REDIS_URL" in said


async def test_a_process_without_a_layer_shares_its_database_with_nobody(valkey):
    async with Station(valkey, MemoryLinks()) as one:
        with pytest.raises(StrangerError, match="and this process has none"):
            await identity.agree(NoLayer(), one.ledger.hosts, 0)
    alone = Ledger((), cast.database)
    assert (await identity.agree(NoLayer(), alone.hosts, 0)).startswith("direct:"), "nobody else is there any more"
    await alone.close()


async def test_who_died_on_another_layer_keeps_nobody_from_beginning(valkey):
    ledger = Ledger((), cast.database)
    died = await asyncio.create_subprocess_exec("sleep", "60")
    told = Identity(lives.name_of(died.pid), lives.life_of(died.pid), "web", willing=True)
    died.kill()
    await died.wait()

    def register() -> None:
        stored_ownership.register(OTHER, told, Situation("", "another layer", 0))

    await asyncio.get_running_loop().run_in_executor(ledger._writer, register)
    assert [row.live for row in await ledger.hosts()] == [True]
    assert await identity.agree(KeptWord(valkey, {}), ledger.hosts, 0) == word_in(valkey)
    await ledger.close()


async def test_who_finds_no_server_begins_without_knowing(tmp_path):
    ledger = Ledger((), cast.database)
    assert await identity.agree(KeptWord(f"unix://{tmp_path}/nobody.sock", {}), ledger.hosts, 0) == ""
    await ledger.close()
