"""26 spans of time of two processes that are restarted in turn after each, lived through in seconds: hours by SOAK=1.

Real: both runtimes (hub, host, lease, ledger, whereabouts, layer) and the database. Stand-ins: the venue, and the
server of the layer, which real time has to pass for. The lease is renewed by a thread, so it keeps the real clock.
"""

import asyncio
import collections
import datetime
import functools
import operator
import os
import time
import typing

import pytest

from alerts.delivery import deliverer
from brokers.contract.events import Quote
from news.owner import desk
from streaming import runtime
from streaming.bus.cluster_id import NoLayer
from streaming.facts import Entry
from streaming.host import waker
from streaming.limits import Limits
from streaming.runtime import Runtime
from streaming.telemetry import meters
from streaming.wire.subscription import Subscription
from tests.support import corridor, virtual_time
from tests.support.corridor import Info, MemoryLinks, Reader, TalkingBroker
from tests.support.in_memory_layer import Ether
from trading.portfolio import valuation

FULL = bool(os.environ.get("SOAK"))
HOURS, HOUR_S = 26, 3_600.0 if FULL else 1_200.0
LIMITS = Limits() if FULL else Limits(beacon_s=40, deaf_s=100, want_ttl_s=200, access_check_s=60, lease_s=900)
"""In `make test` what is done all the time is done more rarely."""
PACES = (
    (meters, "EVERY_S"), (runtime, "RATES_S"), (deliverer, "LOOK_S"), (waker, "EVERY_S"), (valuation, "IDLE_S"),
    (desk, "CLAIM_S"), (desk, "RELOAD_S"), (desk, "LEASE_LOOK_S"),
)  # fmt: skip
"""Of what runs beside the streams: its looks at the database, and at clocks."""
LIVE_AGAIN_S = 10.0 if FULL else 60.0
VIEW = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
DAY = datetime.datetime(2026, 3, 7, 12, tzinfo=datetime.UTC)
real_boottime = functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME)


@pytest.fixture(autouse=True)
def paces(monkeypatch):
    if not FULL:
        for module, pace in PACES:
            monkeypatch.setattr(module, pace, 60.0)
        monkeypatch.setattr(desk, "limits", lambda: LIMITS)


class SoleLinks(MemoryLinks):
    """Links whose brokers notice when two of them run at once."""

    def __init__(self, info: Info) -> None:
        super().__init__(p1=[info])
        self.running: list[TalkingBroker] = []
        self.doubled = 0

    async def broker(self, link):
        self.running = [broker for broker in self.running if broker.running.is_set()]
        self.doubled += bool(self.running)
        broker = TalkingBroker(link)
        self.running.append(broker)
        return broker


async def _everybody(accesses):
    return set(accesses)


class Process(Runtime):
    """One process of the desk, with somebody who watches there and comes again whenever it was restarted."""

    def __init__(self, ether: Ether, word: NoLayer, links: SoleLinks) -> None:
        super().__init__(
            "test", check=_everybody, links=links, in_force=LIMITS, database=corridor.database,
            channels=ether.layer, word=word, refused=lambda error: pytest.fail(str(error)),
        )  # fmt: skip
        self.lease._clock = real_boottime

    async def watched(self, former: Reader | None = None) -> Reader:
        """Let somebody watch, from where `former` was left on."""
        await self.host.standing.wait()
        reader = Reader(typing.cast(typing.Any, self), 1, VIEW)
        if former is not None:
            reader.slots = former.slots
        return reader.join(_cursor(former) if former is not None else None)


def _cursor(reader: Reader) -> tuple[str, int, int]:
    frame = reader.of("frame")[-1]
    epoch = next(message["epoch"] for message in reversed(reader.messages) if message["type"] == "welcome")
    return epoch, frame["seq"], frame["fact"]


async def _until(reader: Reader, holds: typing.Callable[[Reader], object]) -> float:
    """Wait until `holds(reader)`; return how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(LIVE_AGAIN_S):
        while not holds(reader):
            reader._news.clear()
            await reader._news.wait()
    return time.monotonic() - began


def _facts(reader: Reader) -> list[int]:
    return [fact["fact"] for frame in reader.of("frame") for fact in frame.get("facts", ())]


async def _hour(number: int, links: SoleLinks, processes: list[Process], readers: list[Reader]) -> None:
    """Say a price and a fact: everybody holds them."""
    owners = [process for process in processes if process.host.people and process.host.people[1].owned]
    assert len(owners) == 1
    (broker,) = links.running
    broker.say(Quote(symbol="QQQ", bid=float(number)))
    await owners[0].host.people[1].manager.record(Entry(kind="notice", at=number, payload={"code": "test"}))
    for reader in readers:
        await _until(reader, lambda r: r.slots.get(("quote", "QQQ"), {}).get("bid") == number)
    for reader in readers:
        await _until(reader, lambda r: any(fact["at"] == number for f in r.of("frame") for fact in f.get("facts", ())))


@pytest.mark.long
def test_processes_that_are_restarted_every_hour_lose_nothing_and_leave_nothing():
    async def main(clock):
        links, ether, word = SoleLinks(Info()), Ether(), NoLayer()
        processes = [Process(ether, word, links) for _ in range(2)]
        readers = [await process.watched() for process in processes]
        told: list[list[int]] = [[], []]
        early, late = [], []
        for number in range(1, HOURS + 1):
            clock.step({7: 60, 13: -120, 19: 60}.get(number, 0))
            began, turn = time.monotonic(), number % 2
            for reader in readers:
                await _until(reader, lambda r: any(s.get("state") == "live" for s in r.slots.values()))
            await _hour(number, links, processes, readers)
            await processes[turn].drain()
            assert readers[turn].socket.gone.result().code in (1012, 4012)
            told[turn] += _facts(readers[turn])
            processes[turn] = Process(ether, word, links)
            readers[turn] = await processes[turn].watched(readers[turn])
            await asyncio.sleep(began + HOUR_S - time.monotonic())
            assert sum(process.deaths for process in processes) == 0
            if number in (4, 6, 8):
                early.append(virtual_time.count().flat)
            elif number in (22, 24, 26):
                late.append(virtual_time.count().flat)
        assert links.doubled == 0
        stored = [fact.number for fact in await processes[0].ledger.page(1, 0, 10_000)]
        for index, reader in enumerate(readers):
            numbers = told[index] + _facts(reader)
            assert numbers == stored[stored.index(numbers[0]) :]
        heard = len(readers[1 - HOURS % 2].of("heartbeat"))
        assert heard == pytest.approx(2 * HOUR_S / 25, rel=0.5)
        least, most = functools.reduce(operator.and_, late), functools.reduce(operator.or_, early)
        assert least - most <= collections.Counter(descriptors=2)  # SQLite keeps some open until nothing is locked
        for process in processes:
            await process.drain()

    virtual_time.run(DAY, main)
