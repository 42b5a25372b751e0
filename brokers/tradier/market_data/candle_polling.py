"""The watched series of one run: this venue streams no candles, so they are asked for again and again."""

import asyncio
import contextlib
import datetime
import time

import msgspec

from brokers.adapter.candle_slot import Bars, Chart
from brokers.adapter.error_mapping import report, translate
from brokers.contract.broker import Series, Watch
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Emit
from brokers.tradier.decoding import eastern
from brokers.tradier.market_data.candles import Polled, query, to_bars
from brokers.tradier.rest import TooEarly, TradierRest
from brokers.tradier.symbols import is_listable
from brokers.tradier.timeouts import TradierTimeouts
from lib.clock import now_ms

SPACED_S = 1.0
"""Each watched series makes the others wait so long: a minute has half a bucket of requests for them."""
DAILY_S = 30.0
"""How often series of days and longer are asked for, at most."""
AGAIN_S = 15.0


async def read_bars(
    rest: TradierRest, series: Series, start: datetime.datetime, delayed: bool, patience: float = float("inf")
) -> tuple[Bars, int]:
    """Return the candles of a series from `start` (aware) on, as far back as the venue has them, and the bad rows."""
    if not is_listable(series.symbol):
        return {}, 0
    asked = query(series, start, rest.venue_time)
    since = int(start.timestamp() * 1000)
    try:
        answer = await rest.get(asked.path, patience, **asked.params)
    except TooEarly as early:
        since = max(since, eastern(early.since) or since)
        answer = await rest.get(asked.path, patience, **(asked.params | {"start": early.since}))
    bars, bad = to_bars(series, answer, now_ms(), delayed)
    return {begins: bar for begins, bar in bars.items() if begins >= since}, bad


class Kept(msgspec.Struct):
    """One watched series, and when it is due, on the monotonic clock in seconds."""

    chart: Chart
    polled: Polled
    due: float = 0.0


class CandlePolling:
    """Keeps the candles of what is watched."""

    def __init__(self, rest: TradierRest, watch: Watch, emit: Emit, limits: TradierTimeouts, *, delayed: bool) -> None:
        self.bad = 0
        """How many rows could not be read."""
        self._rest = rest
        self._watch = watch
        self._emit = emit
        self._limits = limits
        self._delayed = delayed
        self._kept: dict[Series, Kept] = {}

    async def run(self) -> None:
        """Keep them for ever. Raises what ends a link."""
        while True:
            wanted = self._watch.demand
            self._kept = {
                series: self._kept.get(series) or Kept(Chart(series), Polled())
                for series in sorted(wanted.candles, key=repr)
            }
            for series, kept in self._kept.items():
                if time.monotonic() >= kept.due:
                    kept.due = time.monotonic() + await self._read_in_time(series, kept)
            first = min((kept.due for kept in self._kept.values()), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if first is None else max(0.0, first - time.monotonic())):
                    while self._watch.demand.candles == wanted.candles:
                        wanted = await self._watch.change(wanted)

    async def _read_in_time(self, series: Series, kept: Kept) -> float:
        """Read one series. Returns in how many seconds to do so again; a venue that stumbles is asked later."""
        try:
            await self._read(series, kept)
        except Exception as error:
            if not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                raise
            report(error)
            return AGAIN_S
        period = max(self._limits.candles_s, SPACED_S * len(self._kept))
        is_daily = series.interval in ("1d", "1w", "1mo")
        return max(period, min(DAILY_S, self._limits.candles_s * 6)) if is_daily else period

    async def _read(self, series: Series, kept: Kept) -> None:
        since = kept.chart.since(now_ms())
        start = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
        bars, bad = await read_bars(self._rest, series, start, self._delayed)
        self.bad += bad
        whole = kept.polled.apply(bars, since, now_ms())
        if whole is not None:
            kept.chart.apply(whole, self._emit)
