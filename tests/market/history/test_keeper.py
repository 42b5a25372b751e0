"""What a person watches is kept, once it is over, and by their own venue."""

import typing

import msgspec
import pytest

from brokers.contract.broker import Capabilities
from brokers.contract.errors import LinkLost
from brokers.contract.events import Candle, Position, Quote
from lib.clock import now_ms
from market.history import keeper
from market.history.keeper import QUESTION, FilledInterval, HistoryKeeper, known_until, listed_symbols, wait_ms
from market.history.kept_bar import closed_bars
from market.history.reader import asked_spans, newest_bar, read_bars
from market.watchlists import store
from streaming.wire.subscription import Subscription
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker
from tests.support.eventually import aeventually

MINUTE = 60_000


def candle(time: int, close: float, **options: typing.Any) -> Candle:
    told = {"interval": "1m", "closed": time + MINUTE <= now_ms(), **options}
    return Candle(symbol="QQQ", time=time, open=close, high=close, low=close, close=close, volume=1.0, **told)


class MinuteBroker(TalkingBroker):
    """Tells the closes it knows, by symbol and minute."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    closes: typing.ClassVar[dict[str, dict[int, float]]] = {}
    failing: typing.ClassVar[list[Exception]] = []
    asked: typing.ClassVar[list[tuple[str, str, int]]] = []

    async def candles(self, series, start):
        since = int(start.timestamp() * 1000)
        self.asked.append((series.symbol, series.interval, since))
        if self.failing:
            raise self.failing[0]
        if series.interval != "1m":
            return []
        return [candle(time, close) for time, close in self.closes.get(series.symbol, {}).items() if time >= since]


class MinuteLinks(MemoryLinks):
    make = MinuteBroker


@pytest.fixture(autouse=True)
def _brisk(monkeypatch):
    monkeypatch.setattr(keeper, "FIRST_S", 0.0)
    monkeypatch.setattr(keeper, "PACE_S", 0.01)
    monkeypatch.setattr(keeper, "LOOK_S", 0.05)
    for name in ("closes", "failing", "asked"):
        monkeypatch.setattr(MinuteBroker, name, type(getattr(MinuteBroker, name))())


async def live(house: House, info: Info) -> TalkingBroker:
    """Return the broker of person 1, who is looking, once its link runs."""
    Reader(house, 1, Subscription(topics=frozenset({"links"}))).join()
    return await typing.cast(MinuteLinks, house.links).live(info)


def kept(house: House, symbol: str = "QQQ") -> typing.Awaitable[list[int]]:
    async def read() -> list[int]:
        bars = await house.ledger.read(read_bars, 1, symbol, "1m", 0, 2**52)
        return [bar.time for bar in bars]

    return read()


async def test_what_is_held_or_looked_at_is_kept_up_to_the_bar_that_is_over():
    info, now = Info(), now_ms() // MINUTE * MINUTE
    MinuteBroker.closes.update(
        QQQ={now - 3 * MINUTE: 10.0, now - MINUTE: 10.5, now: 11.0}, SPY={now - 2 * MINUTE: 500.25}
    )
    async with House(MinuteLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        broker = await live(house, info)
        broker.say(Position(link=str(info.id), account="A", symbol="QQQ991218C00450000"))
        broker.say(Quote(symbol="QQQ", last=11.0), Position(link=str(info.id), account="A", symbol="SPY"))
        await aeventually(lambda: {one[0] for one in MinuteBroker.asked} >= {"QQQ", "SPY"})

        async def both() -> bool:
            return bool(await kept(house)) and bool(await kept(house, "SPY"))

        await aeventually(both)
        assert await kept(house) == [now - 3 * MINUTE, now - MINUTE]
        newest = await house.ledger.read(newest_bar, 1, "SPY")
        assert newest is not None
        assert str(newest.close) == "500.25"
        assert {symbol for symbol, _, _ in MinuteBroker.asked} == {"QQQ", "SPY"}, "options are not kept"


async def test_it_goes_on_where_it_was_and_asks_for_a_few_again():
    info, now = Info(), now_ms() // MINUTE * MINUTE
    MinuteBroker.closes.update(QQQ={now - 90 * MINUTE: 10.0, now - 2 * MINUTE: 11.0})
    async with House(MinuteLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        await live(house, info)
        first = msgspec.json.decode(await house.hub.enquiries.request(1, QUESTION, ["QQQ"]), type=list[FilledInterval])
        MinuteBroker.closes["QQQ"] |= {now - 2 * MINUTE: 11.5, now - 5 * MINUTE: 9.0}
        again = msgspec.json.decode(await house.hub.enquiries.request(1, QUESTION, ["QQQ"]), type=list[FilledInterval])
        assert [(one.interval, one.added, one.revised) for one in first] == [("1m", 2, 0), ("5m", 0, 0)]
        assert [(one.interval, one.added, one.revised) for one in again] == [("1m", 1, 1), ("5m", 0, 0)]
        sinces = [since for symbol, interval, since in MinuteBroker.asked if interval == "1m"]
        assert now - 34 * MINUTE <= sinces[1] <= now - 29 * MINUTE
        (span,) = await house.ledger.read(asked_spans, 1, "QQQ", "1m", 0, 2**52)
        assert span[0] == sinces[0]


async def test_a_venue_that_does_not_answer_was_not_asked():
    info = Info()
    MinuteBroker.failing.append(LinkLost("away"))
    async with House(MinuteLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        broker = await live(house, info)
        broker.say(Quote(symbol="QQQ", last=11.0))
        await aeventually(lambda: len(MinuteBroker.asked) >= 2)
        assert await house.ledger.read(asked_spans, 1, "QQQ", "1m", 0, 2**52) == []


def test_a_venue_that_tells_late_has_told_nothing_beyond_its_newest_bar():
    now = now_ms()
    since = now // MINUTE * MINUTE - 30 * MINUTE
    late = [candle(since, 1.0, delayed=True)]
    assert known_until(late, closed_bars(late, "1m", now), since, now, MINUTE) == since + MINUTE
    live = [candle(since, 1.0)]
    assert known_until(live, closed_bars(live, "1m", now), since, now, MINUTE) >= now - 2 * MINUTE
    assert known_until([], [], since, now, MINUTE) >= now - 2 * MINUTE


def test_a_symbol_that_tells_nothing_new_is_asked_for_more_and_more_seldom():
    assert [wait_ms("1m", quiet) // MINUTE for quiet in range(5)] == [5, 10, 20, 30, 30]
    assert wait_ms("5m", 100) == wait_ms("5m", 0) == 6 * 60 * MINUTE


def test_what_stands_on_a_persons_lists_is_watched_and_on_nobody_elses(alice, bob):
    for person, name, symbols in ((alice, "Chips", ["net", "ddog"]), (bob, "Others", ["ZS"])):
        store.create(person.pk, name, symbols)
    assert [symbol for symbol in listed_symbols(alice.pk) if symbol in ("NET", "DDOG", "ZS")] == ["NET", "DDOG"]
