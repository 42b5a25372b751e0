"""Finer bars inside a coarser one: drawn so that they sum up to it and go from its open to its close. Pure."""

import itertools
import math
import random

from simulator.market.bars import NAN, SimBar

_NEARLY = 0.93
"""How much of the way to the high and the low prices go; the rest is left to the bars' own."""


def split(
    whole: SimBar,
    starts: list[int],
    weights: list[float],
    draw: random.Random,
    tick: float,
    grain: float,
    shape: list[float] | None = None,
) -> list[SimBar]:
    """Draw the bars of the slots that begin at `starts` inside `whole`, as busy as `weights`; some may stay empty.

    Prices follow `shape`, the levels at the borders of the slots, as far as the whole's own prices leave them to.
    """
    noisy = [weight * draw.uniform(0.5, 1.5) for weight in weights]
    counts = _apportion(whole.count, noisy)
    traded = [n for n, count in enumerate(counts) if count]
    levels = [shape[0], *(shape[n + 1] for n in traded)] if shape else _chance(len(traded), draw)
    prices = _bridge(whole, levels, tick)
    volumes = _volumes(whole, [counts[n] for n in traded], [noisy[n] for n in traded], grain)
    bids = _along(whole.bid_volume, volumes, grain)
    reach = (whole.high - whole.low) / math.sqrt(len(traded)) * 0.4
    bars = []
    for order, n in enumerate(traded):
        opened, close = prices[order], prices[order + 1]
        high = min(whole.high, on_tick(max(opened, close) + reach * draw.random(), tick))
        low = max(whole.low, on_tick(min(opened, close) - reach * draw.random(), tick))
        high, low = max(high, opened, close), min(low, opened, close)
        if counts[n] == 1:
            opened, high, low = _single(order, opened, close, high, low)
        volume, bid = volumes[order], bids[order]
        turnover = volume * (opened + high + low + close) / 4
        bars.append(
            SimBar(starts[n], opened, high, low, close, counts[n], volume, turnover, bid, volume - bid, whole.iv)
        )
    max(bars, key=lambda bar: (bar.high, bar.count)).high = whole.high
    min(bars, key=lambda bar: (bar.low, -bar.count)).low = whole.low
    return bars


def _single(order: int, opened: float, close: float, high: float, low: float) -> tuple[float, float, float]:
    """A slot of one print has one price, but the first, which opens where the whole did."""
    return (opened, high, low) if order == 0 else (close, close, close)


def _chance(number: int, draw: random.Random) -> list[float]:
    return list(itertools.accumulate((draw.gauss(0.0, 1.0) for _ in range(number)), initial=0.0))


def _bridge(whole: SimBar, levels: list[float], tick: float) -> list[float]:
    """Return prices from the open to the close of `whole` that go as `levels` do, nearly to its high and low.

    What stays below the high is stretched up to it, and what goes beyond is reflected there, so that nothing is pressed
    flat under a ceiling; so at the low.
    """
    number = len(levels) - 1
    drift = levels[-1] - levels[0]
    steps = [level - levels[0] - n / number * drift for n, level in enumerate(levels)]
    move, size = whole.close - whole.open, whole.high - whole.low
    spread = max(steps) - min(steps)
    scale = size / spread if spread else 0.0
    prices = [whole.open + move * n / number + scale * step for n, step in enumerate(steps)]
    top, bottom = max(whole.open, whole.close), min(whole.open, whole.close)
    ceiling, floor = top + _NEARLY * (whole.high - top), bottom - _NEARLY * (bottom - whole.low)
    above, below = max(prices) - top, bottom - min(prices)
    rise = max(1.0, (ceiling - top) / above) if above > 0 else 1.0
    fall = max(1.0, (bottom - floor) / below) if below > 0 else 1.0
    bent = (
        top + (price - top) * rise if price > top else bottom - (bottom - price) * fall if price < bottom else price
        for price in prices
    )
    inside = (_reflect(price, floor, ceiling) for price in bent)
    return [whole.open, *[on_tick(price, tick) for price in inside][1:-1], whole.close]


def _reflect(price: float, floor: float, ceiling: float) -> float:
    """Return where a price comes to that turns back at a floor and at a ceiling."""
    width = ceiling - floor
    if floor <= price <= ceiling or width <= 0:
        return min(ceiling, max(floor, price))
    over = (price - floor) % (2 * width)
    return floor + min(over, 2 * width - over)


def _apportion(total: int, weights: list[float]) -> list[int]:
    """Share out whole units by weight; they sum up to `total`."""
    scale = total / sum(weights)
    reached = [round(weight * scale) for weight in itertools.accumulate(weights)]
    reached[-1] = total
    return [later - earlier for earlier, later in itertools.pairwise([0, *reached])]


def _volumes(whole: SimBar, counts: list[int], weights: list[float], grain: float) -> list[float]:
    """Share out the volume: a grain for every print, the rest by weight."""
    rest = whole.volume / grain - whole.count
    if not rest >= 0:
        return _along(whole.volume, [float(count) for count in counts], grain)
    more = _apportion(math.floor(rest), weights)
    return [float(count + extra) * grain for count, extra in zip(counts, more, strict=True)]


def _along(total: float, weights: list[float], grain: float) -> list[float]:
    """Share out `total` in proportion to `weights`, in whole grains but for the last."""
    if total != total:
        return [NAN] * len(weights)
    everything = sum(weights) or 1.0
    reached = [math.floor(total * weight / everything / grain) * grain for weight in itertools.accumulate(weights)]
    return [later - earlier for earlier, later in itertools.pairwise([0.0, *reached[:-1], total])]


def on_tick(price: float, tick: float) -> float:
    """Round to the tick, never below one."""
    return round(max(1, round(price / tick)) * tick, 8)
