"""The market data of one link: one DXLink connection at any time, following the watch, replaced ahead of its end."""

import asyncio
import logging
import random
import time

from brokers.adapter.freshness import Freshness
from brokers.adapter.supervision import Up
from brokers.contract.broker import Demand, Watch
from brokers.contract.errors import LinkLost
from brokers.contract.events import Emit
from brokers.tastytrade.errors import VenueRefused, cancel_and_wait, raise_outcome, translate
from brokers.tastytrade.market_data.dxlink import DxlinkConnection
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.symbols import Directory, symbols_of
from brokers.tastytrade.session import TastytradeSession

logger = logging.getLogger(__name__)

RENEW_AT = 0.9
"""The fraction of a quote token's life after which its connection is replaced (21.6 h of 24 h)."""
POSTPONE_AT = 0.02
"""The fraction of it to wait after a replacement could not be opened."""
RECHECK_S = 600.0
"""How often credentials without market data are tried again."""


class HeldRows:
    """A connection and the task that owns it: the SDK's contexts are entered and left by one task."""

    def __init__(self, connection: DxlinkConnection, feed: "TastytradeFeed") -> None:
        self.connection = connection
        self.ready = asyncio.Event()
        self.task = asyncio.create_task(feed.stream(connection, self.ready))
        self.renew_at = 0.0

    async def opened(self) -> None:
        """Wait until the whole watch is subscribed. Raises what the connection broke on."""
        ready = asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait({ready, self.task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            ready.cancel()
        if self.task.done():
            raise_outcome(self.task)
        jitter = random.uniform(0.95, 1.0)
        self.renew_at = time.monotonic() + self.connection.token_s * RENEW_AT * jitter

    async def broken(self) -> None:
        """Wait until it is time to renew. Raises what the connection broke on."""
        await asyncio.wait({self.task}, timeout=max(0.0, self.renew_at - time.monotonic()))
        if self.task.done():
            raise_outcome(self.task)

    async def close(self) -> None:
        """End the connection."""
        await cancel_and_wait(self.task)


class TastytradeFeed:
    """Keeps the market data of one run flowing. `last_received_at` is its last proof of life."""

    def __init__(
        self, session: TastytradeSession, watch: Watch, emit: Emit, freshness: Freshness, link: str, answer_s: float
    ) -> None:
        self.tape = TastytradeNormaliser(emit)
        self.freshness = freshness
        self.directory = Directory(session, link)
        self.current: DxlinkConnection | None = None
        self.lacking: str | None = None
        """Why there is no market data, where these credentials have none."""
        self._session = session
        self._watch = watch
        self._emit = emit
        self._link = link
        self._answer_s = answer_s
        self._bad = 0

    @property
    def bad(self) -> int:
        """How many messages and rows could not be read, over all connections."""
        return self._bad + (self.current.bad if self.current else 0)

    async def run(self, up: Up) -> None:
        """Hold a connection until it breaks; call `up` once the whole watch is subscribed."""
        try:
            held = await self._open()
        except VenueRefused as refused:
            if refused.status not in (403, 404):
                raise
            await self._without(refused, up)
            return
        try:
            up()
            while True:
                await held.broken()
                held = await self._succeed(held)
        finally:
            self._bad, self.current = self.bad, None
            await held.close()

    async def _open(self) -> HeldRows:
        held = HeldRows(DxlinkConnection(self._session, self.tape, self._note_pulse, self._answer_s), self)
        await held.opened()
        self._bad, self.current = self.bad, held.connection
        self.freshness.start(time.monotonic())
        return held

    async def _succeed(self, held: HeldRows) -> HeldRows:
        """Open the next connection while this one still streams, then close this one."""
        try:
            successor = await self._open()
        except Exception as error:
            if not isinstance(lost := translate(error), LinkLost):
                raise
            logger.info("link %s: the next quote connection must wait: %s", self._link, lost.reason)
            held.renew_at = time.monotonic() + held.connection.token_s * POSTPONE_AT
            return held
        await held.close()
        return successor

    async def _without(self, refused: VenueRefused, up: Up) -> None:
        """These credentials have no market data: say so, stream the accounts alone, and look again later."""
        self.lacking = f"no market data for these credentials ({refused})"
        up()
        await asyncio.sleep(RECHECK_S)
        self.lacking = None

    async def stream(self, connection: DxlinkConnection, ready: asyncio.Event) -> None:
        """Own `connection`: follow the watch until it breaks or this task is cancelled."""
        async with connection, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._observe(connection, self._watch.demand))
            while True:
                wanted = self._watch.demand
                self.tape.retain(wanted.quotes)
                self.tape.keep_charts(wanted.candles)
                await connection.sync(wanted, self.directory.name)
                ready.set()
                if await self.directory.learn(symbols_of(wanted)):
                    connection.dirty.set()
                await connection.dirty.wait()

    async def _observe(self, connection: DxlinkConnection, seen: Demand) -> None:
        while True:
            seen = await self._watch.change(seen)
            connection.dirty.set()

    def _note_pulse(self, halted: bool | None) -> None:
        if halted is None:
            self.freshness.beat(time.monotonic())
        else:
            self.freshness.halted = halted
