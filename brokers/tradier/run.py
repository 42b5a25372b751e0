"""One run of one link: market data, accounts and the watchdog, which live and die together."""

import asyncio
import time

import msgspec

from brokers.adapter.market_hours import MarketSession
from brokers.adapter.supervision import Liveness, MarketClock, StreamGroup
from brokers.contract.broker import Endpoints, Watch
from brokers.contract.events import Emit
from brokers.tradier.account.executions import Executions
from brokers.tradier.account.state import TradierAccountState
from brokers.tradier.account.sync import TradierAccountSync
from brokers.tradier.market_data.candle_polling import CandlePolling
from brokers.tradier.market_data.feed import TradierFeed
from brokers.tradier.market_data.greeks import TradierValuer
from brokers.tradier.reference.hours import to_session
from brokers.tradier.rest import TradierRest
from brokers.tradier.stream_sessions import TradierStreamSessions
from brokers.tradier.timeouts import TradierTimeouts

CLOCK = "/v1/markets/clock"


class TradierAccess(msgspec.Struct, frozen=True):
    """How one link reaches its venue: a token for data and one for accounts, which may be the same, and sessions."""

    data: TradierRest
    trading: TradierRest
    market: TradierStreamSessions
    account: TradierStreamSessions
    endpoints: Endpoints


class TradierRun:
    """One life of a link's streams. `always_open`: the market never closes where the venue does not say otherwise."""

    def __init__(
        self,
        access: TradierAccess,
        watch: Watch,
        emit: Emit,
        book: TradierAccountState,
        executions: Executions,
        limits: TradierTimeouts,
        *,
        delayed: bool,
        always_open: bool,
    ) -> None:
        self._rest = access.data
        self._rests = (access.data, access.trading)
        self._limits = limits
        self.feed = TradierFeed(access.data, access.market, access.endpoints, watch, emit, limits, delayed=delayed)
        self._holdings = TradierAccountSync(
            access.trading, access.data, access.account, access.endpoints, book, executions, emit, limits
        )
        self._valuer = TradierValuer(access.data, self.feed, watch, emit, limits)
        self._charts = CandlePolling(access.data, watch, emit, limits, delayed=delayed)
        self._halves = StreamGroup(book.link, emit, ("quotes", "accounts"), self._liveness)
        self._clock = MarketClock(emit, self._ask_session, lambda: self._rest.venue_time, always_open=always_open)

    async def go(self) -> None:
        """Stream until cancelled or broken."""
        tick_s, halves = self._limits.tick_s, self._halves
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(halves.maintain("quotes", self.feed.run))
            tasks.create_task(halves.maintain("accounts", self._holdings.run))
            tasks.create_task(self._clock.run())
            tasks.create_task(self._valuer.run())
            tasks.create_task(self._charts.run())
            tasks.create_task(halves.tell_life(tick_s))
            tasks.create_task(halves.tell_waits(tick_s, lambda: max(rest.waiting_s for rest in self._rests)))
            tasks.create_task(halves.watch_over(tick_s, self._mute, lambda: self._rest.get(CLOCK)))

    def _liveness(self) -> Liveness:
        return Liveness(
            feed=self.feed.last_received_at,
            account=self._holdings.last_received_at,
            carrier="websocket" if self._holdings.current else "polling",
            bad=self.feed.bad + self._holdings.bad + self._charts.bad,
            delayed=self.feed.delayed,
            lacking=self.feed.lacking,
        )

    async def _ask_session(self) -> MarketSession | None:
        return to_session(await self._rest.get(CLOCK), self._rest.venue_time)

    def _mute(self) -> str | None:
        """Return why the stream counts as mute, or None."""
        stream, now = self.feed.current, time.monotonic()
        if stream is None:
            return None
        is_open, certain = self._clock.is_open()
        # nothing but trades comes over HTTP: while nothing trades its silence says nothing
        heard = stream.last_received_at if stream.pings or (is_open and certain) else now
        return self.feed.freshness.mute(now, heard, is_open, certain)
