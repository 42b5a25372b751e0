"""A link to the loopback venue for days of virtual time, in the real market's hours, and what its schedulers did."""

import asyncio
import contextlib
import datetime
import pathlib
import typing
import zoneinfo
from collections.abc import AsyncIterator

import msgspec

from brokers.catalogue import LOOPBACK_FILE
from brokers.contract.broker import Credentials, Demand
from brokers.contract.events import Link, Market
from brokers.tastytrade import Tastytrade
from brokers.tastytrade.timeouts import TastytradeTimeouts
from simulator.server import running
from tests.brokers.stand import Recorder, Stand, Streaming
from tests.support.virtual_time import Clock

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
HOUR_S = 3_600.0
RATES = {"SPY": 1.0, "QQQ": 0.2}
"""Ticks a second of what is watched, and of the pulse; everything else all but stands still."""
QUIET = 1e-6
SESSION, NIGHT = 4.0, 20.0
"""Seconds between two moves of the venue: few enough for the pulse of SPY, and for the signs of life of a night."""
ACCOUNT = "5WX00009"
CREDENTIALS = Credentials(client_secret="s" * 40, refresh_token="r" * 40)


def new_york(text: str) -> datetime.datetime:
    """Return a moment written as New York's clocks show it."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


class Diary(Recorder):
    """A recorder of what schedulers did, by the true time; of everything else it keeps the newest only."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.refreshes: list[float] = []
        """When a token was refreshed, on a clock that nobody sets."""
        self.phases: list[tuple[str, datetime.datetime]] = []
        """Each session that the market went into, and when that was told."""

    def __call__(self, event: typing.Any) -> None:
        super().__call__(event)
        if not isinstance(event, Link) or not isinstance(event.state, str):
            self.events.pop()
        if isinstance(event, Link) and isinstance(event.refreshed_at, int):
            self.refreshes.append(self._clock.boottime)
        elif isinstance(event, Market) and (not self.phases or self.phases[-1][0] != event.session):
            self.phases.append((str(event.session), self._clock.true.astimezone(NEW_YORK)))


class Day:
    """A venue, a link to it that streams, and the clock of both."""

    def __init__(self, clock: Clock, venue: Stand, run: Streaming, diary: Diary) -> None:
        self.clock = clock
        self.venue = venue
        self.run = run
        self.diary = diary

    async def until(self, moment: str, step: float) -> None:
        """Let time pass until New York's clocks show `moment`; the venue moves every `step` seconds meanwhile."""
        self.venue.running.tastytrade.step = step
        await asyncio.sleep((new_york(moment) - self.clock.true).total_seconds())

    def stats(self) -> dict[str, typing.Any]:
        """What the venue was asked so far."""
        return self.venue.running.tastytrade.stats.report()


async def _hush(market: typing.Any) -> None:
    """Keep everything but RATES all but still, contracts that are new to the venue too."""
    while True:
        for symbol, tape in market.tapes.items():
            if tape.listing.rate != (rate := RATES.get(symbol, QUIET)):
                market.set_rate(symbol, rate)
        await asyncio.sleep(HOUR_S / 4)


@contextlib.asynccontextmanager
async def day(clock: Clock, run_dir: pathlib.Path, limits: TastytradeTimeouts) -> AsyncIterator[Day]:
    """Stream the link of somebody without positions from a venue that keeps the real market's hours and the true time.

    For the link it is a real one, not one that may never close.
    """
    async with running(calendar="real") as venue:
        market, venue.tastytrade.step = venue.tastytrade.market, SESSION
        venue.tastytrade.wall_ms = lambda: int(clock.true.timestamp() * 1000)
        hushing = asyncio.create_task(_hush(market))
        venue.add_customer(**CREDENTIALS, accounts=[{"number": ACCOUNT, "cash": "1000"}])
        (run_dir / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venue.line))
        stand, diary = Stand("tastytrade", venue, run_dir), Diary(clock)
        broker = stand.broker(CREDENTIALS)
        assert isinstance(broker, Tastytrade)
        broker.environment, broker.limits = "sandbox", limits
        run = Streaming(broker, Demand(quotes=frozenset({"QQQ"})), diary)
        try:
            yield Day(clock, stand, run, diary)
        finally:
            hushing.cancel()
            await run.stop()
            await run.broker.close()
