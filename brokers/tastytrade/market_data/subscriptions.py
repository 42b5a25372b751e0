"""What a watch means in DXLink subscriptions: which symbols of which type, how often, in which portions. Pure."""

import itertools
from collections.abc import Callable, Iterable

from brokers.contract.broker import Demand, Series
from brokers.tastytrade.market_data.candles import candle_symbol

PERIODS = {
    "Quote": 0.1,
    "Trade": 0.1,
    "Summary": 0.5,
    "Profile": 0.5,
    "Greeks": 0.5,
    "TheoPrice": 1.0,
    "Underlying": 1.0,
    "Candle": 0.25,
}
"""Seconds: the venue sends at most one frame per channel in this time, with the newest row of each symbol."""

CHUNK = 250
"""Symbols per subscription message; larger ones got lost in production."""


Name = Callable[[str], str | None]
"""Gives DXLink's symbol for ours, or None while it is unknown."""


def targets(wanted: Demand, name: Name) -> dict[str, dict[str, str]]:
    """Return what is to be subscribed for a watch: by event type, DXLink's symbols with ours."""
    quotes, greeks, underlyings = (_named(part, name) for part in (wanted.quotes, wanted.greeks, wanted.underlyings))
    return {
        **dict.fromkeys(("Quote", "Trade", "Summary", "Profile"), quotes),
        **dict.fromkeys(("Greeks", "TheoPrice"), greeks),
        "Underlying": underlyings,
    }


def candle_targets(wanted: Demand, name: Name) -> dict[str, Series]:
    """Return the candles to be subscribed for a watch: DXLink's symbols with the series."""
    return {
        candle_symbol(streamer, series): series for series in wanted.candles if (streamer := name(series.symbol))
    }  # fmt: skip


def _named(symbols: Iterable[str], name: Name) -> dict[str, str]:
    return {streamer: symbol for symbol in symbols if (streamer := name(symbol)) is not None}


def portions(symbols: Iterable[str]) -> list[list[str]]:
    """Split symbols into what goes into one message each."""
    ordered = iter(sorted(symbols))
    return [list(chunk) for chunk in iter(lambda: list(itertools.islice(ordered, CHUNK)), [])]
