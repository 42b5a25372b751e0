"""Works out features and regime of the symbols that a person looks at, beside their streams; of no others.

It asks for bars when they are due, as studies of alerts do: nothing is streamed for it, and a bar that was missed is in
the next answer. A bar counts as it was told first.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Mapping

from alerts.evaluation.hours import MarketHours, midnight_before
from alerts.rules.fields import has_sessions
from brokers.contract.broker import Series
from brokers.contract.events import Candle, Event, Insight, RegimeReading
from lib.clock import now_ms
from market.history.candle_reader import CandleReader, CandleSource
from signals.features.bar_features import INDEX
from signals.features.bars import LENGTH_MS, FeatureBar, day_bars, feature_bars
from signals.regime.rule import VERSION
from signals.watch.board_snapshot import SnapshotReader
from signals.watch.shown_signals import ShownSignals
from signals.watch.symbol_insight import MISSING, IndexReadings, SymbolInsight, begin_insight, feed
from streaming.bus.messages import ListAdvance
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.client import RpcError

logger = logging.getLogger(__name__)

DAY_MS = 86_400_000
DAYS_MS = 400 * DAY_MS
"""How far back days are asked for: 250 of the exchange, and some before them."""
BARS_MS = 14 * DAY_MS
"""How far back bars of five minutes are asked for: ten sessions."""
GRACE_MS = 1_500
"""How long after a bar is over it is asked for: trades come with a delay."""
RETRY_MS = 5_000
TRIES = 3
"""How often a bar is asked for that is not there yet: without a trade there is none."""
FRESH_MS = 2 * LENGTH_MS
"""How long after a bar is over the board still speaks of it."""
KEPT_MS = 120_000
"""How long a symbol is followed that nobody looks at any more: a page that changes comes back."""
NEVER = 2**53
AT_A_TIME = 20
"""Bars that are worked out before others have their turn."""
DELAYED, NO_CANDLES = "candles come delayed", "no venue tells candles of it"


class FollowedSymbol:
    """One symbol, and when its next bar is due. Times in ms."""

    __slots__ = ("due", "insight", "symbol", "tries", "until")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.insight: SymbolInsight | None = None
        """None until its past was read."""
        self.due = 0
        self.tries = 0
        self.until: int | None = None
        """How long it is still followed; None while somebody looks."""


class InsightWatcher(Extension):
    """The features and regimes of one person. Who looks at none costs nothing."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost, source: CandleSource | None = None) -> None:
        self._desk = desk
        self._source = source or CandleReader(desk)
        self._snapshots = SnapshotReader(desk)
        self._index = IndexReadings()
        self._followed: dict[str, FollowedSymbol] = {}
        self._looked_at: frozenset[str] | None = None
        """What was looked at when that was considered last."""
        self._let_go_at = NEVER
        """When the next symbol is let go that nobody looks at any more, in ms."""
        self._wanted: frozenset[str] = frozenset()
        """What models speak of, whoever looks."""
        self._hours = MarketHours()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<InsightWatcher person={self._desk.person} {len(self._followed)} symbols>"

    def on_event(self, event: Event, origin: str) -> None:
        """See nothing: bars are asked for."""

    def on_settings_changed(self) -> None:
        """Ask again: another link may tell what none told."""
        for one in self._followed.values():
            if one.insight is None:
                one.due = 0
        self._changed.set()

    def on_insight_demand_changed(self) -> None:
        """Look at other symbols."""
        self._changed.set()

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Hear of no list."""

    def want(self, symbols: frozenset[str]) -> None:
        """Follow these too, though nobody looks: models speak of them."""
        if symbols != self._wanted:
            self._wanted, self._looked_at = symbols, None
            self._changed.set()

    def find(self, symbol: str) -> SymbolInsight | None:
        """Return what is known of a symbol; None of one that is not followed, or not read yet."""
        one = self._followed.get(symbol)
        return one.insight if one is not None else None

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._changed.clear()
            now = now_ms()
            if self._looked_at is not self._desk.insighted or now >= self._let_go_at:
                self._follow(now)
            due = min((one for one in self._followed.values() if one.due <= now), key=_order, default=None)
            if due is None:
                await self._rest()
            else:
                await self._read(due)
                await asyncio.sleep(0)  # what is known at once lets nobody else in

    async def _rest(self) -> None:
        """Wait for the next bar, for other symbols, or until one is let go."""
        times = [one.due for one in self._followed.values()]
        times += [self._let_go_at] if self._let_go_at < NEVER else []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, (min(times) - now_ms()) / 1000) if times else None):
                await self._changed.wait()

    # Who looks at what

    def _follow(self, now: int) -> None:
        """Follow the symbols that somebody looks at, and SPY beside them."""
        looked_at = self._looked_at = self._desk.insighted
        followed = looked_at | self._wanted
        wanted = followed | {INDEX} if followed else followed
        for symbol in wanted - self._followed.keys():
            self._followed[symbol] = FollowedSymbol(symbol)
        for symbol, one in list(self._followed.items()):
            if symbol in wanted:
                one.until = None
                if one.insight is not None and symbol in looked_at and not self._is_shown(symbol):
                    self._tell(one.insight, now)
            elif one.until is None:
                one.until = now + KEPT_MS
            elif one.until <= now:
                del self._followed[symbol]
                self._snapshots.forget([symbol])
                self._desk.put(Insight(symbol=symbol, gone=True))
        self._let_go_at = min((one.until for one in self._followed.values() if one.until is not None), default=NEVER)

    def _is_shown(self, symbol: str) -> bool:
        return self._desk.board.whole(("insight", symbol)) is not None

    # Bars

    async def _read(self, one: FollowedSymbol) -> None:
        """Ask for the bars of a symbol that are due, and tell what they come to."""
        now = now_ms()
        try:
            insight, bars = await self._bars(one, now)
        except RpcError as error:
            one.due = now_ms() + max(RETRY_MS, int((error.retry_s or 0) * 1000))
            if one.insight is None and one.symbol in self._desk.insighted:
                self._desk.put(_unknown(one.symbol, error.detail, now_ms()))
            return
        await self._take(insight, bars, now)
        one.insight = insight
        self._schedule(one, now_ms())

    async def _bars(self, one: FollowedSymbol, now: int) -> tuple[SymbolInsight, list[FeatureBar]]:
        """Return what is known of a symbol, and its new bars. Raises RpcError."""
        series = Series(one.symbol, "5m")
        if one.insight is not None:
            candles = _real_time(await self._source.candles(series, max(one.insight.bar, now - BARS_MS)))
            return one.insight, [bar for bar in feature_bars(candles) if bar.time > one.insight.bar]
        since = midnight_before(now - BARS_MS)
        days = day_bars(_real_time(await self._source.candles(Series(one.symbol, "1d"), now - DAYS_MS)))
        bars = feature_bars(_real_time(await self._source.candles(series, since)))
        if not days and not bars:
            raise RpcError("no_feed", NO_CANDLES)
        return begin_insight(one.symbol, days, bars), bars

    async def _take(self, insight: SymbolInsight, bars: list[FeatureBar], now: int) -> None:
        """Have a symbol take its new bars, the newest with what the board says now, and tell what is known then."""
        is_fresh = bool(bars) and bars[-1].is_regular and now - bars[-1].end <= FRESH_MS
        snapshot = await self._snapshots.read(insight.symbol) if is_fresh else None
        for count, bar in enumerate(bars, 1):
            feed(insight, bar, self._index, snapshot if bar is bars[-1] else None)
            if count % AT_A_TIME == 0:
                await asyncio.sleep(0)
        is_news = any(bar.is_regular for bar in bars) or not self._is_shown(insight.symbol)
        if is_news and (insight.symbol in self._desk.insighted or self._is_shown(insight.symbol)):
            self._tell(insight, snapshot.at if snapshot is not None else now_ms())

    def _tell(self, insight: SymbolInsight, at: int) -> None:
        shown = self._desk.companion(ShownSignals)
        confidence = shown.confidence_of(insight.symbol, now_ms()) if shown is not None else None
        self._desk.put(insight.told(at, confidence))

    def _schedule(self, one: FollowedSymbol, now: int) -> None:
        """Set when to ask next: when another bar will have closed, or soon where one should be there and is not."""
        one.tries += 1
        newest = one.insight.bar if one.insight is not None else -1
        if newest + 2 * LENGTH_MS + GRACE_MS <= now and one.tries < TRIES:
            one.due = now + RETRY_MS
            return
        one.tries = 0
        one.due = (now // LENGTH_MS + 1) * LENGTH_MS + GRACE_MS
        if has_sessions(one.symbol):
            opens = self._hours.hours("extended", one.due - GRACE_MS - LENGTH_MS).opens
            one.due = max(one.due, opens + LENGTH_MS + GRACE_MS)


def _order(one: FollowedSymbol) -> tuple[bool, int]:
    """Return the order in which symbols that are due are read: SPY first, which the others are told of."""
    return one.symbol != INDEX, one.due


def _real_time(candles: list[Candle]) -> list[Candle]:
    """Return candles. Raises RpcError of those that come delayed: nothing is made of them."""
    if any(candle.delayed is True for candle in itertools.islice(reversed(candles), 2)):
        raise RpcError("no_feed", DELAYED)
    return candles


def _unknown(symbol: str, reason: str, at: int) -> Insight:
    return Insight(
        symbol=symbol, regime=RegimeReading(), confidence=None, features=MISSING, version=VERSION, reason=reason, at=at
    )
