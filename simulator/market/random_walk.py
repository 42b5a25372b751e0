"""The walk of a fair price: its own moves and the market factor's. Pure and seeded."""

import math
import random

from simulator.market import volatility
from simulator.market.universe import Listing

YEAR_S = 252 * 6.5 * 3600
"""Seconds of trading in a year: what a volatility per year spreads over."""
_PULL = 6e-6
"""Pull towards the usual price, per second: a desk left running for weeks keeps plausible prices."""


class Walk:
    """A price that moves with time. All months of a future share one, each with its basis on top.

    It begins in the middle of a trading day: a gap at the open, a walk since.
    """

    def __init__(self, listing: Listing, usual: float, draw: random.Random) -> None:
        daily = listing.vol / math.sqrt(252)
        self.usual = usual
        self.beta = listing.beta
        self.draw = draw
        self.idio = volatility.own(listing)
        self.opened = round(usual, 2) * math.exp(draw.gauss(0.0, 0.3 * daily))
        self.fair = self.opened * math.exp(draw.gauss(0.0, 0.5 * daily))
        self.seconds = 0.0
        self.factor = 0.0

    def rest(self, seconds: float, factor: float) -> None:
        """Let time pass to `seconds` without a move: the market was closed."""
        self.seconds, self.factor = seconds, factor

    def push(self, size: float) -> None:
        """Move the price by a logarithm at once, on top of what chance does."""
        self.fair *= math.exp(size)

    def to(self, seconds: float, factor: float) -> float:
        """Move to `seconds` of market time, where the market factor stands at `factor`, and return the price there."""
        passed = seconds - self.seconds
        drift = -_PULL * passed * math.log(self.fair / self.usual)
        own = self.idio * math.sqrt(passed / YEAR_S) * self.draw.gauss(0.0, 1.0)
        self.fair *= math.exp(self.beta * (factor - self.factor) + own + drift)
        self.seconds, self.factor = seconds, factor
        return self.fair
