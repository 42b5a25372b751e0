"""The venue of a trial: it tells a tape to whoever listens, keeps it as candles, and knows every fill."""

import asyncio
import decimal
import typing
import uuid

from brokers.contract.broker import Capabilities, Demand
from brokers.contract.errors import LinkLost
from brokers.contract.events import Candle, Link, Quote
from brokers.contract.reports import FillReport
from lib.clock import now_ms
from tests.alerts.law.tape import MINUTE, Tick
from tests.support.corridor import Info, MemoryLinks, TalkingBroker

ANSWER_S = 0.2
"""How long it takes to answer a question."""
SPREAD = 1
"""Of what it bids below the last price, in cents."""


class Venue:
    """What happens there, whoever listens."""

    def __init__(self) -> None:
        self.listening: list[TapeBroker] = []
        self.is_silent = False
        self._last: dict[str, Tick] = {}
        self._minutes: dict[str, dict[int, list[int]]] = {}
        self._fills: list[tuple[uuid.UUID, FillReport]] = []

    def trade(self, tick: Tick) -> None:
        """Have a symbol trade, and tell it."""
        self._last[tick.symbol] = tick
        minutes = self._minutes.setdefault(tick.symbol, {})
        first, high, low, _ = minutes.get(tick.at // MINUTE, [tick.cents] * 4)
        minutes[tick.at // MINUTE] = [first, max(high, tick.cents), min(low, tick.cents), tick.cents]
        if not self.is_silent:
            for broker in self.listening:
                if tick.symbol in broker.watch.demand.quotes:
                    broker.say(quote(tick))

    def fill(self, info: Info, number: int) -> None:
        """Fill an order of a link; it is told now, or when somebody asks next."""
        report = FillReport(
            link=str(info.id), account="5WX1", id=f"fill:{number}", at=now_ms(), order=str(number), symbol="QQQ",
            quantity=decimal.Decimal(1), price=decimal.Decimal(450),
        )  # fmt: skip
        self._fills.append((info.id, report))
        for broker in self.listening:
            if broker.info.id == info.id:
                broker.say(report)

    def fills(self, link: uuid.UUID) -> list[FillReport]:
        """Return what a link was filled so far."""
        return [report for id_, report in self._fills if id_ == link]

    def newest(self, symbol: str) -> Quote | None:
        """Return what a new listener is told first; None where a symbol never traded."""
        tick = self._last.get(symbol)
        return None if tick is None else quote(tick)

    def candles(self, symbol: str, since: int) -> list[Candle]:
        """Return the minutes of a symbol, the open one among them; minutes without a trade are none."""
        return [
            Candle(
                symbol=symbol, interval="1m", time=minute * MINUTE, open=cents[0] / 100, high=cents[1] / 100,
                low=cents[2] / 100, close=cents[3] / 100, closed=minute < now_ms() // MINUTE,
            )
            for minute, cents in sorted(self._minutes.get(symbol, {}).items())
            if (minute + 1) * MINUTE > since
        ]  # fmt: skip

    def fall_silent(self) -> None:
        """Tell nothing, and have every link say so."""
        self.is_silent = True
        for broker in self.listening:
            broker.say(Link(link=str(broker.info.id), state="stale", feed_at=now_ms()))

    def speak(self) -> None:
        """Tell again, the newest prices first."""
        self.is_silent = False
        for broker in self.listening:
            broker.say(Link(link=str(broker.info.id), state="live", feed_at=now_ms()))
            broker.repeat(broker.watch.demand.quotes)

    def hang_up(self) -> None:
        """Break every connection."""
        for broker in list(self.listening):
            broker.fail(LinkLost("hung up"))


def quote(tick: Tick) -> Quote:
    """Return a trade as a feed tells it."""
    last = tick.cents / 100
    return Quote(
        symbol=tick.symbol, last=last, bid=(tick.cents - SPREAD) / 100, ask=(tick.cents + SPREAD) / 100,
        last_at=tick.at, at=tick.at,
    )  # fmt: skip


class TapeBroker(TalkingBroker):
    """What listens to a venue for one link."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)

    def __init__(self, info: Info, venue: Venue) -> None:
        super().__init__(info)
        self._venue = venue

    async def run(self, watch: typing.Any, emit: typing.Any) -> None:
        following = asyncio.ensure_future(self._follow(watch))
        self._venue.listening.append(self)
        try:
            await super().run(watch, emit)
        finally:
            self._venue.listening.remove(self)
            following.cancel()

    async def _follow(self, watch: typing.Any) -> None:
        """Tell what was filled, then the newest price of each symbol that somebody begins to want."""
        await self.running.wait()
        self.say(*self._venue.fills(self.info.id))
        if self._venue.is_silent:
            self.say(Link(link=str(self.info.id), state="stale", feed_at=now_ms()))
        seen = Demand()
        while True:
            self.repeat(watch.demand.quotes - seen.quotes)
            seen = watch.demand
            await watch.change(seen)

    def repeat(self, symbols: frozenset[str]) -> None:
        """Tell the newest prices of symbols."""
        if not self._venue.is_silent:
            self.say(*(found for symbol in sorted(symbols) if (found := self._venue.newest(symbol)) is not None))

    async def candles(self, series: typing.Any, start: typing.Any) -> list[Candle]:
        await asyncio.sleep(ANSWER_S)
        return self._venue.candles(series.symbol, int(start.timestamp() * 1000))


class VenueLinks(MemoryLinks):
    """Links of people to one venue. Whoever opens one has a broker of their own: a process that was killed says no
    goodbye."""

    def __init__(self, venue: Venue, people: dict[int, list[Info]]) -> None:
        super().__init__()
        self.people = people
        self._venue = venue

    async def broker(self, link):
        return TapeBroker(link, self._venue)
