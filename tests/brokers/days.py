"""A link to the loopback venue for days of virtual time, in the real market's hours, and what its schedulers did."""

import asyncio
import collections
import contextlib
import datetime
import gc
import os
import pathlib
import time
import typing
import zoneinfo
from collections.abc import AsyncIterator

import msgspec

from brokers.catalogue import LOOPBACK_FILE
from brokers.events import Link, Market
from brokers.loopback.server import Running, running
from tests.brokers.stand import Recorder, Stand, Streaming, streaming
from tests.virtual_time import Clock

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
HOUR_S = 3_600.0
STEP_S = 4.0
"""How often the venue moves: often enough for the pulse of SPY, which must not pause for 13 s."""
QUIET = 1e-5
"""Ticks a second of what nobody watches."""


def new_york(text: str) -> datetime.datetime:
    """Return a moment written as New York's clocks show it."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(datetime.UTC)


class Telling(Recorder):
    """A recorder of the links, the market's sessions and the newest of everything else, with their moments."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.refreshes: list[float] = []
        """When a token was refreshed, on the monotonic clock."""
        self.phases: list[tuple[str, float]] = []
        """Each session the market went into, and when that was told, in seconds since this began."""
        self.counted: collections.Counter[str] = collections.Counter()

    def __call__(self, event: typing.Any) -> None:
        super().__call__(event)
        self.counted[type(event).__name__] += 1
        if not (isinstance(event, Link) and isinstance(event.state, str)):
            self.events.pop()  # a day of everything is much
        if isinstance(event, Link) and isinstance(event.refreshed_at, int):
            self.refreshes.append(time.monotonic())
        if isinstance(event, Market) and isinstance(event.session, str):
            if not self.phases or self.phases[-1][0] != event.session:
                self.phases.append((event.session, time.monotonic() - 1_000.0))


@contextlib.asynccontextmanager
async def venue_of_days(run_dir: pathlib.Path, **options: typing.Any) -> AsyncIterator[Stand]:
    """Run a venue that keeps the real market's hours, and of which little moves."""
    async with running(step=STEP_S, calendar="real", **options) as venue:
        market = venue.tastytrade.market
        for symbol in list(market.tapes):
            market.set_rate(symbol, {"SPY": 1.0, "QQQ": 0.2}.get(symbol, QUIET))
        (run_dir / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venue.line))
        yield Stand("tastytrade", venue, run_dir)


@contextlib.asynccontextmanager
async def linked(clock: Clock, run_dir: pathlib.Path, **options: typing.Any) -> AsyncIterator[tuple[Stand, Streaming]]:
    """Stream alice's link from such a venue."""
    async with venue_of_days(run_dir, **options) as venue, streaming(venue.broker(), quotes={"QQQ"}) as run:
        yield venue, run
