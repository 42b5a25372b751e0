"""Whatever happens to the layer between two processes: the page says that it waits, and holds everything afterwards."""

import asyncio
import contextlib
import logging
import typing

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from streaming.bus.layer import Layer
from streaming.bus.messages import LinksChanged
from streaming.wire.subscription import Subscription
from tests.scenarios.faults.proxy import Proxy
from tests.scenarios.faults.servers import LayerServer
from tests.support.cluster_in_one_loop import Station, Talk, told
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
Fault = typing.Callable[[LayerServer, Proxy], contextlib.AbstractContextManager[object]]


@contextlib.contextmanager
def killed(server: LayerServer, proxy: Proxy) -> typing.Iterator[None]:
    server.kill()
    yield
    server.start()


@contextlib.contextmanager
def stopped(server: LayerServer, proxy: Proxy) -> typing.Iterator[None]:
    server.process.stop()
    yield
    server.process.go_on()


def cut_off(server: LayerServer, proxy: Proxy) -> contextlib.AbstractContextManager[None]:
    return proxy.treating(swallow=True)


@pytest.mark.parametrize("fault", [killed, stopped, cut_off])
async def test_a_layer_that_was_away_is_back_with_everything(fault: Fault, tmp_path):
    info = Info()
    with LayerServer(tmp_path) as server, Proxy(("127.0.0.1", server.port)) as proxy:
        far = "redis://{}:{}".format(*typing.cast(tuple[str, int], proxy.address))
        async with (
            Station(server.url, MemoryLinks(p1=[info])) as streams,
            Station(far, MemoryLinks(), willing=False) as web,
        ):
            reader = web.reader(DESK)
            async with Talk(streams, info) as talk:
                await talk.until_level(reader)
                with fault(server, proxy):
                    await reader.until(lambda r: r.of("feed"))
                    at = talk.price
                    await aeventually(lambda: talk.price > at + 10, saying="the owner goes on by itself")
                await aeventually(lambda: not reader.socket.waiting)
                await talk.until_level(reader)
            await aeventually(lambda: told(reader, streams))
            assert len(reader.of("welcome")) == 1, "its socket lived through it"
            assert reader.socket.epoch == streams.epoch, "nobody took the person over"


@pytest.mark.parametrize("blow", [LayerServer.flush, LayerServer.kill_clients])
async def test_a_blow_that_nobody_needs_to_notice_costs_nothing(blow, tmp_path):
    info = Info()
    with LayerServer(tmp_path, "unix") as server:
        async with (
            Station(server.url, MemoryLinks(p1=[info])) as streams,
            Station(server.url, MemoryLinks(), willing=False) as web,
        ):
            reader = web.reader(DESK)
            async with Talk(streams, info) as talk:
                await talk.until_level(reader)
                for _ in range(3):
                    blow(server)
                    await talk.until_level(reader)
            await aeventually(lambda: told(reader, streams))
            assert reader.socket.epoch == streams.epoch


class Clinging(RedisPubSubChannelLayer):  # type: ignore[misc]  # it has no types
    """A layer that is not closed before `let_go`, whoever cancels that: what redis does while it connects."""

    let_go: asyncio.Event

    async def flush(self) -> None:
        while not self.let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.let_go.wait()
        await self._get_layer().flush()


async def test_connections_that_do_not_close_keep_no_process_deaf(tmp_path):
    with LayerServer(tmp_path) as server, Proxy(("127.0.0.1", server.port)) as proxy:
        far = "redis://{}:{}".format(*typing.cast(tuple[str, int], proxy.address))
        first, *_ = made = [kind(hosts=[far], prefix="tapedeck") for kind in (Clinging, RedisPubSubChannelLayer)]
        Clinging.let_go = asyncio.Event()
        opened: list[str] = []
        layer = Layer(iter(made).__next__, (), lambda message: None, opened.append, lambda: None, echo_s=0.1)
        layer.start()
        try:
            await aeventually(lambda: layer.echo_ms is not None)
            with proxy.treating(swallow=True):
                await aeventually(lambda: layer.channel == "")
            await aeventually(lambda: len(opened) == 2 and layer.unheard <= 1)
            assert layer.channels is not first
        finally:
            Clinging.let_go.set()
            await layer.close()


async def test_what_was_lost_is_said_once_and_not_with_every_message(tmp_path, caplog):
    with LayerServer(tmp_path) as server:
        async with Station(server.url, MemoryLinks()) as station:
            server.kill()

            def more() -> bool:
                assert station.everybody is not None
                station.everybody.send(LinksChanged(person_text="1"))
                return station.losses.undelivered > 5

            await aeventually(more)
            server.start()
            await aeventually(lambda: not station.losses.away)
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message.partition(":")[0] for record in said if record.name == "streaming.bus.bus"] == [
        "the channel layer takes nothing, what it is given meanwhile is lost"
    ]
    assert [record.name for record in said if record.exc_info] == [], "one clear line, no traceback"


async def test_a_process_ends_in_time_though_its_layer_does_not_answer(tmp_path):
    info = Info()
    with LayerServer(tmp_path) as server:
        station = await Station(server.url, MemoryLinks(p1=[info])).__aenter__()
        reader = station.reader(DESK)
        async with Talk(station, info) as talk:
            await talk.until_level(reader)
        station.hub.leave(reader.socket)
        server.process.stop()
        async with asyncio.timeout(20):
            await station.drain()
        server.process.go_on()
        await aeventually(lambda: server.clients() == 0)
