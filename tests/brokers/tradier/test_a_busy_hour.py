"""Busy minutes of a link whose token may ask 60 times in each: real client and venue, virtual clocks."""

import asyncio
import decimal
import itertools
import time
import typing

import msgspec

from brokers.catalogue import LOOPBACK_FILE
from brokers.contract import Wanted
from brokers.events import Balance, Event
from brokers.happenings import Fill
from brokers.loopback.server import running
from brokers.tradier.patience import Limits
from tests import virtual_time
from tests.brokers.days import QUIET, RATES, new_york
from tests.brokers.elsewhere import AtTradier, elsewhere
from tests.brokers.stand import LINK, Recorder, Stand, Streaming
from tests.brokers.tradier.conftest import BOB, BOBS, Impatient, impatient, opened

ALLOWED = 60
"""Requests a minute of the smallest bucket: the sandbox's."""
ORDERS, EVENTS, EVERY_S = 12, 180, 0.5
SHARES = 100


class Calm(Impatient):
    """The adapter as it is."""

    limits = Limits()


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
        elif isinstance(event, Fill) and event.order is not None:
            words = self.filled.setdefault(event.order, [])
            done = words[-1][0] if words else decimal.Decimal(0)
            words.append((done + event.quantity, time.monotonic()))

    def known_at(self, order: str, quantity: int) -> float:
        """When so much of an order was known to be filled."""
        return next((at for done, at in self.filled.get(order, ()) if done >= quantity), float("inf"))


def test_fills_are_told_in_seconds_at_two_events_a_second_and_money_is_read_meanwhile(tmp_path):
    async def main(clock: typing.Any) -> None:
        async with running() as venue:
            market = venue.tastytrade.market
            venue.tastytrade.step = 0.25
            for symbol in market.tapes:
                market.set_rate(symbol, RATES.get(symbol, QUIET))
            (tmp_path / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venue.line))
            stand, told = Stand("tradier", venue, tmp_path), Timed()
            grant = venue.tradier.grants[BOBS]
            for token in (grant.data, grant.trading):
                for bucket in token.buckets.values():
                    bucket.allowed = ALLOWED
            broker = impatient(stand, BOBS, kind=Calm)
            async with elsewhere(stand, BOBS) as person:
                assert isinstance(person, AtTradier)
                orders = [await person.place("KMPR", SHARES, "1.00") for _ in range(ORDERS)]
                run = Streaming(broker, Wanted(), told)
                await told.until(lambda told: told.states[-1:] == ["live"] and opened(stand, "account"), within=60)
                await asyncio.sleep(20)  # the venue has judged them, and what had to be read at first is read
                happened: list[tuple[str, int, float]] = []
                done = dict.fromkeys(orders, 0)
                for order in itertools.islice(itertools.cycle(orders), EVENTS):
                    person.fill(order, 1, "1.00")
                    done[order] += 1
                    happened.append((order, done[order], time.monotonic()))
                    await asyncio.sleep(EVERY_S)
                await asyncio.sleep(60)
                late = sorted(told.known_at(order, quantity) - at for order, quantity, at in happened)
                gaps = [after - before for before, after in itertools.pairwise(told.balances)]
                position = told.known("position", LINK, BOB, "KMPR")
                await run.stop()
                await broker.close()
                assert late[-1] < 5.0
                assert late[len(late) // 2] < 2.0
                assert max(gaps) < 20.0, "and money is read meanwhile"
                assert set(venue.tradier_stats()["statuses"]) == {"200"}, "and never too often"
                assert position["quantity"] == EVENTS

    virtual_time.run(new_york("2026-03-06T11:00"), main)
