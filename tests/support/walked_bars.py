"""Bars of a walk: of five minutes and of days, the same for the same seed. Pure."""

import datetime
import functools
import math
import random

from brokers.contract.events import Candle, Interval
from brokers.instruments.calendar import NEW_YORK, is_trading_day

LENGTH_MS = 300_000
FIRST = datetime.time(9)
"""Bars begin half an hour before the bell, and go on to half an hour after the close."""
BARS = 90


def walked_days(last: datetime.date, count: int) -> list[datetime.date]:
    """Return the newest days of the exchange up to one, oldest first."""
    found: list[datetime.date] = []
    while len(found) < count:
        if is_trading_day(last):
            found.append(last)
        last -= datetime.timedelta(days=1)
    return found[::-1]


@functools.lru_cache(maxsize=64)
def walked_candles(symbol: str, interval: Interval, last: datetime.date, count: int, seed: int = 0) -> list[Candle]:
    """Return the candles of so many days up to one, all closed. Each day is as lively as chance has it."""
    found = []
    for day in walked_days(last, count):
        draw = random.Random(f"{seed} {symbol} {day}")
        price = 100 * math.exp(math.sin(day.toordinal() / 40) / 5)
        sigma = 0.001 * math.exp(draw.gauss(0, 0.4))
        begin = datetime.datetime.combine(day, FIRST, NEW_YORK).timestamp()
        bars = [_bar(draw, symbol, int(begin * 1000) + at * LENGTH_MS, sigma) for at in range(BARS)]
        closes = [price := price * bar[1] for bar in bars]
        if interval == "1d":
            midnight = int(datetime.datetime.combine(day, datetime.time(), NEW_YORK).timestamp() * 1000)
            volume = float(sum(bar[2] for bar in bars[6:84]))
            found.append(_candle(symbol, interval, midnight, closes[83], 0.01, volume))
        else:
            found += [_candle(symbol, interval, bar[0], c, bar[3], bar[2]) for bar, c in zip(bars, closes, strict=True)]
    return found


def _bar(draw: random.Random, symbol: str, time: int, sigma: float) -> tuple[int, float, float, float]:
    """Return when a bar begins, by what it moves the price, its volume, and how wide it is."""
    return time, math.exp(draw.gauss(0, sigma)), float(draw.randrange(100, 90_000)), draw.uniform(0.0001, 0.002)


def _candle(symbol: str, interval: Interval, time: int, close: float, width: float, volume: float) -> Candle:
    return Candle(
        symbol=symbol, interval=interval, time=time, open=close, high=close * (1 + width), low=close * (1 - width),
        close=close, volume=volume, closed=True,
    )  # fmt: skip
