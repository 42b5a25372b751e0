"""Of which symbols a person's models speak: what they hold, then what stands on their watchlists. Synchronous."""

from collections.abc import Iterable

from alerts.rules.fields import has_sessions
from brokers.instruments.symbols import is_symbol, parse_option
from market.history.keeper import listed_symbols

MOST_SYMBOLS = 30
"""Symbols of one person: the candles of so many come in time, within what venues may be asked in a minute."""
WORDS = f"positions, then watchlists; at most {MOST_SYMBOLS} symbols with a regular session"
"""The same as a registration says it."""


def read_universe(person: int, held: Iterable[str]) -> list[str]:
    """Return the symbols, in order; `held` are those of positions."""
    symbols = dict.fromkeys([*held, *listed_symbols(person)])
    spoken_of = [one for one in symbols if is_symbol(one) and parse_option(one) is None and has_sessions(one)]
    return spoken_of[:MOST_SYMBOLS]
