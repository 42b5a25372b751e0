"""A venue whose prices follow from the time alone: it tells quotes in regular hours, and the same as candles."""

import asyncio
import datetime
import math
import typing

from brokers.contract.broker import Capabilities
from brokers.contract.events import Candle, Link, Profile, Quote
from lib.clock import now_ms
from signals.learner.schedule import sitting
from tests.support.corridor import Info, MemoryLinks, TalkingBroker
from tests.support.walked_bars import walked_candles

DAYS = {"1d": 300, "5m": 12}
LENGTH_MS = {"1d": 86_400_000, "5m": 300_000, "1m": 60_000}
QUOTE_S = 2.0
REST_S = 30.0
"""How often it is looked whether somebody listens."""
HALF_CENTS = 1
QUIET, HALTED = "QUIET", "HALT"
"""A symbol that nobody quotes, and one that does not trade."""


def cents_of(symbol: str, at: int) -> int:
    """Return what a symbol trades at at a time in ms, in cents: the same for whoever asks."""
    phase = sum(map(ord, symbol))
    minutes = at / 60_000
    wave = math.sin(minutes / 7 + phase) * 40 + math.sin(minutes / 1.7 + phase) * 9 + math.sin(minutes * 11) * 3
    return 10_000 + round(wave)


class Market:
    """What happens there, whoever listens."""

    def __init__(self, day: datetime.date) -> None:
        self.day = day
        self.listening: list[MarketBroker] = []
        self.is_silent = False
        self.gone: set[str] = set()
        """Symbols that are no more."""

    def candles(self, symbol: str, interval: str, since: int) -> list[Candle]:
        """Return the candles up to now, the open one among them."""
        now = now_ms()
        if symbol in self.gone:
            return []
        if interval == "1m":
            first = max(since, now - 3 * 86_400_000) // 60_000
            return [_minute(symbol, minute, now) for minute in range(first, now // 60_000 + 1)]
        length = LENGTH_MS[interval]
        every = walked_candles(symbol, typing.cast(typing.Any, interval), self.day, DAYS[interval])
        return [_told(one, now, length) for one in every if since <= one.time <= now]

    def quote(self) -> None:
        """Tell the newest prices to everybody who wants them."""
        now = now_ms()
        if self.is_silent or not sitting(now).opens <= now:
            return
        for broker in self.listening:
            for symbol in sorted(broker.watch.demand.quotes - self.gone - {QUIET}):
                cents = cents_of(symbol, now)
                broker.say(Quote(symbol=symbol, bid=(cents - HALF_CENTS) / 100, ask=(cents + HALF_CENTS) / 100, at=now))
                if symbol == HALTED:
                    broker.say(Profile(symbol=symbol, status="halted", at=now))

    async def run(self) -> None:
        """Tell prices until cancelled."""
        while True:
            self.quote()
            await asyncio.sleep(QUOTE_S if self.listening else REST_S)


def _minute(symbol: str, minute: int, now: int) -> Candle:
    close = cents_of(symbol, (minute + 1) * 60_000) / 100
    return Candle(
        symbol=symbol, interval="1m", time=minute * 60_000, open=close, high=close, low=close, close=close,
        closed=(minute + 1) * 60_000 <= now,
    )  # fmt: skip


def _told(candle: Candle, now: int, length: int) -> Candle:
    named = {name: getattr(candle, name) for name in ("open", "high", "low", "close", "volume")}
    return Candle(
        symbol=candle.symbol, interval=candle.interval, time=candle.time, closed=candle.time + length <= now, **named
    )


class MarketBroker(TalkingBroker):
    """What listens for one link."""

    capabilities = Capabilities(quotes=True, accounts=True, candles=True)

    def __init__(self, info: Info, market: Market) -> None:
        super().__init__(info)
        self._market = market

    async def run(self, watch: typing.Any, emit: typing.Any) -> None:
        self._market.listening.append(self)
        try:
            await super().run(watch, emit)
        finally:
            self._market.listening.remove(self)

    async def candles(self, series: typing.Any, start: typing.Any) -> list[Candle]:
        await asyncio.sleep(0.1)
        return self._market.candles(series.symbol, series.interval, int(start.timestamp() * 1000))


class MarketLinks(MemoryLinks):
    """Links of people to one venue."""

    def __init__(self, market: Market, people: dict[int, list[Info]]) -> None:
        super().__init__()
        self.people = people
        self._market = market

    async def broker(self, link: typing.Any) -> typing.Any:
        return MarketBroker(link, self._market)


def live(info: Info) -> Link:
    """Return what a link says that is live."""
    return Link(link=str(info.id), state="live", feed_at=now_ms())
