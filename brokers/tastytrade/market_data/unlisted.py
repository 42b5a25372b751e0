"""Symbols that the feed is silent about: whether the venue lists them at all.

DXLink answers a subscription to something that does not exist with silence, which is also how it keeps what has no
trades today. So whoever stays silent is looked up by name; what is not found either is said to be unlisted.
"""

import asyncio
import itertools
from collections.abc import Collection, Iterator

from brokers.contract.broker import Watch
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Emit, Profile
from brokers.instruments.symbols import normalise, parse_option
from brokers.tastytrade.errors import report, translate
from brokers.tastytrade.market_data.feed import TastytradeFeed
from brokers.tastytrade.market_data.symbols import lookup_path
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import TastytradeTimeouts

AT_ONCE = 50
"""Symbols in one request."""


class UnlistedSymbols:
    """Calls the symbols of one run's watch, and says which are not listed."""

    def __init__(
        self, session: TastytradeSession, feed: TastytradeFeed, watch: Watch, emit: Emit, limits: TastytradeTimeouts
    ) -> None:
        self._session = session
        self._feed = feed
        self._watch = watch
        self._emit = emit
        self._limits = limits
        self._answers: dict[str, bool] = {}
        """Of the symbols looked up: whether they are listed."""

    async def run(self) -> None:
        """Call again and again, for ever. Raises CredentialsRejected."""
        silent: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(self._limits.call_s)
            before, silent = silent, self._silent()
            if not await self._look_up(before & silent - self._answers.keys()):
                await asyncio.sleep(self._limits.uncalled_s)
            self._report()

    def _silent(self) -> frozenset[str]:
        """Return the watched symbols of which nothing was heard. Without a connection none is silent."""
        if self._feed.current is None:
            return frozenset()
        return self._watch.demand.quotes - self._feed.tape.known

    async def _look_up(self, symbols: Collection[str]) -> bool:
        """Ask the venue for those among `symbols` whose feed name is their own. Returns whether it answered."""
        try:
            for path, chunk in _requests(symbols):
                found = await self._session.items(path, **{"symbol[]": list(chunk.values()), "per-page": 250})
                listed = {normalise(item["symbol"]) for item in found if isinstance(item.get("symbol"), str)}
                self._answers |= {symbol: symbol in listed for symbol in chunk}
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            report(error)
            return False
        return True

    def _report(self) -> None:
        """Say it of every watched symbol that is not listed; who heard it before hears nothing new."""
        wanted = self._watch.demand.quotes
        self._answers = {symbol: listed for symbol, listed in self._answers.items() if symbol in wanted}
        for symbol in self._silent():
            if self._answers.get(symbol) is False or self._feed.directory.lacks(symbol):
                self._emit(Profile(symbol=symbol, status="unlisted"))


def _requests(symbols: Collection[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the requests for `symbols`: the path, and our symbols with the venue's names of them."""
    options = {symbol: option.occ for symbol in sorted(symbols) if (option := parse_option(symbol)) is not None}
    equities = {symbol: symbol for symbol in sorted(symbols) if symbol not in options and lookup_path(symbol) is None}
    for path, names in (("/instruments/equities", equities), ("/instruments/equity-options", options)):
        rest = iter(names.items())
        while chunk := dict(itertools.islice(rest, AT_ONCE)):
            yield path, chunk
