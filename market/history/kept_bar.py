"""One bar as it is kept: prices and volume as exact decimals, and what is not known as None. Pure."""

import decimal
import math
from collections.abc import Iterable

import msgspec

from brokers.adapter.candle_slot import LENGTHS
from brokers.contract.events import Candle, Interval


class KeptBar(msgspec.Struct, frozen=True):
    """A closed bar that began at `time` (ms since the epoch, UTC). A value that the venue did not tell is None."""

    time: int
    open: decimal.Decimal | None = None
    high: decimal.Decimal | None = None
    low: decimal.Decimal | None = None
    close: decimal.Decimal | None = None
    volume: decimal.Decimal | None = None
    vwap: decimal.Decimal | None = None
    """What a share cost on average in the bar, in dollars."""


def closed_bars(candles: Iterable[Candle], interval: Interval, now: int) -> list[KeptBar]:
    """Return the bars that are over at `now` (ms), by time, each time once: of two of one time, the one told last.

    A candle that is gone, may still change, or does not begin where its interval does, is no bar.
    """
    length = LENGTHS[interval]
    found = {
        one.time: _bar(one)
        for one in candles
        if one.closed is True and one.gone is not True and one.time % length == 0 and 0 <= one.time <= now - length
    }
    return [found[time] for time in sorted(found)]


def _bar(candle: Candle) -> KeptBar:
    return KeptBar(
        candle.time, exact(candle.open), exact(candle.high), exact(candle.low), exact(candle.close),
        exact(candle.volume), exact(candle.vwap),
    )  # fmt: skip


def exact(number: object) -> decimal.Decimal | None:
    """Return the shortest decimal that is this number; None for what is none."""
    if isinstance(number, int | float) and math.isfinite(number):
        return decimal.Decimal(repr(number)).normalize()
    return None
