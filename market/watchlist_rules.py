"""Lists of symbols that a person keeps: what may be in one, and what changing its order means. Pure."""

from collections.abc import Collection, Iterable, Sequence

from brokers.instruments.symbols import is_symbol, normalise

NAME_LENGTH = 60
MOST_LISTS = 50
"""Lists of one person, at most."""
MOST_SYMBOLS = 200
"""Symbols in one list, at most: a page watches each of them."""

FIRST_NAME = "Markets"
FIRST_SYMBOLS = ("QQQ", "SPY", "IWM", "AAPL", "MSFT", "NVDA", "AMZN", "META", "TSLA", "GLD", "TLT", "VIX")
"""The list that everybody begins with."""

Symbols = tuple[str, ...]


class WatchlistError(Exception):
    """A list that cannot be had. `code` as in docs/protocol.md; the message says what to do, in words for people."""

    def __init__(self, code: str, detail: str, field: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


def read_name(text: str) -> str:
    """Return a name without blanks that nobody sees. Raises WatchlistError."""
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise WatchlistError("bad_message", f"A list has a name of 1 to {NAME_LENGTH} characters.", "name")
    return name


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return `wanted`, or the first of `wanted 2`, `wanted 3`, … that is not `taken`, however it is capitalised."""
    known = {name.lower() for name in taken}
    number, name = 1, wanted[:NAME_LENGTH].rstrip()
    while name.lower() in known:
        number += 1
        ending = f" {number}"
        name = wanted[: NAME_LENGTH - len(ending)].rstrip() + ending
    return name


def read_symbols(texts: Iterable[str]) -> Symbols:
    """Return `texts` as our symbols, each once. Raises WatchlistError naming the first that cannot be one."""
    found = []
    for text in texts:
        symbol = normalise(text)
        if not is_symbol(symbol):
            raise WatchlistError("unknown_symbol", f"No such symbol: {text.strip()[:40] or 'nothing'}", "symbols")
        found.append(symbol)
    return tuple(dict.fromkeys(found))


def added(symbols: Sequence[str], new: Sequence[str], at: int | None = None) -> Symbols:
    """Return `symbols` with those of `new` that were not there, in their order, at place `at`, else at the end.

    Places count from 0; one beyond the end is the end. Raises WatchlistError where there are too many.
    """
    known = set(symbols)
    fresh = [symbol for symbol in new if symbol not in known]
    place = len(symbols) if at is None else at
    found = (*symbols[:place], *fresh, *symbols[place:])
    if len(found) > MOST_SYMBOLS and fresh:
        raise WatchlistError(
            "too_many_symbols", f"A list has {MOST_SYMBOLS} symbols at most; this would be {len(found)}.", "symbols"
        )
    return found


def moved(symbols: Sequence[str], symbol: str, at: int) -> Symbols:
    """Return `symbols` with one of them at place `at`, the others in their order. Raises WatchlistError."""
    if symbol not in symbols:
        raise WatchlistError("unknown_symbol", f"{symbol} is not in this list.", "symbol")
    rest = [one for one in symbols if one != symbol]
    return (*rest[:at], symbol, *rest[at:])


def without(symbols: Sequence[str], gone: Collection[str]) -> Symbols:
    """Return `symbols` without those in `gone`, whether they were there or not: who removes twice has removed."""
    return tuple(symbol for symbol in symbols if symbol not in gone)
