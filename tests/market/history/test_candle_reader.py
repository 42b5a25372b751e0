"""Kept bars stand for the venue's own, to the last digit; the venue is asked for what is missing, and for no more."""

import dataclasses
import typing

import pytest

from brokers.contract.broker import Capabilities, Series
from brokers.contract.events import Candle
from lib.clock import now_ms
from market.history import keeper
from market.history.candle_reader import CandleReader, kept_candle
from market.history.keeper import QUESTION, HistoryKeeper
from market.history.kept_bar import KeptBar, exact
from market.history.reader import read_stretch
from market.history.writer import VenueAnswer, record_answer
from streaming.feeds.allowance import ASKS, BACKGROUND_LEAVES
from streaming.ledger.ledger import LedgerError
from streaming.rpc.client import RpcError
from streaming.wire.subscription import Subscription
from tests.market.cast import UNHURRIED
from tests.market.history.made_bars import MINUTE, MONDAY, answer, bar, session
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker

FIVE = 5 * MINUTE
DAY = 86_400_000
QQQ = Series("QQQ", "1m")
BEGIN = now_ms() // DAY * DAY - DAY
SECOND = Series("QQQ", "5m")


class SessionBroker(TalkingBroker):
    """Tells the bars of a session of yesterday, and notes what it was asked for."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    asked: typing.ClassVar[list[tuple[str, int]]] = []
    revised: typing.ClassVar[dict[int, float]] = {}
    is_gone = False

    async def candles(self, series, start):
        since = int(start.timestamp() * 1000)
        self.asked.append((series.interval, since))
        if self.is_gone:
            return []
        return [one for one in told(series) if one.time >= since]


def told(series: Series) -> list[Candle]:
    """What the venue tells of its whole day, by its own candles of the interval."""
    step = 1 if series.interval == "1m" else 5
    bars = list(session(11, BEGIN, 400))[::step]
    return [
        Candle(
            symbol=series.symbol, interval=series.interval, time=one.time, open=float(one.open or 0),
            high=float(one.high or 0), low=float(one.low or 0),
            close=SessionBroker.revised.get(one.time, float(one.close or 0)), volume=float(one.volume or 0),
            vwap=float(one.vwap or 0) + 0.000123, closed=True,
        )
        for one in bars
    ]  # fmt: skip


class SessionLinks(MemoryLinks):
    make = SessionBroker


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(keeper, "FIRST_S", 3_600.0)
    for name, value in {"asked": [], "revised": {}, "is_gone": False}.items():
        monkeypatch.setattr(SessionBroker, name, value)


@dataclasses.dataclass
class Stage:
    """A house whose person 1 is streamed by one link, and a reader beside their streams."""

    house: House
    reader: CandleReader

    async def fill(self) -> None:
        await self.house.hub.enquiries.request(1, QUESTION, ["QQQ"])
        SessionBroker.asked.clear()


@pytest.fixture
async def stage():
    info = Info()
    async with House(SessionLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        Reader(house, 1, Subscription(topics=frozenset({"links"}))).join()
        await typing.cast(SessionLinks, house.links).live(info)
        yield Stage(house, CandleReader(typing.cast(typing.Any, house.host.people[1].manager)))


@pytest.mark.parametrize("series", [QQQ, SECOND])
async def test_kept_bars_have_the_numbers_of_the_venues_own(stage, series):
    own = await stage.reader.candles(series, BEGIN)
    assert SessionBroker.asked == [(series.interval, BEGIN)], "nothing is kept yet"
    assert own == told(series)
    await stage.fill()
    SessionBroker.is_gone = True
    assert await stage.reader.candles(series, BEGIN) == own
    assert [interval for interval, _ in SessionBroker.asked] == [series.interval], "one question"
    assert now_ms() - SessionBroker.asked[0][1] < 3 * FIVE, "for what came since alone"


async def test_a_stretch_that_is_kept_whole_asks_nothing(stage):
    await stage.fill()
    until = BEGIN + 100 * MINUTE
    found = await stage.reader.candles(QQQ, BEGIN + 50 * MINUTE, until)
    assert [one.time for one in found] == list(range(BEGIN + 50 * MINUTE, until, MINUTE))
    assert SessionBroker.asked == []


async def test_a_revision_is_read_as_it_was_kept_last(stage):
    await stage.fill()
    late = told(QQQ)[-1].time
    SessionBroker.revised = {late: 1.25}
    (before,) = await stage.reader.candles(QQQ, late, late + MINUTE)
    assert before.close != 1.25, "until it is kept"
    bars = [KeptBar(late, close=exact(1.25))]
    link = str(next(iter(await stage.house.host.people[1].manager.sources())))
    await stage.house.ledger.write(
        record_answer, 1, VenueAnswer("QQQ", "1m", link, late, late + MINUTE, bars), now_ms()
    )
    (after,) = await stage.reader.candles(QQQ, late, late + MINUTE)
    assert after.close == 1.25


async def test_days_and_the_newest_bars_are_asked_of_the_venue(stage, monkeypatch):
    await stage.fill()
    recent = now_ms() - 5 * MINUTE
    await stage.reader.candles(Series("QQQ", "1d"), BEGIN)
    await stage.reader.candles(QQQ, recent)
    assert SessionBroker.asked == [("1d", BEGIN), ("1m", recent)]


async def test_a_ledger_that_does_not_answer_is_no_obstacle(stage, monkeypatch):
    async def fail(*_):
        raise LedgerError("locked")

    await stage.fill()
    monkeypatch.setattr(stage.house.ledger, "read", fail)
    assert await stage.reader.candles(QQQ, BEGIN) == told(QQQ)


async def test_readers_and_keeper_share_one_allowance(stage):
    others = [CandleReader(stage.house.host.people[1].manager) for _ in range(3)]
    for number in range(ASKS - BACKGROUND_LEAVES):
        await others[number % 3].candles(Series("QQQ", "1d"), BEGIN)
    with pytest.raises(RpcError, match="histories a minute"):
        await stage.reader.candles(QQQ, BEGIN)
    with pytest.raises(RpcError, match="histories a minute"):
        await stage.house.hub.enquiries.request(1, QUESTION, ["QQQ"])


def test_a_kept_bar_is_a_closed_candle_and_lacks_what_it_lacks():
    candle = kept_candle(QQQ, KeptBar(MONDAY, close=exact(10.25)))
    assert candle == Candle(
        symbol="QQQ", interval="1m", time=MONDAY, open=None, high=None, low=None, close=10.25, volume=None, vwap=None,
        closed=True,
    )  # fmt: skip


def test_a_stretch_ends_where_nobody_asked_and_is_of_links_that_are_there(alice):
    record_answer(alice.pk, answer(bar(0), bar(1)), 1)
    record_answer(alice.pk, answer(bar(5), bar(6)), 1)

    def read(since: int, until: int, links: tuple[str, ...] = ("one",)) -> tuple[int, int]:
        end, bars = read_stretch(alice.pk, "QQQ", "1m", MONDAY + since * MINUTE, MONDAY + until * MINUTE, links)
        return (end - MONDAY) // MINUTE, len(bars)

    assert read(0, 7) == (2, 2)
    assert read(1, 7) == (2, 1)
    assert read(3, 7) == (3, 0)
    assert read(5, 6) == (6, 1)
    assert read(0, 7, ("other",)) == (0, 0)
