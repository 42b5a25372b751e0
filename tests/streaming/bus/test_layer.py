"""Processes hear each other over a real Redis or Valkey, whatever happens to it, and say so when they do not."""

import asyncio
import contextlib
import functools
import typing

import msgspec
from channels_redis.pubsub import RedisPubSubChannelLayer

from config import valkey as servers
from lib.tasks import Tasks
from streaming.bus import bus, messages
from streaming.bus.bus import HOSTS, LayerPort, Losses
from streaming.bus.layer import Layer
from streaming.bus.messages import ReportPiece, ReportRequest
from tests.support.eventually import aeventually

ECHO_S = 0.1
ODD = ReportRequest(what="", asked=typing.cast(typing.Any, {"amount": object()}), ask=1, sender="", reply="")


def piece(number: int, text: str = "") -> ReportPiece:
    return ReportPiece(ask=0, process="one", piece=number, pieces=number + 1, text=text)


class Process:
    """One process's end of the layer at `url`, in this event loop, and what it heard. `async with` it."""

    def __init__(self, url: str, *groups: str) -> None:
        hosts = [{"address": url, **servers.connection_options(url)}]
        self.last_received_at: list[typing.Any] = []
        self.opened: list[str] = []
        self.lost = 0
        new = functools.partial(RedisPubSubChannelLayer, hosts=hosts, prefix="tapedeck")
        self.layer = Layer(new, groups, self._receive, self.opened.append, self._lose, ECHO_S)

    def _receive(self, message):
        self.last_received_at.append(message.piece)

    def _lose(self):
        self.lost += 1

    async def __aenter__(self) -> "Process":
        self.layer.start()
        await aeventually(lambda: self.layer.echo_ms is not None)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.layer.close()


def number(packed: bytes) -> int:
    message = messages.decode(packed)
    assert isinstance(message, ReportPiece)
    return message.piece


@contextlib.asynccontextmanager
async def outbox(gate: asyncio.Event) -> typing.AsyncIterator[tuple[LayerPort, list[list[int]]]]:
    """A port whose receiver takes nothing while `gate` is closed, and the parcels it got."""
    tasks, parcels = Tasks("test"), []

    async def deliver(parcel):
        await gate.wait()
        parcels.append([number(message) for message in parcel])

    yield LayerPort(deliver, tasks), parcels
    await tasks.cancel()


async def test_what_waits_while_a_message_is_under_way_leaves_together():
    gate = asyncio.Event()
    async with outbox(gate) as (port, parcels):
        port.send(piece(0))
        await asyncio.sleep(0)
        for number in range(1, 6):
            port.send(piece(number))
        gate.set()
        await aeventually(lambda: len(parcels) == 2)
    assert parcels == [[0], [1, 2, 3, 4, 5]]


async def test_state_waits_for_more_of_it_and_what_somebody_waits_for_takes_it_along(monkeypatch):
    monkeypatch.setattr(bus, "GATHER_S", 60.0)
    gate = asyncio.Event()
    gate.set()
    async with outbox(gate) as (port, parcels):
        port.send(piece(0), gathers=True)
        await aeventually(lambda: parcels == [[0]])
        for number in (1, 2):
            port.send(piece(number), gathers=True)
            await asyncio.sleep(0.05)
        assert parcels == [[0]], "a lone one leaves at once, and then they gather"
        port.send(piece(3))
        await aeventually(lambda: parcels == [[0], [1, 2, 3]])


async def test_no_layer_message_is_much_larger_than_its_bound():
    gate = asyncio.Event()
    async with outbox(gate) as (port, parcels):
        for number in range(8):
            port.send(piece(number, "x" * (bus.PARCEL_BYTES // 3)))
        port.send(piece(8, "x" * bus.PARCEL_BYTES))
        gate.set()
        await aeventually(lambda: sum(map(len, parcels)) == 9)
    assert [8] in parcels, "one that is too large by itself travels alone"
    assert max(map(len, parcels)) == 2


async def test_what_waits_is_bounded_in_bytes():
    tasks, losses, gate = Tasks("test"), Losses(), asyncio.Event()
    port = LayerPort(lambda parcel: gate.wait(), tasks, losses)  # type: ignore[arg-type, return-value]
    for number in range(40):
        port.send(piece(number, "x" * 256_000))
    assert losses.overflowed >= 40 - bus.OUTBOX_BYTES // 256_000 - 1
    assert sum(map(len, port._outbox)) <= bus.OUTBOX_BYTES
    gate.set()
    await tasks.cancel()


async def test_one_bad_message_deafens_nobody(valkey):
    async with Process(valkey, HOSTS) as one, Process(valkey) as other:
        port = other.layer.to_group(HOSTS)
        for message in (ODD, messages.LinksChanged(person_text="1"), piece(1)):
            port.send(message)
        await aeventually(lambda: one.last_received_at == [1])
        assert other.layer.losses.undelivered == 1, "what cannot be written is no loss of the layer's"


async def test_what_cannot_be_read_is_counted_logged_once_a_kind_and_harms_no_other(valkey, caplog):
    odd = [{"kind": "of_tomorrow", "secret": "canary-4711"}] * 3 + [{"kind": "want", "person": "canary-4711"}]
    async with Process(valkey, HOSTS) as one, Process(valkey) as other:
        parcel = [*map(msgspec.msgpack.encode, odd), b"\xc1canary-4711", messages.encode(piece(1))]
        await bus.to_group(other.layer.channels, HOSTS, parcel)
        await aeventually(lambda: one.last_received_at == [1])
        assert (one.layer.losses.unreadable, other.layer.losses.unreadable) == (5, 0)
        assert one.layer.healed == 0
    assert [record.getMessage() for record in caplog.records if record.name == "streaming.bus.bus"] == [
        "messages of kind of_tomorrow (version 0) cannot be read and are dropped: unknown kind",
        "messages of kind want (version 0) cannot be read and are dropped: Expected `str` matching regex"
        " '^[0-9]{1,18}$' - at `$.person`",
        "messages of kind (none) (version 0) cannot be read and are dropped: not MessagePack",
    ]
    assert "canary" not in caplog.text


async def test_messages_arrive_in_order_and_at_the_group_they_are_for(valkey):
    async with Process(valkey, HOSTS) as one, Process(valkey, HOSTS) as other, Process(valkey) as third:
        group, direct = third.layer.to_group(HOSTS), third.layer.to(one.layer.channel)
        for number in range(100):
            group.send(piece(number))
        await aeventually(lambda: len(one.last_received_at) == len(other.last_received_at) == 100)
        direct.send(piece(100))
        await aeventually(lambda: len(one.last_received_at) == 101)
        assert one.last_received_at == [*range(101)]
        assert other.last_received_at == [*range(100)]
        assert third.last_received_at == []
