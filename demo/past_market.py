"""What a desk would have known at each bar of past sessions of the simulated market: simulated time. Pure."""

import datetime
from collections.abc import Iterator, Sequence

from brokers.contract.events import Candle
from news.impact.rules import MARKET, shrink_beta
from signals.features.bars import LENGTH_MS, FeatureBar, feature_bars
from signals.features.inputs import INPUTS
from signals.features.snapshot import MarketSnapshot
from signals.learner.bar import MarketBar
from signals.learner.schedule import ScheduledBar, sitting
from signals.watch.symbol_insight import IndexReadings, SymbolInsight, feed
from simulator.market import calendar
from simulator.market.past_books import BookBar, PastBooks
from simulator.market.universe import LISTINGS

WARM_UP = 10
"""Sessions before the first of them, from which features have a past, as bars of a venue give them one."""


class PastMarket:
    """Sessions before `now` (ms) of a market of this seed. `symbols` begin with SPY, which the others are told of."""

    def __init__(self, seed: int, symbols: Sequence[str], now: int, edge: float) -> None:
        self.symbols = symbols
        self.now = now
        self._today = calendar.day_of(now)
        self._books = {
            symbol: PastBooks(seed, LISTINGS[symbol], self._today, edge, has_actions=True) for symbol in symbols
        }
        self._insights = {symbol: SymbolInsight(symbol) for symbol in symbols}
        self._index = IndexReadings()

    def sessions(self, count: int) -> Iterator[list[MarketBar]]:
        """Yield what was known at the scheduled bars of so many sessions, oldest first, and of today so far."""
        days = [calendar.shift(self._today, -before) for before in range(count + WARM_UP, 0, -1)]
        for place, day in enumerate([*days, self._today] if calendar.is_trading_day(self._today) else days):
            bars = [bar for bar in self._live(day, is_looked_at=place >= WARM_UP) if bar.at <= self.now]
            if bars and place >= WARM_UP:
                yield bars

    def _live(self, day: datetime.date, *, is_looked_at: bool) -> Iterator[MarketBar]:
        """Go through a session; yield what is known at each bar of which something is said."""
        scheduled = {bar.begins: bar for bar in sitting(calendar.at_clock(day, 9, 30)).bars}
        for row in zip(*(self._books[symbol].session(day) for symbol in self.symbols), strict=True):
            for told in row:
                snapshot = _snapshot(told) if is_looked_at else None
                feed(self._insights[told.symbol], _feature_bar(told), self._index, snapshot)
            if (bar := scheduled.get(row[0].at)) is not None:
                yield self._market_bar(bar, row)

    def _market_bar(self, bar: ScheduledBar, row: Sequence[BookBar]) -> MarketBar:
        known = [self._insights[told.symbol].inputs for told in row]
        inputs = [each.values for each in known]
        return MarketBar(
            session=bar.session, number=bar.number, at=bar.at, close=bar.close, symbols=list(self.symbols),
            mid=[told.mid for told in row], spread=[told.ask - told.bid for told in row],
            beta=[_beta_of(symbol) for symbol in self.symbols], market=row[0].mid,
            quote_age=[0] * len(row), sigma=[each.sigma_bps for each in known],
            features={name: [one[name] for one in inputs] for name in INPUTS},
        )  # fmt: skip


def _beta_of(symbol: str) -> float:
    """Return the beta of a symbol as a desk reckons with it."""
    return 0.0 if symbol == MARKET else shrink_beta(LISTINGS[symbol].beta)


def _feature_bar(told: BookBar) -> FeatureBar:
    """Return a bar as a venue's candle makes it."""
    candle = Candle(
        symbol=told.symbol, interval="5m", time=told.at, open=told.open, high=told.high, low=told.low,
        close=told.close, volume=told.volume, closed=True,
    )  # fmt: skip
    return feature_bars([candle])[0]


def _snapshot(told: BookBar) -> MarketSnapshot:
    """Return what the book says when the bar is over."""
    return MarketSnapshot(
        at=told.at + LENGTH_MS, bid=told.bid, ask=told.ask, bid_size=told.bid_size, ask_size=told.ask_size,
        iv=LISTINGS[told.symbol].vol,
    )  # fmt: skip
