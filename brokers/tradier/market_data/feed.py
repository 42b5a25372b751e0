"""The market data of one link: one market stream at any time, following the watch. Quotes over REST stand in for it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Set

import websockets.exceptions

from brokers.adapter.error_mapping import iter_leaves, report, run_isolated, translate
from brokers.adapter.freshness import Freshness
from brokers.adapter.supervision import Up
from brokers.contract.broker import Demand, Endpoints, Watch
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Emit
from brokers.tradier.decoding import Raw
from brokers.tradier.errors import TooManySessions
from brokers.tradier.market_data.normaliser import TradierNormaliser
from brokers.tradier.market_data.rest_quotes import AT_ONCE, RestQuotes
from brokers.tradier.market_data.streams import Stream, http_stream, socket_stream
from brokers.tradier.rate_limits import stream_turn
from brokers.tradier.rest import TradierRest
from brokers.tradier.stream_sessions import TradierStreamSessions
from brokers.tradier.symbols import is_listable
from brokers.tradier.timeouts import TradierTimeouts
from lib.clock import now_ms

logger = logging.getLogger(__name__)

PULSE = "SPY"
"""Always asked for: it is never silent for long while the market is open."""
TURN_S = 1.0
"""How long another link of this process may take to leave the token's session to us."""
CHUNK_S = 2.5
"""Each request of a poll beyond the first makes the next one wait so long at least: half of a bucket is for others."""

SANDBOX = "the sandbox has no market stream: quotes are delayed, and asked for every few seconds"


class TradierFeed:
    """Keeps the market data of one run flowing."""

    def __init__(
        self, rest: TradierRest, sessions: TradierStreamSessions, endpoints: Endpoints, watch: Watch, emit: Emit,
        limits: TradierTimeouts,
        *, delayed: bool,
    ) -> None:  # fmt: skip
        self.tape = TradierNormaliser(emit)
        self.freshness = Freshness(limits)
        self.current: Stream | None = None
        self.lacking: str | None = None
        """Why nothing streams, where that is known."""
        self.snapshots = RestQuotes(rest, self.tape, watch, emit, delayed)
        self.delayed = delayed
        self._rest = rest
        self._sessions = sessions
        self._endpoints = endpoints
        self._watch = watch
        self._limits = limits
        self._dirty = asyncio.Event()
        self._bad = 0
        self._was_ready = False

    @property
    def bad(self) -> int:
        """How many messages and rows could not be read, over all connections."""
        return self._bad + self.tape.bad + (self.current.bad if self.current else 0)

    @property
    def last_received_at(self) -> float:
        """The last proof of life, on the monotonic clock; 0 before the first."""
        return max(self.snapshots.last_received_at, self.current.last_received_at if self.current else 0.0)

    async def run(self, up: Up) -> None:
        """Hold market data until it breaks; call `up` whenever all that is watched was told, and flows."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._observe(self._watch.demand))
            if self.delayed:
                while True:
                    await self._stand_in(SANDBOX, up)
            async with self._turn(up):
                while True:
                    await self._stream_or_wait(up)

    @contextlib.asynccontextmanager
    async def _turn(self, up: Up) -> AsyncIterator[None]:
        """Be the only stream of this process with this token."""
        turn = stream_turn(self._rest.key, "market")
        try:
            async with asyncio.timeout(TURN_S):
                await turn.acquire()
        except TimeoutError:
            while turn.locked():
                await self._stand_in("another link of this desk streams with this token: quotes are polled", up)
            await turn.acquire()
        try:
            yield
        finally:
            turn.release()

    async def _stream_or_wait(self, up: Up) -> None:
        """Stream until that breaks. Where there are too many sessions, poll for a while instead."""
        while self._sessions.crowded_s:
            await self._stand_in("something else streams with this token: quotes are polled meanwhile", up)
        try:
            await run_isolated(self._stream(up))
        except Exception as error:
            if not any(isinstance(leaf, TooManySessions) for leaf in iter_leaves(error)):
                raise
            self._sessions.note_crowd(self._limits.too_many_s)
            logger.info("too many market sessions; again in %.0f s", self._sessions.crowded_s)

    async def _stream(self, up: Up) -> None:
        """Stream over a WebSocket, or over HTTP where that cannot be had."""
        guard, answer_s = self._rest.guard, self._limits.answer_s
        self._was_ready = False
        try:
            async with socket_stream(self._endpoints.market_socket, self._sessions, guard, answer_s) as stream:
                await self._follow(stream, up)
        except (OSError, websockets.exceptions.InvalidHandshake) as error:
            if self._was_ready or not self._endpoints.stream:
                raise
            logger.info("the market WebSocket cannot be had (%s): over HTTP", type(error).__name__)
        async with http_stream(self._endpoints.stream, self._sessions, guard, answer_s) as stream:
            await self._follow(stream, up)

    async def _follow(self, stream: Stream, up: Up) -> None:
        """Keep `stream` at what is watched, until it breaks."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(stream.read(self._receive))
                asked: frozenset[str] = frozenset()
                told: frozenset[str] = frozenset()
                unread: frozenset[str] = frozenset()
                while True:
                    self._dirty.clear()
                    wanted = self._prepare()
                    watched = self._watch.demand.quotes & wanted
                    unread, told = unread | (watched - told), watched
                    if wanted != asked:
                        async with asyncio.timeout(self._limits.answer_s):
                            await stream.subscribe(wanted)
                        unread |= wanted - asked if asked and stream.pings else wanted
                        asked = wanted
                    if unread and await self._read(unread, is_first=self.current is None):
                        unread = frozenset()
                    if self.current is None:
                        self._start(stream, up)
                    if self._prepare() != asked:
                        continue  # the venue told of an underlying that we did not know
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._limits.poll_s if unread else None):
                            await self._dirty.wait()
        finally:
            self._bad, self.current = self._bad + stream.bad, None

    async def _read(self, symbols: Set[str], *, is_first: bool) -> bool:
        """Read quotes beside the stream, which goes on without the answer once it has begun. Whether it came."""
        try:
            await self.snapshots.read(symbols)
        except Exception as error:
            if is_first or not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                raise
            report(error)
            return False
        return True

    def _start(self, stream: Stream, up: Up) -> None:
        self.current, self.lacking, self._was_ready = stream, None, True
        self._sessions.note_stream()
        self.freshness.start(time.monotonic())
        up()

    async def _stand_in(self, reason: str, up: Up) -> None:
        """Ask for everything once over REST, and wait until it is time to ask again, or something new is watched."""
        self._dirty.clear()
        wanted = self._prepare()
        await self.snapshots.read(wanted)
        if self.lacking != reason:
            self.lacking = reason
            up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self._limits.poll_s, CHUNK_S * (len(wanted) // AT_ONCE))):
                await self._dirty.wait()

    def _prepare(self) -> frozenset[str]:
        """Return what to ask the venue for, and make the tape ready for it."""
        wanted = self._watch.demand
        underlyings = {self.snapshots.underlyings.get(option) for option in wanted.greeks} - {None}
        remembered = wanted.greeks | {PULSE, *(symbol for symbol in underlyings if symbol)}
        self.tape.retain(wanted.quotes, remembered)
        self.snapshots.tell_unlistable()
        return frozenset(symbol for symbol in wanted.quotes | remembered if is_listable(symbol))

    async def _observe(self, seen: Demand) -> None:
        while True:
            seen = await self._watch.change(seen)
            self._dirty.set()

    def _receive(self, raw: Raw) -> None:
        if self.tape.read(raw, now_ms()) == PULSE:
            self.freshness.beat(time.monotonic())
