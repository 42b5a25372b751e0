"""A process is ready when everything that it stands on is there, and says what is missing."""

import pytest
from channels.layers import InMemoryChannelLayer

from streaming.bus.layer import Layer
from streaming.ownership.lease import Lease
from streaming.status.cluster import readiness
from tests.support.corridor import House, MemoryLinks
from tests.support.eventually import aeventually

DATABASE = {"ok": True, "answers": True, "reason": ""}
CARRIES = {"ok": True, "state": "up"}


class Process(House):
    """A process with all it needs."""

    layer: Layer | None = None


def never_heard() -> Layer:
    return Layer(InMemoryChannelLayer, (), lambda message: None, lambda channel: None, lambda: None, 1.0)


async def test_it_is_ready_once_it_has_said_that_it_is_alive():
    async with Process(MemoryLinks()) as process:
        await aeventually(process.lease.good)
        told = readiness(process, DATABASE, CARRIES)
        assert told["ready"] is True
        assert told["lease"]["heartbeat_ms"] < 5_000


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("database", {"database": DATABASE | {"ok": False, "reason": "1 migrations to apply"}}),
        ("layer", {"layer": CARRIES | {"ok": False, "state": "down"}}),
    ],
)
async def test_it_is_not_ready_while_something_is_away(what, change):
    async with Process(MemoryLinks()) as process:
        await aeventually(process.lease.good)
        told = readiness(process, **{"database": DATABASE, "layer": CARRIES, **change})
        assert told["ready"] is False
        assert [name for name in ("database", "layer", "lease") if not told[name]["ok"]] == [what]


async def test_it_is_not_ready_while_it_hears_nothing_although_the_layer_takes_what_it_says():
    async with Process(MemoryLinks()) as process:
        await aeventually(process.lease.good)
        process.layer = never_heard()
        told = readiness(process, DATABASE, CARRIES)
        assert told["ready"] is False
        assert told["layer"]["state"] == "deaf"
        process.layer.channel = "here"
        assert readiness(process, DATABASE, CARRIES)["ready"] is True


async def test_it_is_not_ready_while_it_may_own_nobody():
    async with Process(MemoryLinks()) as process:
        process.lease, running = Lease("test"), process.lease
        told = readiness(process, DATABASE, CARRIES)
        assert told["ready"] is told["lease"]["ok"] is False
        assert told["lease"]["heartbeat_ms"] is None
        process.lease = running


async def test_it_is_not_ready_while_it_drains():
    async with Process(MemoryLinks()) as process:
        await aeventually(process.lease.good)
        process.hub.closing = True
        told = readiness(process, DATABASE, CARRIES)
        assert (told["ready"], told["draining"]) == (False, True)
