"""The market data of one link: takes rows, gives events. Remembers last prices, previous closes, last candles. Pure."""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from msgspec import UNSET

from brokers.adapter.candle_slot import Chart
from brokers.contract.broker import Series
from brokers.contract.events import Emit, Quote
from brokers.tastytrade.market_data.candles import Transactions
from brokers.tastytrade.market_data.parsing import (
    SOURCE,
    changes,
    to_day,
    to_greeks,
    to_profile,
    to_quote,
    to_theo,
    to_trade,
    to_underlying,
)
from brokers.tastytrade.market_data.rows import Row


class TastytradeNormaliser:
    """Turns rows into events for `emit`. `delayed` is what the venue said of this feed."""

    def __init__(self, emit: Emit) -> None:
        self.delayed = False
        self._emit = emit
        self._last: dict[str, Any] = {}
        self._previous: dict[str, Any] = {}
        self._charts: dict[Series, Chart] = {}
        self._readers: dict[str, Callable[[Any, Row, int], None]] = {
            "Quote": self._quote,
            "Trade": self._trade,
            "Summary": self._summary,
            "Profile": self._profile,
            "Greeks": self._greeks,
            "TheoPrice": self._theo,
            "Underlying": self._underlying,
            "Candle": self._candle,
        }

    def read(self, kind: str, rows: Iterable[Row], names: Mapping[str, Any], at: int) -> int:
        """Take rows of one type. `names` maps DXLink's symbols to ours, candles' to their transactions.

        Rows of other symbols are passed over. Returns how many rows were bad.
        """
        reader, bad = self._readers[kind], 0
        for row in rows:
            try:
                symbol = names.get(row[0])
                if symbol is not None:
                    reader(symbol, row, at)
            except (ValueError, TypeError, ArithmeticError):
                bad += 1
        return bad

    @property
    def known(self) -> Set[str]:
        """The symbols of which a last trade or a previous close was told."""
        return self._last.keys() | self._previous.keys()

    def retain(self, symbols: Iterable[str]) -> None:
        """Forget all but `symbols`."""
        kept = set(symbols)
        for known in (self._last, self._previous):
            for symbol in known.keys() - kept:
                del known[symbol]

    def keep_charts(self, series: Iterable[Series]) -> None:
        """Forget all series but these."""
        kept = set(series)
        for known in self._charts.keys() - kept:
            del self._charts[known]
        for new in kept - self._charts.keys():
            self._charts[new] = Chart(new)

    def since(self, series: Series, now: int) -> int:
        """Return the time, in ms, from which the candles of a kept series must be subscribed."""
        return self._charts[series].since(now)

    def _candle(self, transactions: Transactions, row: Row, at: int) -> None:
        whole = transactions.apply(row, at, self.delayed)
        chart = self._charts.get(transactions.series)
        if whole is not None and chart is not None:
            chart.apply(whole, self._emit)

    def _quote(self, symbol: str, row: Row, at: int) -> None:
        self._emit(to_quote(symbol, row, at, self.delayed))

    def _trade(self, symbol: str, row: Row, at: int) -> None:
        quote, day = to_trade(symbol, row, at, self.delayed, self._previous.get(symbol, UNSET))
        self._last[symbol] = quote.last
        self._emit(quote)
        if day is not None:
            self._emit(day)

    def _summary(self, symbol: str, row: Row, at: int) -> None:
        day = to_day(symbol, row, at, self.delayed)
        self._emit(day)
        if day.prev_close is UNSET or day.prev_close == self._previous.get(symbol, UNSET):
            return
        self._previous[symbol] = day.prev_close
        change, percentage = changes(self._last.get(symbol, UNSET), day.prev_close)
        if change is not UNSET:
            self._emit(
                Quote(symbol=symbol, change=change, change_percentage=percentage, source=SOURCE, delayed=self.delayed)
            )

    def _profile(self, symbol: str, row: Row, at: int) -> None:
        self._emit(to_profile(symbol, row, at))

    def _greeks(self, symbol: str, row: Row, at: int) -> None:
        greeks = to_greeks(symbol, row, at, self.delayed)
        if greeks is not None:
            self._emit(greeks)

    def _theo(self, symbol: str, row: Row, at: int) -> None:
        greeks = to_theo(symbol, row, at, self.delayed)
        if greeks is not None:
            self._emit(greeks)

    def _underlying(self, symbol: str, row: Row, at: int) -> None:
        underlying = to_underlying(symbol, row, at, self.delayed)
        if underlying is not None:
            self._emit(underlying)
