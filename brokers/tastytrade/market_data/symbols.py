"""Our symbols and DXLink's. Pure; what only the venue knows is asked for elsewhere and remembered here."""

import functools
import logging
from collections.abc import Iterable

from brokers.contract.broker import Demand
from brokers.contract.errors import LinkLost
from brokers.instruments.symbols import parse_option
from brokers.tastytrade.errors import VenueRefused, translate
from brokers.tastytrade.session import TastytradeSession

PULSE = "SPY"
"""Always subscribed: in the regular session it is never silent for long."""


@functools.lru_cache(maxsize=16_384)
def computed(symbol: str) -> str | None:
    """Return DXLink's name of `symbol` where it follows from ours; None where only the venue knows it.

    The SDK's converter writes wrong names for strikes with a fraction and for adjusted roots.
    """
    option = parse_option(symbol)
    if option is not None:
        strike = f"{option.strike.normalize():f}"
        return f".{option.root}{option.expiry:%y%m%d}{option.right}{strike}"
    return None if lookup_path(symbol) else symbol


def lookup_path(symbol: str) -> str | None:
    """Return the REST path that tells `symbol`'s `streamer-symbol`: futures, future options and crypto have one."""
    quoted = symbol.replace("/", "%2F").replace(" ", "%20")
    if symbol.startswith("./"):
        return f"/instruments/future-options/{quoted}"
    if symbol.startswith("/"):
        return f"/instruments/futures/{symbol[1:]}"
    if symbol.endswith("/USD"):
        return f"/instruments/cryptocurrencies/{quoted}"
    return None


logger = logging.getLogger(__name__)


class Directory:
    """The names known so far. What the venue does not list is asked for once."""

    def __init__(self, session: TastytradeSession, link: str) -> None:
        self._session = session
        self._link = link
        self._told: dict[str, str | None] = {}

    def name(self, symbol: str) -> str | None:
        """Return DXLink's name of our `symbol`, or None while it is unknown."""
        return computed(symbol) or self._told.get(symbol)

    def lacks(self, symbol: str) -> bool:
        """Whether the venue was asked for the name of `symbol` and has none."""
        return symbol in self._told and self._told[symbol] is None

    async def learn(self, symbols: Iterable[str]) -> bool:
        """Ask the venue for the names only it knows. Returns whether any was learned."""
        learned = False
        for symbol in set(symbols) - self._told.keys():
            path = lookup_path(symbol)
            if path is None:
                continue
            try:
                name = (await self._session.get(path)).get("streamer-symbol")
            except Exception as error:
                if not isinstance(translate(error), LinkLost):
                    raise
                logger.info("link %s: no feed name for %s: %s", self._link, symbol, translate(error))
                if not isinstance(error, VenueRefused) or error.status != 404:
                    continue
                name = None
            self._told[symbol] = name if isinstance(name, str) else None
            learned = learned or isinstance(name, str)
        return learned


def symbols_of(wanted: Demand) -> frozenset[str]:
    """Return every symbol of a watch."""
    return wanted.quotes | wanted.greeks | wanted.underlyings | {series.symbol for series in wanted.candles}
