"""Busy minutes of a link that may ask so often and no more: real client and venue, virtual clocks."""

import asyncio
import decimal
import itertools
import time
import typing

import msgspec
import pytest

from brokers.catalogue import LOOPBACK_FILE
from brokers.contract.broker import Demand
from brokers.contract.events import Balance, Event
from brokers.contract.reports import FillReport
from simulator.server import SimRunning, running
from tests.brokers.days import QUIET, RATES, new_york
from tests.brokers.elsewhere import elsewhere
from tests.brokers.stand import LINK, Recorder, Stand, Streaming
from tests.support import virtual_time

pytestmark = pytest.mark.long

PERSON = 1
"""The number of the grant of somebody with one account."""
SMALLEST = 60
"""Requests a minute that Tradier's sandbox allows."""
ORDERS, SHARES = 12, 100
LASTS_S = 90.0


class Timed(Recorder):
    """A recorder that knows when it was told of what, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        super().__init__()
        self.balances: list[float] = []
        self.filled: dict[str, list[tuple[decimal.Decimal, float]]] = {}
        """By order: how much of it was known to be filled from when on."""

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        if isinstance(event, Balance):
            self.balances.append(time.monotonic())
        elif isinstance(event, FillReport) and event.order is not None:
            words = self.filled.setdefault(event.order, [])
            done = words[-1][0] if words else decimal.Decimal(0)
            words.append((done + event.quantity, time.monotonic()))

    def known_at(self, order: str, quantity: int) -> float:
        """When so much of an order was known to be filled."""
        return next((at for done, at in self.filled.get(order, ()) if done >= quantity), float("inf"))


def _statuses(venue: SimRunning, name: str) -> set[str]:
    """What the venue answered with."""
    return set((venue.tradier_stats() if name == "tradier" else venue.alpaca_stats())["statuses"])


def _allow(venue: SimRunning, name: str) -> None:
    """Let Tradier be as strict as its sandbox."""
    grant = venue.tradier.grants[PERSON]
    for bucket in [bucket for token in (grant.data, grant.trading) for bucket in token.buckets.values()]:
        bucket.allowed = SMALLEST


@pytest.mark.parametrize(
    ("name", "carrier", "every_s"),
    [("tradier", "websocket", 0.5), ("alpaca", "sse", 0.25), ("alpaca", "polling", 0.5)],
)
def test_fills_are_told_in_seconds_and_money_is_read_and_orders_are_taken_meanwhile(tmp_path, name, carrier, every_s):
    async def main(clock: typing.Any) -> None:
        async with running() as venue:
            market = venue.tastytrade.market
            venue.tastytrade.step = 0.25
            for symbol in market.tapes:
                market.set_rate(symbol, RATES.get(symbol, QUIET))
            (tmp_path / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venue.line))
            stand, told = Stand(name, venue, tmp_path), Timed()
            _allow(venue, name)
            if carrier == "polling":
                venue.alpaca_fault("no_events")
                venue.alpaca_fault("refuse_upgrade")
            broker = stand.broker(stand.credentials(PERSON))
            async with elsewhere(stand, PERSON) as person:
                orders = [await person.place("KMPR", SHARES, "1.00") for _ in range(ORDERS)]
                run = Streaming(broker, Demand(), told)
                await told.until(lambda told: told.known("link", LINK).get("carrier") == carrier, within=60)
                await asyncio.sleep(20)  # the venue has judged them, and what had to be read at first is read
                before = told.known("position", LINK, person.account, "KMPR").get("quantity") or 0
                happened: list[tuple[str, int, float]] = []
                done = dict.fromkeys(orders, 0)
                for order in itertools.islice(itertools.cycle(orders), int(LASTS_S / every_s)):
                    person.fill(order, 1, "1.00")
                    done[order] += 1
                    happened.append((order, done[order], time.monotonic()))
                    await asyncio.sleep(every_s)
                began = time.monotonic()
                await broker.cancel(person.account, orders[-1])
                took = time.monotonic() - began
                await asyncio.sleep(60)
                late = sorted(told.known_at(order, quantity) - at for order, quantity, at in happened)
                gaps = [after - before for before, after in itertools.pairwise(told.balances)]
                position = told.known("position", LINK, person.account, "KMPR")
                await run.stop()
                await broker.close()
                assert late[-1] < 5.0
                assert late[len(late) // 2] < 2.0
                assert max(gaps) < 30.0, "and money is read meanwhile"
                assert took < 2.0, "and commands go out"
                assert "429" not in _statuses(venue, name), "and never too often"
                assert position["quantity"] == before + len(happened)

    virtual_time.run(new_york("2026-03-06T11:00"), main)
