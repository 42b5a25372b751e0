"""A look back asks the person's own venues, one at a time, keeps little, and blocks nobody."""

import asyncio
import datetime
import threading
import typing

import msgspec
import pytest

from alerts.evaluation import lookback
from alerts.evaluation.lookback import Bar
from alerts.hindsight import hindsight
from alerts.hindsight.finding import Hindsight
from alerts.hindsight.hindsight import HindsightLooks
from alerts.rules.reader import parse_rule, write_rule
from brokers.contract.broker import Capabilities, Series
from brokers.contract.errors import LinkLost
from brokers.contract.events import Candle, Quote
from lib import stoppable
from lib.clock import now_ms
from streaming.rpc.client import RpcError
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, TalkingBroker
from tests.support.eventually import aeventually

MINUTE, DAY = 60_000, 86_400_000


def rule(level: float, more: str = ', "trigger": "each", "rearm": {"by": 1}, "session": "always"') -> str:
    leaf = f'{{"field": "QQQ.last", "is": "crosses_up", "value": {level}}}'
    return write_rule(parse_rule(f'{{"when": {{"all": [{leaf}]}}{more}}}'))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Wait for no price that nobody says."""
    monkeypatch.setattr(hindsight, "PRICE_S", 0.02)


class PastBroker(TalkingBroker):
    """Knows bars of 20 and of 2 days ago, in which QQQ went from 440 to 460 and back."""

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.capabilities = Capabilities(quotes=True, candles=info.label != "without")
        self.asked: list[tuple[Series, int]] = []
        self.waiting = 0
        """Questions that are under way."""
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def candles(self, series: Series, start: datetime.datetime):
        self.asked.append((series, round(start.timestamp() * 1000)))
        self.waiting += 1
        try:
            await self.is_open.wait()
        finally:
            self.waiting -= 1
        if self.info.label == "broken" or self.info.label == f"no {series.interval}":
            raise LinkLost("the venue cannot be reached")
        length = 5 * MINUTE if series.interval == "5m" else MINUTE
        begins = [(now_ms() - days * DAY) // (5 * MINUTE) * 5 * MINUTE for days in (20, 2)]
        found = [
            Candle(symbol=series.symbol, interval=series.interval, time=begin + at * length, open=price, high=price,
                   low=price, close=price, closed=True)
            for begin in begins for at, price in enumerate((440.0, 460.0, 440.0))
        ]  # fmt: skip
        return [one for one in found if one.time >= start.timestamp() * 1000]


class PastLinks(MemoryLinks):
    make = PastBroker


def broker_of(house: House, info: Info) -> PastBroker:
    return typing.cast(PastBroker, house.links.brokers[info.id])


async def asked(house: House, text: str, person: int = 1) -> Hindsight:
    told = await house.hub.enquiries.request(person, hindsight.QUESTION, [text])
    return msgspec.json.decode(told, type=Hindsight)


def house_of(made: list[HindsightLooks] | None = None, **people: list[Info]) -> House:
    def make(desk) -> HindsightLooks:
        companions.append(HindsightLooks(desk))
        return companions[-1]

    companions = [] if made is None else made
    return House(PastLinks(**people), UNHURRIED, companions=[make])


async def test_a_month_is_made_of_short_bars_of_the_last_days_and_longer_ones_before():
    info = Info()
    async with house_of(p1=[info], p2=[Info(label="without")]) as house:
        found = await asked(house, rule(450))
        assert found.fired == 2
        assert [one.until - one.since for one in found.firings] == [5 * MINUTE, MINUTE]
        assert found.text.startswith("In the last month it would have fired 2 times, last on ")
        assert (await asked(house, rule(470))).fired == 0
        assert [series.interval for series, _ in broker_of(house, info).asked] == ["5m", "1m"], "what is known is kept"
        with pytest.raises(RpcError) as error:
            await asked(house, rule(450), person=2)
        assert error.value.code == "no_feed"


async def test_without_minutes_longer_bars_reach_until_now():
    async with house_of(p1=[Info(label="no 1m")]) as house:
        assert [one.until - one.since for one in (await asked(house, rule(450))).firings] == [5 * MINUTE] * 2


async def test_a_venue_that_does_not_answer_is_said_so():
    async with house_of(p1=[Info(label="broken")]) as house:
        with pytest.raises(RpcError) as error:
            await asked(house, rule(450))
        assert error.value.code == "unavailable"
        assert "cannot be reached" in error.value.detail


async def test_how_it_stands_now_is_said_by_a_price_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(hindsight, "PRICE_S", 20)
    info = Info()
    async with house_of(p1=[info]) as house:
        look = asyncio.create_task(asked(house, rule(450)))
        await aeventually(lambda: info.id in house.links.brokers and broker_of(house, info).watch.demand.quotes)
        assert broker_of(house, info).watch.demand.quotes == {"QQQ"}, "nobody else looks at it"
        broker_of(house, info).say(Quote(symbol="QQQ", last=448.5, last_at=now_ms(), at=now_ms()))
        assert (await look).now == "Now: 448.5 (0 s old), 1.5 below 450."
        assert (await asked(house, rule(450))).now == "Now: 448.5 (0 s old), 1.5 below 450."
        assert (await asked(house, rule(440))).now == (
            "Now: 448.5 (0 s old), 448.5 is past 440: fires on the next cross up."
        )


async def test_looks_of_one_person_wait_for_each_other_and_too_many_are_refused():
    info = Info()
    made: list[HindsightLooks] = []
    async with house_of(made, p1=[info]) as house:
        await asked(house, rule(450))
        broker = broker_of(house, info)
        broker.is_open.clear()
        (companion,) = made
        companion._kept.clear()
        several = [asyncio.create_task(asked(house, rule(level))) for level in (451, 452, 453)]
        await aeventually(lambda: companion._waiting == 3)
        with pytest.raises(RpcError) as error:
            await asked(house, rule(454))
        assert error.value.code == "rate_limited"
        several.pop().cancel()
        await aeventually(lambda: companion._waiting == 2, saying="who leaves makes room")
        broker.is_open.set()
        assert [one.fired for one in await asyncio.gather(*several)] == [2, 2]
        assert len(broker.asked) == 4, "the second one has what the first one was told"


async def test_a_look_that_nobody_waits_for_ends_at_the_venue_and_disturbs_nobody_else():
    mine, others = Info(), Info()
    async with house_of(p1=[mine], p2=[others]) as house:
        for person in (1, 2):
            await asked(house, rule(450), person)
        brokers = broker_of(house, mine), broker_of(house, others)
        for broker in brokers:
            broker.asked.clear()
            broker.is_open.clear()
            house.host.links_changed(1 if broker is brokers[0] else 2)  # what is kept counts no more
        looks_under_way = [asyncio.create_task(asked(house, rule(451), person)) for person in (1, 2)]
        await aeventually(lambda: all(broker.waiting == 2 for broker in brokers))
        looks_under_way[0].cancel()
        await aeventually(lambda: brokers[0].waiting == 0, saying="the venue's answer is waited for by nobody")
        assert len(house.host.people[1].answering) == 0
        assert brokers[1].waiting == 2
        brokers[1].is_open.set()
        assert (await looks_under_way[1]).fired == 2


class Walk:
    """Bars by the thousand, of which a thread waits in the middle until it may go on."""

    def __init__(self, monkeypatch) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.walked = 0
        monkeypatch.setattr(hindsight, "bars_of", self._bars)

    def _bars(self, candles: object) -> list[Bar]:
        begin = now_ms() - 2 * DAY
        return [Bar(begin + at * MINUTE, 440, 440, 440, 440) for at in range(2_000)]

    def iterate(self, rows, is_stopped):
        """Go through bars as everybody does, and wait after the first chunk."""
        for row in stoppable.iter_until(rows, is_stopped):
            self.walked += 1
            if self.walked == stoppable.CHUNK:
                self.begun.set()
                self.may_go_on.wait(20)
            yield row


async def test_a_walk_that_nobody_waits_for_stops_in_the_middle_of_the_bars(monkeypatch):
    made: list[HindsightLooks] = []
    walk = Walk(monkeypatch)
    monkeypatch.setattr(lookback, "iter_until", walk.iterate)
    async with house_of(made, p1=[Info()]) as house:
        look = asyncio.create_task(asked(house, rule(450)))
        await asyncio.to_thread(walk.begun.wait, 20)
        look.cancel()
        await aeventually(lambda: made[0]._waiting == 0)
        work = made[0]._work
        assert work is not None
        assert not work.done(), "it waits in its thread"
        walk.may_go_on.set()
        assert await work is None
        assert walk.walked == stoppable.CHUNK
        assert (await asked(house, rule(450))).fired == 0
        assert walk.walked > 4_000, "the next one, which somebody waits for, is walked to its end, both ways"
