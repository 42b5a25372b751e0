"""What a person wants of the market as single wishes, and the slots of the board that each one brings. Pure."""

import typing
from collections.abc import Iterable, Iterator

from brokers.contract.broker import Demand, Series
from brokers.contract.events import Event, Interval, Slot
from streaming.feeds.source import StreamKey

_PARTS = {
    "quote": "quotes", "day": "quotes", "profile": "quotes", "greeks": "greeks", "underlying": "underlyings",
}  # fmt: skip
"""The slots that a wish brings, by the part of it."""
MARKET: StreamKey = ("market",)
"""The session of the market: nobody asks for it, and of several links one must be believed."""

_KINDS = {part: tuple(kind for kind, of in _PARTS.items() if of == part) for part in _PARTS.values()}
_NO_WISH = frozenset({"balance", "position", "link"})


def wishes(wanted: Demand) -> frozenset[StreamKey]:
    """Return what is wanted, thing by thing, and the market's session."""
    parts = {part: getattr(wanted, part) for part in _KINDS}
    found = {(part, symbol) for part, symbols in parts.items() for symbol in symbols}
    return frozenset(found | {("candles", one.symbol, one.interval) for one in wanted.candles} | {MARKET})


def demand(asked: Iterable[StreamKey]) -> Demand:
    """Return wishes as a link is asked for them."""
    parts: dict[str, set[str]] = {part: set() for part in _KINDS}
    series = set()
    for part, *key in asked:
        if part == "candles":
            series.add(Series(key[0], typing.cast(Interval, key[1])))
        elif part != MARKET[0]:
            parts[part].add(key[0])
    return Demand(**{part: frozenset(symbols) for part, symbols in parts.items()}, candles=frozenset(series))


def stream_key(event: Event) -> StreamKey | None:
    """Return what an event is an answer to; None for what concerns accounts and links."""
    return wish_of(event.slot)


def wish_of(slot: Slot) -> StreamKey | None:
    """Return what brings `slot`; None for what concerns accounts and links."""
    kind = slot[0]
    if (part := _PARTS.get(kind)) is not None:
        return part, slot[1]
    if kind == "candle":
        return "candles", *slot[1:]
    return None if kind in _NO_WISH else MARKET


def slots(wish: StreamKey) -> Iterator[Slot]:
    """Yield the slots that a wish brings."""
    part, *key = wish
    if part == "candles":
        yield "candle", *key
    elif wish == MARKET:
        yield MARKET
    else:
        for kind in _KINDS[part]:
            yield kind, *key


def left(former: Demand, now: Demand) -> Iterator[Slot]:
    """Yield the slots that `former` brings and `now` does not."""
    for kind, part in _PARTS.items():
        for symbol in getattr(former, part) - getattr(now, part):
            yield kind, symbol
    for series in former.candles - now.candles:
        yield "candle", series.symbol, series.interval
