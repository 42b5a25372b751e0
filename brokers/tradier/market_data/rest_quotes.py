"""Quotes over REST: what a stream does not begin with, and what stands in for one. Says what is not listed."""

import time
from collections.abc import Iterable

from brokers.contract.broker import Watch
from brokers.contract.events import Emit, Profile
from brokers.instruments.symbols import normalise
from brokers.tradier.decoding import rows, texts
from brokers.tradier.market_data.normaliser import TradierNormaliser
from brokers.tradier.rest import TradierRest
from brokers.tradier.symbols import is_listable
from lib.clock import now_ms

QUOTES = "/v1/markets/quotes"
AT_ONCE = 400
"""Symbols in one request."""


class RestQuotes:
    """Reads quotes for a tape. `last_received_at` is the venue's last answer (s, monotonic)."""

    def __init__(self, rest: TradierRest, tape: TradierNormaliser, watch: Watch, emit: Emit, delayed: bool) -> None:
        self.last_received_at = 0.0
        self.underlyings: dict[str, str] = {}
        """The underlyings of options, as far as the venue told them."""
        self._unlistable: set[str] = set()
        self._rest = rest
        self._tape = tape
        self._watch = watch
        self._emit = emit
        self._delayed = delayed

    async def read(self, symbols: Iterable[str]) -> None:
        """Read the quotes of `symbols`, and tell what they say."""
        ordered = sorted(symbols)
        for start in range(0, len(ordered), AT_ONCE):
            await self._read(ordered[start : start + AT_ONCE])

    def tell_unlistable(self) -> None:
        """Say of what is newly watched and cannot be listed at this venue that it is not."""
        unlistable = {symbol for symbol in self._watch.demand.quotes if not is_listable(symbol)}
        for symbol in sorted(unlistable - self._unlistable):
            self._tell_unlisted(symbol)
        self._unlistable = unlistable

    async def _read(self, symbols: list[str]) -> None:
        asked = now_ms()
        answer = await self._rest.query(QUOTES, {"symbols": ",".join(symbols), "greeks": "false"})
        self.last_received_at = time.monotonic()
        found = rows(answer, "quotes", "quote")
        for row in found:
            name, underlying = row.get("symbol"), row.get("underlying")
            if isinstance(name, str) and isinstance(underlying, str):
                self.underlyings[normalise(name)] = normalise(underlying)
        self._tape.read_snapshots(found, asked, now_ms(), self._delayed)
        for symbol in texts(answer, "quotes", "unmatched_symbols", "symbol"):
            self._tell_unlisted(normalise(symbol))

    def _tell_unlisted(self, symbol: str) -> None:
        if symbol in self._watch.demand.quotes:
            self._emit(Profile(symbol=symbol, status="unlisted"))
