"""Venues that leave out, repeat, revise and reorder bars, and a split: nothing is made up, none is there twice.

Both simulated venues tell their histories over the wire to the adapters that desks use; the fault `bars` spoils them.
"""

import asyncio
import datetime
import decimal
import functools
import pathlib
import typing

import pytest

from brokers.contract.broker import Broker, Capabilities, Series
from lib.clock import now_ms
from market.history import keeper
from market.history.actions import note_action
from market.history.keeper import QUESTION, HistoryKeeper
from market.history.kept_bar import KeptBar, closed_bars
from market.history.reader import asked_spans, read_bars
from streaming.rpc.candles import DEPTH
from streaming.wire.subscription import Subscription
from tests.brokers.stand import Stand, stand
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker

ROUNDS = 12
EVER = (0, 2**52)
QQQ = Series("QQQ", "1m")
Bars = dict[int, KeptBar]


class VenueBroker(TalkingBroker):
    """A link whose histories a simulated venue tells through its adapter; it notes every answer of minutes."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)
    adapter: typing.ClassVar[Broker]
    told: typing.ClassVar[list[Bars]] = []

    async def candles(self, series, start):
        found = await self.adapter.candles(series, start)
        if series.interval == "1m":
            self.told.append(bars_of(found))
        return found


class VenueLinks(MemoryLinks):
    make = VenueBroker


def bars_of(candles) -> Bars:
    return {bar.time: bar for bar in closed_bars(candles, "1m", now_ms())}


class Venue:
    """A simulated venue, its adapter and its faults."""

    def __init__(self, running: Stand) -> None:
        self._running = running
        self.adapter = running.broker()
        running.brokers.append(self.adapter)

    def spoil(self, **options: typing.Any) -> None:
        commit = (
            self._running.running.fault if self._running.venue == "tastytrade" else self._running.running.tradier_fault
        )
        commit("clear", mode="bars")
        if options:
            assert commit("bars", **options) > 0, "it concerns somebody"

    async def plain(self, since: int) -> Bars:
        """What the venue tells when nothing is wrong."""
        self.spoil()
        return bars_of(await self.adapter.candles(QQQ, datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)))


@pytest.fixture(params=["tastytrade", "tradier"])
async def venue(request, tmp_path: pathlib.Path):
    async with stand(request.param, tmp_path) as running:
        yield Venue(running)


@pytest.fixture(autouse=True)
def _brief(monkeypatch, venue):
    """Have a day of minutes, and none unless they are asked for."""
    monkeypatch.setattr(keeper, "FIRST_S", 3_600.0)
    monkeypatch.setitem(DEPTH, "1m", 1)
    monkeypatch.setattr(keeper, "PERIOD_MS", {"1m": keeper.PERIOD_MS["1m"]})
    monkeypatch.setattr(VenueBroker, "told", [])
    monkeypatch.setattr(VenueBroker, "adapter", venue.adapter, raising=False)


@pytest.mark.parametrize("seed", [1, 2])
async def test_bars_of_an_unkind_venue_are_what_it_told_and_no_more(venue, seed, monkeypatch):
    info, begin = Info(), now_ms() // 86_400_000 * 86_400_000 - 86_400_000
    before = await venue.plain(begin)
    async with House(VenueLinks(p1=[info]), UNHURRIED, companions=[HistoryKeeper]) as house:
        Reader(house, 1, Subscription(topics=frozenset({"links"}))).join()
        await typing.cast(VenueLinks, house.links).live(info)
        seen = []
        for at in range(ROUNDS):
            venue.spoil(share=0.4, seed=100 * seed + at)
            await house.hub.enquiries.request(1, QUESTION, ["QQQ"])
            seen.append((await next_millisecond(), await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER)))
            judge(seen)
        after = await venue.plain(begin)
        assert {bar.time for bar in seen[-1][1]} <= before.keys() | after.keys(), "none is made up"
        for moment, bars in seen:
            past = await house.ledger.read(functools.partial(read_bars, as_known_at=moment), 1, "QQQ", "1m", *EVER)
            assert past == bars, "what was known then is what was read then"
        (span,) = await house.ledger.read(asked_spans, 1, "QQQ", "1m", *EVER)
        gaps = before.keys() - {bar.time for bar in seen[-1][1]}
        assert len(gaps) > len(before) / 20, "what was left out, one of ten, is a gap"
        assert all(span[0] <= time < span[1] for time in gaps), "and it was asked for"
        await forgotten_and_split(house, venue, seen[-1][1])


async def next_millisecond() -> int:
    """Return this moment once it is over: the next answer is known a millisecond later."""
    moment = now_ms()
    while now_ms() == moment:
        await asyncio.sleep(0)
    return moment


def judge(seen) -> None:
    """Each bar is the one told last, once; those that were told are all there; some were revised."""
    newest: Bars = {}
    for answer in VenueBroker.told[: len(seen)]:
        newest |= answer
    bars = seen[-1][1]
    assert [bar.time for bar in bars] == sorted(newest), "none twice, none lost"
    assert bars == [newest[bar.time] for bar in bars]


async def forgotten_and_split(house, venue, bars) -> None:
    """A symbol whose bars the venue tells no more keeps them; a split changes what is read, not what is kept."""
    venue.spoil(mode="omit")
    await house.hub.enquiries.request(1, QUESTION, ["QQQ"])
    kept = await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER)
    assert kept[: len(bars)] == bars
    tomorrow = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.UTC).date() + datetime.timedelta(days=2)
    await house.ledger.write(note_action, 1, "QQQ", tomorrow, "split", decimal.Decimal(2), now_ms())
    after = now_ms() + 4 * 86_400_000

    def adjusted():
        return read_bars(1, "QQQ", "1m", *EVER, as_known_at=after, is_adjusted=True)

    assert [bar.close for bar in await house.ledger.read(adjusted)] == [bar.close / 2 for bar in kept]
    assert await house.ledger.read(read_bars, 1, "QQQ", "1m", *EVER) == kept


@pytest.mark.parametrize("mode", ["repeat", "reorder"])
async def test_repeated_and_reordered_bars_are_the_same_bars(venue, mode):
    """Hours are put together from shorter ones at one venue: a bar that was told twice counts once."""
    since = datetime.datetime.fromtimestamp(now_ms() / 1000 - 2 * 86_400, datetime.UTC)
    for interval in ("1m", "1h"):
        series = Series("QQQ", interval)
        venue.spoil()
        plain = await venue.adapter.candles(series, since)
        venue.spoil(mode=mode, seed=5)
        spoiled = await venue.adapter.candles(series, since)
        closed = [[told_of(one) for one in each if one.closed is True] for each in (plain, spoiled)]
        assert closed[0], "there are some"
        count = min(map(len, closed))
        assert closed[0][:count] == closed[1][:count]


def told_of(candle) -> tuple[object, ...]:
    return candle.time, candle.open, candle.high, candle.low, candle.close, candle.volume
