"""Two processes share a word exactly when they hear each other; who would be heard by nobody does not begin."""

import asyncio
import datetime
import os
import uuid
from functools import partial

import msgspec
import pytest
import redis
from django.db.models.functions import Now

from streaming.bus import cluster_id
from streaming.bus.cluster_id import KEY, ForeignClusterError, NoLayer, StoredClusterId
from streaming.ledger.ledger import Ledger
from streaming.models import StoredHost
from streaming.ownership import process_id, rows
from streaming.ownership.rows import OwnerIdentity, Situation
from tests.scenarios.faults.servers import LayerServer
from tests.support import corridor, databases
from tests.support.cluster_in_one_loop import BRISK, Station
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually

OTHER = "4f6b7f1e-6d0e-4b57-9f0e-0a8a6e1c2b3d"


ELSEWHERE = Situation("", "another layer", 0)


def ghost(*, silent_s: float) -> str:
    """Make the row of a host of another machine that has not renewed for so long, and return its id."""
    host = str(uuid.uuid4())
    rows.register(host, OwnerIdentity("elsewhere:1", "another boot/pid:[1]/1", "web", willing=True), ELSEWHERE)
    StoredHost.objects.filter(id=host).update(renewed=Now() - datetime.timedelta(seconds=silent_s))
    return host


def is_doubted(host: str) -> bool:
    return StoredHost.objects.filter(id=host, doubted__isnull=False).exists()


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


@pytest.mark.process
async def test_who_is_on_another_layer_does_not_begin_and_says_who_was_there_first(
    valkey, tmp_path, monkeypatch, settings
):
    """However long it is doubted: it renews its heartbeat."""
    short = msgspec.structs.replace(BRISK, lease_s=1.5)
    settings.STREAM = {"lease_s": short.lease_s}
    monkeypatch.setattr(cluster_id, "PATIENCE_S", 1.0)
    with LayerServer(tmp_path) as server:
        async with Station(valkey, MemoryLinks(), in_force=short):
            other = Station(server.url, MemoryLinks(), in_force=short)
            try:
                await aeventually(lambda: other.refusals, within=10)
                assert not other.host.standing.is_set()
            finally:
                await other.drain()
            (said,) = other.refusals
            name = process_id.name_of(os.getpid())
            assert said.startswith(f"Process {name} (test) serves the same database")
            assert "REDIS_URL" in said


async def test_a_process_without_a_layer_shares_its_database_with_nobody(valkey):
    async with Station(valkey, MemoryLinks()) as one:
        with pytest.raises(ForeignClusterError, match="and this process has none"):
            await cluster_id.agree(NoLayer(), one.ledger, 0)
    alone = Ledger((), corridor.database)
    assert (await cluster_id.agree(NoLayer(), alone, 0)).startswith("direct:"), "nobody else is there any more"
    await alone.close()


async def test_a_desk_begins_again_after_all_of_it_died_at_once(valkey, settings, ledger_database):
    """As when the power fails: no row was ended, the layer forgot its word, and the machine is not the one it was."""
    settings.STREAM = {"lease_s": BRISK.lease_s}
    databases.inside(ledger_database, lambda: [ghost(silent_s=60) for _ in range(4)])
    station = Station(valkey, MemoryLinks())
    try:
        await aeventually(lambda: station.host.standing.is_set() or station.refusals)
        assert station.refusals == []
        assert station.lease.layer == word_in(valkey)
    finally:
        await station.drain()


async def test_a_stranger_who_was_only_late_is_one_still(valkey, settings):
    settings.STREAM = {"lease_s": 3}
    ledger = Ledger((), corridor.database)
    late = await ledger.write(partial(ghost, silent_s=60))
    asked = asyncio.ensure_future(cluster_id.agree(StoredClusterId(valkey, {}), ledger, 2.5))
    await aeventually(lambda: ledger.read(is_doubted, late))
    assert await ledger.write(rows.renew, late, ELSEWHERE)
    with pytest.raises(ForeignClusterError, match="elsewhere:1"):
        await asked
    await ledger.close()


async def test_a_stranger_is_one_while_the_database_takes_no_doubt(valkey, ledger_database):
    ledger = Ledger((), corridor.database)
    await ledger.write(partial(ghost, silent_s=60))
    with databases.locked(ledger_database), pytest.raises(ForeignClusterError, match="elsewhere:1"):
        await cluster_id.agree(StoredClusterId(valkey, {}), ledger, 0.1)
    await ledger.close()


@pytest.mark.process
async def test_who_died_on_another_layer_keeps_nobody_from_beginning(valkey):
    ledger = Ledger((), corridor.database)
    died = await asyncio.create_subprocess_exec("sleep", "60")
    told = OwnerIdentity(process_id.name_of(died.pid), process_id.life_of(died.pid), "web", willing=True)
    died.kill()
    await died.wait()

    await ledger.write(rows.register, OTHER, told, ELSEWHERE)
    assert [row.live for row in await ledger.hosts()] == [True]
    assert await cluster_id.agree(StoredClusterId(valkey, {}), ledger, 0) == word_in(valkey)
    await ledger.close()


async def test_who_finds_no_server_begins_without_knowing(tmp_path):
    ledger = Ledger((), corridor.database)
    assert await cluster_id.agree(StoredClusterId(f"unix://{tmp_path}/nobody.sock", {}), ledger, 0) == ""
    await ledger.close()
