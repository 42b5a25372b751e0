"""One run of one link: its token, its two streams and its watchdog, which live and die together."""

import asyncio
import time

from msgspec import UNSET

from brokers.adapter.freshness import Freshness
from brokers.adapter.market_hours import MarketSession as MarketSession
from brokers.adapter.supervision import Hold, Liveness, MarketClock, StreamGroup, Up
from brokers.contract.broker import Watch
from brokers.contract.events import Emit, Link
from brokers.tastytrade import timeouts
from brokers.tastytrade.account.state import TastytradeAccountState
from brokers.tastytrade.account.stream import TokenRefused
from brokers.tastytrade.account.sync import TastytradeAccountSync
from brokers.tastytrade.errors import iter_leaves
from brokers.tastytrade.market_data.feed import TastytradeFeed
from brokers.tastytrade.market_data.unlisted import UnlistedSymbols
from brokers.tastytrade.reference import queries
from brokers.tastytrade.reference.iv_ranks import Ranks
from brokers.tastytrade.session import TastytradeSession


class TastytradeRun:
    """One life of a link's streams. `always_open`: the market never closes where the venue does not say otherwise."""

    def __init__(
        self,
        session: TastytradeSession,
        watch: Watch,
        emit: Emit,
        book: TastytradeAccountState,
        limits: timeouts.TastytradeTimeouts,
        *,
        always_open: bool,
    ) -> None:
        self._session = session
        self._emit = emit
        self._link = book.link
        self._limits = limits
        self.feed = TastytradeFeed(session, watch, emit, Freshness(limits), book.link, limits.answer_s)
        self._holdings = TastytradeAccountSync(session, book, emit, limits)
        self._ranks = Ranks(session, watch, emit, limits)
        self._roll_call = UnlistedSymbols(session, self.feed, watch, emit, limits)
        self._halves = StreamGroup(book.link, emit, ("quotes", "accounts"), self._liveness)
        self._clock = MarketClock(emit, self._ask_session, lambda: session.venue_time, always_open=always_open)

    async def go(self) -> None:
        """Stream until cancelled or broken."""
        tick_s, halves = self._limits.tick_s, self._halves
        self._session.refreshed = self._note_refresh
        try:
            await self._session.refresh()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._session.keep_fresh())
                tasks.create_task(halves.maintain("quotes", self._renewing(self.feed.run)))
                tasks.create_task(halves.maintain("accounts", self._renewing(self._holdings.run)))
                tasks.create_task(self._clock.run())
                tasks.create_task(self._ranks.run())
                tasks.create_task(self._roll_call.run())
                tasks.create_task(halves.tell_life(tick_s))
                tasks.create_task(halves.watch_over(tick_s, self._mute, self._probe))
        finally:
            self._session.refreshed = None

    def _note_refresh(self, at: int) -> None:
        self._emit(Link(link=self._link, refreshed_at=at))

    def _renewing(self, hold: Hold) -> Hold:
        """Let `hold` begin with a new token when a stream refused the last one."""
        refused = False

        async def renewed(up: Up) -> None:
            nonlocal refused
            try:
                if refused:
                    await self._session.refresh(force=True)
                await hold(up)
            except Exception as error:
                refused = any(isinstance(leaf, TokenRefused) for leaf in iter_leaves(error))
                raise

        return renewed

    def _liveness(self) -> Liveness:
        feed, account = self.feed.current, self._holdings.current
        return Liveness(
            feed=feed.last_received_at if feed else None,
            account=account.last_received_at if account else None,
            carrier="websocket" if account else UNSET,
            bad=self.feed.bad + self._holdings.bad,
            delayed=self.feed.tape.delayed if feed else UNSET,
            lacking=self.feed.lacking,
        )

    async def _ask_session(self) -> MarketSession | None:
        found = await self._session.items(queries.SESSIONS, **queries.EQUITY)
        return timeouts.to_session(found[0], self._session.venue_time) if found else None

    def _mute(self) -> str | None:
        """Return why the feed counts as mute, or None."""
        if self.feed.current is None:
            return None
        is_open, certain = self._clock.is_open()
        return self.feed.freshness.mute(time.monotonic(), self.feed.current.last_received_at, is_open, certain)

    async def _probe(self) -> None:
        await self._session.get("/customers/me/accounts")
