"""A venue that leaves out, repeats, revises and reorders bars, and forgets a symbol; a split: nothing is made up."""

import asyncio
import datetime
import decimal
import functools
import random
import typing

import pytest

from brokers.contract.broker import Capabilities
from brokers.contract.events import Candle
from lib.clock import now_ms
from market.history import keeper
from market.history.actions import note_action
from market.history.keeper import QUESTION, HistoryKeeper
from market.history.kept_bar import exact
from market.history.reader import asked_spans, read_bars
from streaming.wire.subscription import Subscription
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker

MINUTE = 60_000
ROUNDS, STEP = 15, 6
EVER = (0, 2**52)


class UnkindBroker(TalkingBroker):
    """Tells minutes of a made market up to `until`, each answer spoilt in another way, and notes what it told."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    draw = random.Random()
    until: typing.ClassVar[int] = 0
    told: typing.ClassVar[list[dict[int, list[float]]]] = []
    """For each answer its closes by time, in the order in which they were told."""
    omitted: typing.ClassVar[frozenset[int]] = frozenset()
    has_forgotten = False

    async def candles(self, series, start):
        if series.interval != "1m" or self.has_forgotten:
            return []
        since = max(int(start.timestamp() * 1000), self.until - 40 * MINUTE)
        times = [time for time in range(since, self.until, MINUTE) if time not in self.omitted]
        times = [time for time in times if self.draw.random() > 0.1]
        times += self.draw.choices(times, k=5) if times else []
        self.draw.shuffle(times)
        closes = [(time, self._close(time)) for time in times]
        answer: dict[int, list[float]] = {}
        for time, close in closes:
            answer.setdefault(time, []).append(close)
        type(self).told.append(answer)
        open_bar = Candle(symbol=series.symbol, interval="1m", time=self.until, close=-1.0, closed=False)
        gone = Candle(symbol=series.symbol, interval="1m", time=self.until - MINUTE, close=-2.0, closed=True, gone=True)
        return [open_bar, gone] + [
            Candle(symbol=series.symbol, interval="1m", time=time, close=close, closed=True) for time, close in closes
        ]

    def _close(self, time: int) -> float:
        steady = 100 + time // MINUTE % 97 / 100
        return round(steady + self.draw.choice([0, 0, 0, 0.01]), 2)


class UnkindLinks(MemoryLinks):
    make = UnkindBroker


@pytest.mark.parametrize("seed", range(3))
async def test_bars_of_an_unkind_venue_are_what_it_told_and_no_more(seed, monkeypatch):
    begin = now_ms() // MINUTE * MINUTE - (ROUNDS + 2) * STEP * MINUTE
    for name, value in {
        "draw": random.Random(seed), "told": [], "omitted": frozenset(begin + at * MINUTE for at in (20, 21, 22)),
    }.items():  # fmt: skip
        monkeypatch.setattr(UnkindBroker, name, value)
    monkeypatch.setattr(keeper, "FIRST_S", 3_600.0)
    info = Info()
    async with House(UnkindLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        Reader(house, 1, Subscription(topics=frozenset({"links"}))).join()
        await typing.cast(UnkindLinks, house.links).live(info)
        seen = []
        for at in range(ROUNDS):
            UnkindBroker.until = begin + (at + 1) * STEP * MINUTE
            await house.hub.enquiries.request(1, QUESTION, ["QQQ"])
            moment = now_ms()
            while now_ms() == moment:  # the next answer is known a millisecond later
                await asyncio.sleep(0)
            seen.append((moment, await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER)))
        judge(seen)
        for moment, bars in seen:
            past = await house.ledger.read(functools.partial(read_bars, as_known_at=moment), 1, "QQQ", "1m", *EVER)
            assert past == bars, "what was known then is what was read then"
        times = {bar.time for bar in seen[-1][1]}
        assert times.isdisjoint(UnkindBroker.omitted), "a gap stays a gap"
        (span,) = await house.ledger.read(asked_spans, 1, "QQQ", "1m", *EVER)
        assert all(span[0] <= time < span[1] for time in UnkindBroker.omitted), "and it was asked for"
        await forgotten_and_split(house, seen[-1][1], monkeypatch)


def judge(seen) -> None:
    """Each bar is the one told last, once; those that were told are all there."""
    for at, (_, bars) in enumerate(seen):
        answers = UnkindBroker.told[: at + 1]
        newest = {time: closes[-1] for answer in answers for time, closes in answer.items()}
        assert [bar.time for bar in bars] == sorted(newest), "none twice, none made up, none lost"
        assert [bar.close for bar in bars] == [exact(newest[bar.time]) for bar in bars]
        assert {bar.volume for bar in bars} == {None}


async def forgotten_and_split(house, bars, monkeypatch) -> None:
    """A symbol that is gone keeps its bars; a split changes what is read, not what is kept."""
    monkeypatch.setattr(UnkindBroker, "has_forgotten", True)
    await house.hub.enquiries.request(1, QUESTION, ["QQQ"])
    assert await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER) == bars
    tomorrow = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.UTC).date() + datetime.timedelta(days=2)
    await house.ledger.write(note_action, 1, "QQQ", tomorrow, "split", decimal.Decimal(2), now_ms())
    after = now_ms() + 4 * 86_400_000

    def adjusted():
        return read_bars(1, "QQQ", "1m", *EVER, as_known_at=after, is_adjusted=True)

    assert [bar.close for bar in await house.ledger.read(adjusted)] == [bar.close / 2 for bar in bars]
    assert await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER) == bars
