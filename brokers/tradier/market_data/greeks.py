"""The Greeks of one run: the venue's own, asked for by expiration, and ours where quotes are newer than those."""

import asyncio
import contextlib
import datetime
import time

from msgspec import UNSET

from brokers.adapter.error_mapping import report, translate
from brokers.contract.broker import Watch
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Day, Emit, Greeks
from brokers.instruments.symbols import normalise, parse_option
from brokers.tradier.decoding import Raw, number, price, rows
from brokers.tradier.market_data import greeks_model
from brokers.tradier.market_data.feed import TradierFeed
from brokers.tradier.market_data.greeks_model import MarketInputs
from brokers.tradier.market_data.normaliser import Known
from brokers.tradier.market_data.parsing import to_greeks
from brokers.tradier.rest import TradierRest
from brokers.tradier.timeouts import TradierTimeouts
from lib.clock import now_ms

CHAINS = "/v1/markets/options/chains"
AGAIN_S = 15.0
"""How soon a chain is asked for again when the venue did not answer."""

Key = tuple[str, datetime.date]
"""An underlying and an expiration."""


class TradierValuer:
    """Keeps the Greeks of what is watched."""

    def __init__(self, rest: TradierRest, feed: TradierFeed, watch: Watch, emit: Emit, limits: TradierTimeouts) -> None:
        self._rest = rest
        self._feed = feed
        self._watch = watch
        self._emit = emit
        self._limits = limits
        self._due: dict[Key, float] = {}
        self._markets: dict[Key, MarketInputs] = {}
        self._venue_at: dict[str, int] = {}
        """When the venue computed what it told of an option; 0 where it has nothing."""
        self._ours: set[str] = set()
        """The options whose Greeks were last told by us."""
        self._known: set[str] = set()
        """The options of which a chain was asked for, or is about to be."""
        self._todo: set[str] = set()

    async def run(self) -> None:
        """Keep them for ever. Raises what ends a link."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_read())
            tasks.create_task(self._keep_valued())

    async def _keep_read(self) -> None:
        while True:
            await self._pause()
            for key in self._wanted():
                if time.monotonic() >= self._due.get(key, 0.0):
                    await self._read_in_time(key)

    async def _keep_valued(self) -> None:
        while True:
            await self._pause()
            self.value(now_ms())

    async def _pause(self) -> None:
        """Wait for the next round; while nobody wants Greeks there is none."""
        seen = before = self._watch.demand
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.calc_s if before.greeks else None):
                while seen.greeks == before.greeks:
                    seen = await self._watch.change(seen)

    def _wanted(self) -> set[Key]:
        """Return the expirations of wanted options whose underlying is known, and forget all else."""
        options = {symbol: self._key(symbol) for symbol in self._watch.demand.greeks}
        keys = {key for key in options.values() if key is not None}
        self._due = {key: due for key, due in self._due.items() if key in keys}
        self._markets = {key: market for key, market in self._markets.items() if key in keys}
        self._venue_at = {symbol: at for symbol, at in self._venue_at.items() if symbol in options}
        self._ours &= options.keys()
        known = {symbol for symbol, key in options.items() if key is not None}
        for symbol in known - self._known:
            self._due[options[symbol]] = 0.0  # type: ignore[index]  # of those that are known
        self._known = known
        return keys

    def _key(self, symbol: str) -> Key | None:
        underlying, option = self._feed.snapshots.underlyings.get(symbol), parse_option(symbol)
        return None if underlying is None or option is None else (underlying, option.expiry)

    async def _read_in_time(self, key: Key) -> None:
        """Read one expiration. A venue that does not answer is no reason to stop."""
        try:
            await self._read(key)
            self._due[key] = time.monotonic() + self._limits.greeks_s
        except Exception as error:
            if not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                raise
            report(error)
            self._due[key] = time.monotonic() + AGAIN_S

    async def _read(self, key: Key) -> None:
        underlying, expiry = key
        answer = await self._rest.get(CHAINS, symbol=underlying, expiration=expiry.isoformat(), greeks="true")
        at, wanted = now_ms(), self._watch.demand.greeks
        mids: dict[str, float | None] = {}
        for row in rows(answer, "options", "option"):
            try:
                symbol = normalise(row["symbol"])
                mids[symbol] = Known(bid=price(row.get("bid")), ask=price(row.get("ask"))).mid
                if symbol in wanted:
                    self._emit_greeks(symbol, row, at)
            except (KeyError, ValueError, TypeError, AttributeError):
                self._feed.tape.bad += 1
        for symbol in wanted - self._venue_at.keys():
            if self._key(symbol) == key:
                self._venue_at[symbol] = 0
        if (spot := self._spot(underlying)) is not None:
            years = greeks_model.years_left(underlying, expiry, at)
            self._markets[key] = MarketInputs(underlying, greeks_model.yield_of(greeks_model.pairs(mids), spot, years))
        self._todo |= {symbol for symbol in mids if symbol in wanted}

    def _emit_greeks(self, symbol: str, row: Raw, at: int) -> None:
        delayed = self._feed.delayed
        found = to_greeks(row, delayed)
        self._venue_at[symbol] = 0 if found is None or found.at is UNSET else found.at or 0
        if found is not None and symbol not in self._ours:
            self._emit(found)
        interest, volume = number(row.get("open_interest")), number(row.get("volume"))
        self._emit(Day(symbol=symbol, open_interest=interest, volume=volume, delayed=delayed, at=at))

    def _spot(self, underlying: str) -> float | None:
        known = self._feed.tape.known.get(underlying)
        if known is None:
            return None
        last = known.last if isinstance(known.last, float | int) else None
        return known.mid or last

    def value(self, at: int) -> None:
        """Tell the Greeks of every wanted option whose price moved, or whose underlying's did."""
        moved, self._feed.tape.moved = self._feed.tape.moved | self._todo, set()
        self._todo = set()
        for symbol in self._watch.demand.greeks:
            key = self._key(symbol)
            market = self._markets.get(key) if key else None
            if market is not None and (symbol in moved or market.underlying in moved):
                found = self._valued(symbol, market)
                if found is not None:
                    self._ours.add(symbol)
                    self._emit(found)

    def _valued(self, symbol: str, market: MarketInputs) -> Greeks | None:
        quote, option = self._feed.tape.known.get(symbol), parse_option(symbol)
        underlying = self._feed.tape.known.get(market.underlying)
        spot = self._spot(market.underlying)
        if quote is None or underlying is None or option is None or spot is None:
            return None
        at = max(quote.moved_at, underlying.moved_at)
        if at <= self._venue_at.get(symbol, 0):
            return None
        return greeks_model.calculated(option, quote, market, spot, at, self._feed.delayed)
