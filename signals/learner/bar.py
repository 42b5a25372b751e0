"""What is known of all symbols at one bar. Pure."""

from collections.abc import Mapping, Sequence

import msgspec


class MarketBar(msgspec.Struct, kw_only=True, frozen=True):
    """A closed bar: columns with a value a symbol, None where it is not known. Times in ms, `quote_age` too.

    `sigma` is the usual size of one bar's move in bps, from the past. `features` are by name; `obstacle` is a place in
    VOIDS for symbols that are halted or delayed, 0 for the others. `market` is the mid that `beta` refers to.
    """

    session: str
    number: int = 0
    """The bar's place in its session, from 0."""
    at: int
    close: int
    """When the session ends: nothing is said of what would be due later."""
    symbols: list[str]
    mid: list[float | None]
    spread: list[float | None]
    quote_age: list[int | None]
    sigma: Sequence[float | None]
    features: Mapping[str, Sequence[float | None]]
    beta: list[float] = []
    obstacle: list[int] = []
    market: float | None = None
