"""Which symbols a headline is about."""

import typing
from collections.abc import Sequence


class Mention(typing.NamedTuple):
    """A symbol, and how it was found."""

    symbol: str
    by: str


def find_tickers(headline: str, summary: str | None, given: Sequence[str]) -> tuple[Mention, ...]:
    """Return the symbols that an item is about."""
    return tuple(Mention(symbol, "source") for symbol in given)
