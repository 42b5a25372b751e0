"""What happened, by asking again and again: where no stream tells it, and after one was away."""

import asyncio
import time

import msgspec

from brokers.adapter.rate_limits import Pace
from brokers.adapter.supervision import Up
from brokers.alpaca.account.reporter import ReportEmitter
from brokers.alpaca.account.statement import AccountHistory
from brokers.alpaca.rest import AlpacaRest
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.reports import Found, OrderReport, Report

LOOK_BACK_MS = 60_000
"""Of each asking: so late a venue may list what happened."""
ALL_EVERY = 5
"""Of so many askings one is for all open orders; the others are for those that were placed lately."""
BURST = 6
"""So many requests in a row, then no more than their share of the rate limit."""
SLACK_MS = 2_000
"""The venue's clock is known to the second, and what happened is listed a little later."""
_PLACED_MS = 86_400_000


class Catching:
    """Asks for what happened since the newest event, and tells what of it was not told yet."""

    def __init__(
        self, rest: AlpacaRest, reading: AccountHistory, teller: ReportEmitter, limits: AlpacaTimeouts
    ) -> None:
        self._rest = rest
        self._reading = reading
        self._teller = teller
        self._limits = limits

    async def up(self) -> None:
        """Tell what happened since the newest event that was told, as found by asking. Nothing where none was."""
        since_ms = self._teller.since_ms(self._limits.overlap_s)
        if since_ms is not None:
            await self.since(since_ms, None, is_whole=True)
        self._teller.start(self._rest.venue_ms)

    async def since(self, since_ms: int, live_from_ms: int | None, *, is_whole: bool) -> int:
        """Tell what happened since then; what did from `live_from_ms` on counts as told while it happened.

        `is_whole` asks for all orders that could have changed, else for those that were placed lately. Returns how many
        requests that took, at least.
        """
        working, cost = set(self._teller.memory.working), 2
        if is_whole:
            orders = await self._reading.open_orders() + await self._reading.recent_orders(since_ms - _PLACED_MS)
            cost += 1
        else:
            orders = await self._reading.recent_orders(since_ms)
        fills, _ = await self._reading.activities(since_ms, kinds="FILL")
        named = {fill.order for fill in fills if fill.order and not self._teller.memory.knows(fill)}
        wanted = (named | working if is_whole else named) - {order.order for order in orders}
        if len(wanted) > 1 and not is_whole:
            orders += await self._reading.recent_orders(since_ms - _PLACED_MS)
            wanted -= {order.order for order in orders}
            cost += 1
        for each in sorted(wanted):
            orders += await self._reading.order(each)
            cost += 1
        happened: list[Report] = [order for order in orders if order.version >= since_ms or order.order in working]
        happened += fills
        happened.sort(key=_when)
        self._teller.again([_as(each, live_from_ms) for each in happened])
        return cost


def _when(happening: Report) -> tuple[int, int]:
    return happening.at, isinstance(happening, OrderReport)


def _as(happening: Report, live_from_ms: int | None) -> Report:
    """Return a happening as it was found: while it happened if that was from then on."""
    found: Found = "read" if live_from_ms is None or happening.at < live_from_ms else "stream"
    return msgspec.structs.replace(happening, found=found)


class Polling:
    """The last carrier: asks every second. `last_received_at` is the venue's last answer, on the monotonic clock."""

    name = "polling"
    bad = 0

    def __init__(self, rest: AlpacaRest, catching: Catching, limits: AlpacaTimeouts) -> None:
        self.last_received_at = 0.0
        self._rest = rest
        self._catching = catching
        self._limits = limits
        self._pace = Pace(BURST)

    async def run(self, up: Up) -> None:
        """Ask for ever. Raises what that breaks on."""
        await self._catching.up()
        asked_ms, count = self._rest.venue_ms, 0
        while True:
            began, now_ms = time.monotonic(), self._rest.venue_ms
            is_whole = count % ALL_EVERY == 0
            live_from = asked_ms - SLACK_MS if count else None
            cost = await self._catching.since(asked_ms - LOOK_BACK_MS, live_from, is_whole=is_whole)
            self.last_received_at, asked_ms, count = time.monotonic(), now_ms, count + 1
            up()
            spent_s = self._pace.reserve(self.last_received_at, self._rest.every_s(self._limits.poll_share), cost)
            await asyncio.sleep(max(spent_s, began + self._limits.poll_s - time.monotonic()))
