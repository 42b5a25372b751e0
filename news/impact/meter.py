"""Measures what a person's items move: which ones, by which prices, and what is due when. Pure; times in ms.

At most `MOST_ITEMS` are measured at once, of at most `MOST_SYMBOLS` symbols beside those that are streamed anyway. An
item beyond that is void from the start, and says so.
"""

import typing
from collections.abc import Iterable

from news.impact.measurement import HeardItem, Measurement
from news.impact.rules import MARKET, PATIENCE_MS, PriceSample, judge_start

MOST_ITEMS = 300
MOST_SYMBOLS = 50
LOOK_MS = 15_000
"""How often it is said how far the first window of an item has come."""
LEAST = 0.01
"""By how many percent it has to have moved since."""
AGAIN_MS = 1_000
"""How soon prices are looked at again that could not be used."""


class PriceView(typing.Protocol):
    """What is known of prices now."""

    def sample(self, symbol: str) -> PriceSample:
        """Return a symbol's price."""

    def beta(self, symbol: str) -> float | None:
        """Return a symbol's beta, if its venue tells."""


class ImpactMeter:
    """The measurements of one person that are under way."""

    def __init__(self, prices: PriceView) -> None:
        self._prices = prices
        self._under_way: dict[str, Measurement] = {}
        self._waiting: dict[str, list[Measurement]] = {}
        """Those that wait for their first price, by symbol."""
        self._changed: dict[str, Measurement] = {}
        self._looked_at = 0

    def __repr__(self) -> str:
        return f"<ImpactMeter {len(self._under_way)} items>"

    def __len__(self) -> int:
        return len(self._under_way)

    def __contains__(self, item: str) -> bool:
        return item in self._under_way

    @property
    def waiting(self) -> frozenset[str]:
        """The symbols whose next quote begins a measurement."""
        return frozenset(self._waiting)

    def awaits(self, symbol: str) -> bool:
        """Whether a quote of a symbol may begin a measurement."""
        return symbol in self._waiting or (symbol == MARKET and bool(self._waiting))

    @property
    def has_changes(self) -> bool:
        """Whether anything changed since it was drained."""
        return bool(self._changed)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols whose prices are needed: those of items that are measured, and the market's."""
        return frozenset(one.symbol for one in self._under_way.values()) | (
            {MARKET} if self._under_way else frozenset()
        )

    def add(self, item: HeardItem, symbol: str, now: int) -> None:
        """Measure an item by a symbol, as soon as there is a price of it."""
        if item.id in self._under_way:
            return
        found = Measurement(item=item.id, symbol=symbol, category=item.category, received_at=item.received_at)
        if not self._has_room(symbol):
            found.void("too_many")
            self._changed[found.item] = found
            return
        self._under_way[found.item] = found
        self._waiting.setdefault(symbol, []).append(found)
        self.take(symbol, now)

    def _has_room(self, symbol: str) -> bool:
        if len(self._under_way) >= MOST_ITEMS:
            return False
        symbols = self.symbols
        return symbol in symbols or len(symbols) < MOST_SYMBOLS or self._prices.sample(symbol).at is not None

    def resume(self, measurements: Iterable[Measurement]) -> None:
        """Go on with what was under way elsewhere."""
        self._under_way |= {one.item: one for one in measurements}

    def forget(self, items: Iterable[str]) -> None:
        """Measure these no more: their items are gone."""
        for item in items:
            found = self._under_way.pop(item, None)
            if found is not None and found.symbol in self._waiting:
                self._leave(found)

    def take(self, symbol: str, now: int) -> None:
        """Look at a new quote of a symbol, or of the market: what waits for it begins."""
        for name in [*self._waiting] if symbol == MARKET else [symbol]:
            waiting = self._waiting.get(name, ())
            if not waiting:
                continue
            price, market = self._prices.sample(name), self._prices.sample(MARKET)
            for one in [*waiting]:
                self._start(one, price, market, now)

    def _start(self, one: Measurement, price: PriceSample, market: PriceSample, now: int) -> None:
        reason = judge_start(price, market, one.received_at, now)
        if reason is None:
            return
        if reason:
            one.void(reason)
            del self._under_way[one.item]
        else:
            one.begin(price, market, self._prices.beta(one.symbol), self._starts(one.symbol), now)
        self._changed[one.item] = one
        self._leave(one)

    def _starts(self, symbol: str) -> list[int]:
        return [one.since for one in self._under_way.values() if one.symbol == symbol and one.since is not None]

    def _leave(self, one: Measurement) -> None:
        left = [other for other in self._waiting[one.symbol] if other is not one]
        if left:
            self._waiting[one.symbol] = left
        else:
            del self._waiting[one.symbol]

    def advance(self, now: int, *, is_shown: bool = True) -> None:
        """Do what is due. `is_shown`: somebody looks at news, and is told how far first windows have come."""
        for symbol in [*self._waiting]:
            self.take(symbol, now)
        market = self._prices.sample(MARKET)
        looks = is_shown and now >= self._looked_at + LOOK_MS
        if looks:
            self._looked_at = now
        for one in [*self._under_way.values()]:
            if one.since is None:
                continue
            price = self._prices.sample(one.symbol)
            one.learn_beta(self._prices.beta(one.symbol))
            if one.advance(price, market, now) or (looks and one.look(price, market, LEAST)):
                self._changed[one.item] = one
            if one.is_over:
                del self._under_way[one.item]

    def note(self, one: Measurement) -> None:
        """Note that something was found about a measurement."""
        self._changed[one.item] = one
        if one.is_over:
            self._under_way.pop(one.item, None)

    def unasked(self, now: int) -> list[Measurement]:
        """Return the measurements of which candles may tell more: what moved before, and ends that nobody saw."""
        return [
            one
            for one in self._under_way.values()
            if one.unwatched(now) or (one.since is not None and one.before is None and not one.is_asked)
        ]

    def drain(self) -> list[Measurement]:
        """Return what changed since the last call."""
        changed, self._changed = [*self._changed.values()], {}
        return changed

    def due(self, now: int, *, is_shown: bool = True) -> int | None:
        """Return when to look next; None while nothing is measured."""
        found = [self._due_of(one, now, is_shown) for one in self._under_way.values()]
        return min(found, default=None)

    def _due_of(self, one: Measurement, now: int, is_shown: bool) -> int:
        if one.since is None:
            return max(now + AGAIN_MS, one.received_at + PATIENCE_MS + 1)
        ends = min((window.ends_at for window in one.open_windows if window.ends_at is not None), default=now)
        if ends <= now:
            return now + AGAIN_MS
        looks = is_shown and not one.windows[0].is_done
        return max(now + 1, min(ends, self._looked_at + LOOK_MS)) if looks else ends
