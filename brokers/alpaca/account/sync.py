"""The money and positions of one account: read again and again, and at once after a fill; and its other activities."""

import asyncio
import contextlib
import time

from brokers.adapter.error_mapping import report, translate
from brokers.adapter.rate_limits import LOW_PRIORITY, Pace
from brokers.adapter.supervision import Up
from brokers.alpaca.account.reporter import ReportEmitter
from brokers.alpaca.account.state import AlpacaAccountState, to_balance
from brokers.alpaca.account.statement import POSITIONS, AccountHistory
from brokers.alpaca.decoding import objects
from brokers.alpaca.rest import ACCOUNT, AlpacaRest
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Emit
from lib import backoff
from lib.clock import now_ms

TRIES = 4
BURST = 6
"""So many requests in a row, then no more than their share of the rate limit."""
BACK_MS = 2 * 86_400_000
"""How far back activities are asked for: the venue dates most of them by the day."""


class AlpacaAccountSync:
    """Keeps money and positions of one run current. `last_received_at` is when, on the monotonic clock."""

    def __init__(
        self,
        rest: AlpacaRest,
        reading: AccountHistory,
        book: AlpacaAccountState,
        account: str,
        emit: Emit,
        limits: AlpacaTimeouts,
    ) -> None:
        self.last_received_at = 0.0
        self._rest = rest
        self._reading = reading
        self._book = book
        self._account = account
        self._emit = emit
        self._limits = limits
        self._again = asyncio.Event()
        self._pace = Pace(BURST)

    def filled(self) -> None:
        """Something was bought or sold: read soon."""
        self._again.set()

    async def run(self, up: Up) -> None:
        """Keep everything current until that breaks; call `up` once everything was read."""
        await self._read(share=1.0)
        up()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.read_s):
                    await self._again.wait()
            if self._again.is_set():
                await asyncio.sleep(self._limits.settle_s)
                self._again.clear()
            await self._read_in_time()

    async def _read_in_time(self) -> None:
        """Read; a venue that stumbles is asked again before the link is given up."""
        for tries, wait in enumerate(backoff.delays(1.0, 10.0), start=1):
            try:
                await self._read()
                return
            except Exception as error:
                if tries == TRIES or not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                    raise
            await asyncio.sleep(wait)

    async def _read(self, share: float = LOW_PRIORITY) -> None:
        await asyncio.sleep(self._pace.reserve(time.monotonic(), self._rest.every_s(self._limits.share), turns=2))
        money = await self._rest.read(ACCOUNT, share)
        held = objects(await self._rest.read(POSITIONS, share))
        at = now_ms()
        self._emit(to_balance(money, self._book.link, at))
        for position in self._book.read(held, self._account, at, time.monotonic()):
            self._emit(position)
        self.last_received_at = time.monotonic()

    async def keep_activities(self, teller: ReportEmitter) -> None:
        """Tell dividends, fees, transfers and the like: nothing but asking tells of them with these credentials.

        What was there before is the business of whoever asks for a statement.
        """
        is_first = True
        while True:
            try:
                _, others = await self._reading.activities(self._rest.venue_ms - BACK_MS, found="stream")
            except Exception as error:
                if not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                    raise
                report(error)
            else:
                for activity in others:
                    if is_first:
                        teller.memory.note(activity)
                    else:
                        teller.again([activity])
                is_first = False
            await asyncio.sleep(self._limits.activities_s)
