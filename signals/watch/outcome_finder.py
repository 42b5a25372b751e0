"""Finds what came of a person's signals: by the board when they are due, by candles where nobody was there."""

import asyncio
import functools
import logging

from brokers.contract.broker import Series
from lib.clock import now_ms
from market.history.candle_reader import CandleReader, CandleSource
from news.impact.rules import MARKET
from signals import owner_store
from signals.counts import counts
from signals.learner.run import void_late
from signals.learner.schedule import next_bar
from signals.owner_store import PendingSignal
from signals.record.batch import SignalBatch
from signals.record.chain import LATE_MS
from signals.record.outcome import SignalOutcome, resolve
from signals.watch.board_prices import read_price
from signals.watch.due_signals import DueSignals
from signals.watch.signal_facts import outcome_entry
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost
from streaming.ownership.lease import OwnershipTerm
from streaming.rpc.client import RpcError

logger = logging.getLogger(__name__)

LOOK_AGAIN_MS = 1_000
"""How soon it is looked again for a mid that was not there when it was due."""
ANSWER_S = 8.0
"""How long is waited for a venue's candles. Models speak in the same task: so long before a bar nobody is asked."""
MINUTE_MS = 60_000


class OutcomeFinder:
    """What waits for its outcome. Each signal gets one, in the order of the bars."""

    def __init__(self, desk: ExtensionHost, source: CandleSource | None = None) -> None:
        self._desk = desk
        self._source = source or CandleReader(desk)
        self._waiting: dict[tuple[int, int], DueSignals] = {}
        """By bar and horizon, in ms."""

    def __repr__(self) -> str:
        return f"<OutcomeFinder person={self._desk.person} {len(self._waiting)} wait>"

    async def begin(self) -> None:
        """Read what waits. What came of it so far is kept. Raises LedgerError."""
        for one in await self._desk.ledger.read(owner_store.read_pending, self._desk.person):
            if one.batch is not None:
                self.wait_for(one.batch)

    def wait_for(self, batch: SignalBatch) -> None:
        """Wait for the end of a batch: of what is void from the start, none is."""
        key = batch.bar, batch.due - batch.bar
        if key not in self._waiting:
            self._waiting[key] = DueSignals(batch.bar, batch.due)
        symbols = [symbol for symbol, void in zip(batch.symbols, batch.void, strict=True) if not void]
        self._waiting[key].add([*symbols, MARKET] if symbols and batch.market is not None else symbols)

    @property
    def due(self) -> int | None:
        """When it has to be looked next, in ms; None where nothing waits."""
        if not self._waiting:
            return None
        first = min(one.due for one in self._waiting.values())
        return max(first, now_ms() + LOOK_AGAIN_MS) if first <= now_ms() else first

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols whose end is waited for."""
        return frozenset().union(*(one.symbols for one in self._waiting.values()))

    async def settle(self) -> None:
        """Look at what is due, and record what came of that of which all is known."""
        held: set[int] = set()
        for key, one in sorted(self._waiting.items(), key=lambda item: item[1].due):
            now = now_ms()  # the one before may have taken seconds
            if one.due > now:
                break
            one.look(functools.partial(read_price, self._desk.board, now=now), now)
            if (symbol := one.next_unknown(now)) is not None and _may_wait(now):
                await self._ask(one, symbol, now)
            if not one.is_known() or (one.horizon not in held and not await self._record(one)):
                held.add(one.horizon)
            elif one.horizon not in held:
                del self._waiting[key]

    async def _ask(self, one: DueSignals, symbol: str, now: int) -> None:
        """Ask for the candle of the minute in which a symbol's signal was due, or of the first one after it."""
        try:
            async with asyncio.timeout(ANSWER_S):
                candles = await self._source.candles(Series(symbol, "1m"), one.due - MINUTE_MS, one.latest)
        except (RpcError, TimeoutError) as error:
            if isinstance(error, RpcError) and error.code == "no_feed":
                one.tell(symbol, None, now)
            else:
                one.put_off(symbol, now)
            return
        ended = [
            (candle.time + MINUTE_MS, candle.close)
            for candle in candles
            if candle.closed is True and candle.gone is not True and candle.delayed is not True
            if isinstance(candle.close, int | float) and one.due <= candle.time + MINUTE_MS <= one.latest
        ]
        at, close = min(ended, default=(now, None))
        one.tell(symbol, float(close) if close is not None else None, at)

    async def _record(self, one: DueSignals) -> bool:
        """Record what came of all signals that ended together; return whether they were stored by now."""
        if not isinstance(self._desk.guard, OwnershipTerm):
            return False
        try:
            rows = await self._desk.ledger.read(owner_store.read_pending, self._desk.person)
        except LedgerError as error:
            logger.info("what waits of person %d cannot be read now: %s", self._desk.person, error)
            return False
        mine = [row for row in rows if (row.fact.bar, row.fact.due) == (one.bar, one.due)]
        outcomes = [self._resolve(row, row.batch, one) for row in mine if row.batch is not None]
        if not outcomes:
            return bool(mine)  # of what is gone, or cannot be read, nothing can be recorded
        self._desk.publish(outcome_entry(outcomes, now_ms()))
        counts.outcomes += len(outcomes)
        return True

    @staticmethod
    def _resolve(row: PendingSignal, batch: SignalBatch, one: DueSignals) -> SignalOutcome:
        """Return what came of a batch; one that was stored too late is void."""
        judged = void_late(batch) if row.fact.void == "late" else batch
        return resolve(judged, one.ends_of(batch), digest=row.fact.digest)


def _may_wait(now: int) -> bool:
    """Whether a venue's answer comes before the next bar has to be spoken of; right after one, that may still be so."""
    return now + ANSWER_S * 1000 < next_bar(now - LATE_MS).at
