"""The tape of one instrument: its top of book, last trade and day, moved by one tick at a time. Pure and seeded."""

import math
import random
import typing

from brokers.loopback import volatility
from brokers.loopback.universe import Listing

TICK = 0.01
YEAR_S = 252 * 6.5 * 3600
"""Seconds of trading in a year: what a volatility per year spreads over."""
_PULL = 6e-6
"""Pull towards the listed price, per second: a desk left running for weeks keeps plausible prices."""
_TRADE_SHARE = 0.45
_EXCHANGES = "QPZNKXYVJUB"
NO_EXCHANGE = "\0"


class Tape:
    """What is known of one instrument now. Prices in dollars, sizes in shares, times in ms since the epoch.

    None is a value that does not exist: an index has no sizes, a fresh listing no last trade.
    """

    def __init__(self, listing: Listing, draw: random.Random, at: int) -> None:
        self.listing = listing
        self.draw = draw
        self.idio = volatility.own(listing)
        self.ticks = 0
        self.trades = 0
        self.seen_s = 0.0
        self.seen_factor = 0.0
        self.halted_at: int | None = None
        self.heard: typing.Callable[[Tape, float], None] | None = None
        """Told of each print, with the shares it stands for (NaN: it has no volume)."""
        self.prev_close = round(listing.price, 2)
        self.prev_volume = self._day_volume(1.0)
        self.last: float | None = None
        self.last_size: float | None = None
        self.last_at = at
        self.last_exchange = NO_EXCHANGE
        self.direction = "UNDEFINED"
        self.bid_exchange = self.ask_exchange = NO_EXCHANGE
        self.bid_size: float | None = None
        self.ask_size: float | None = None
        self._open_day(at)

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2

    def _day_volume(self, share: float) -> float | None:
        if self.listing.kind == "index":
            return None
        return float(round(self.listing.volume * 1e6 * share * self.draw.uniform(0.8, 1.2)))

    def _open_day(self, at: int) -> None:
        """Begin in the middle of a trading day: a gap at the open, a walk since, a range around both."""
        daily = self.listing.vol / math.sqrt(252)
        opened = self.prev_close * math.exp(self.draw.gauss(0.0, 0.3 * daily))
        self.fair = opened * math.exp(self.draw.gauss(0.0, 0.5 * daily))
        self.open = self.high = self.low = round(opened, 2)
        self.volume = self._day_volume(0.5)
        self.turnover = None if self.volume is None else round(self.volume * self.open, 2)
        self._set_book(at)
        self._print(round(self.mid, 2), at)
        self.high = round(self.high + abs(self.draw.gauss(0.0, 0.2 * daily)) * self.fair, 2)
        self.low = round(self.low - abs(self.draw.gauss(0.0, 0.2 * daily)) * self.fair, 2)

    def roll(self) -> None:
        """Begin a new trading day: what was last becomes the previous close."""
        self.prev_close = self.last if self.last is not None else round(self.mid, 2)
        self.prev_volume = self.volume
        self.open = self.high = self.low = round(self.mid, 2)
        self.volume = None if self.volume is None else 0.0
        self.turnover = None if self.volume is None else 0.0

    def tick(self, seconds: float, factor: float, at: int) -> bool:
        """Move to `seconds` of market time, where the market factor stands at `factor`. True when it also traded."""
        passed = seconds - self.seen_s
        drift = -_PULL * passed * math.log(self.fair / self.listing.price)
        own = self.idio * math.sqrt(passed / YEAR_S) * self.draw.gauss(0.0, 1.0)
        self.fair *= math.exp(self.listing.beta * (factor - self.seen_factor) + own + drift)
        self.seen_s, self.seen_factor = seconds, factor
        self._set_book(at)
        if self.draw.random() >= _TRADE_SHARE:
            return False
        self._print(self.draw.choice((self.bid, self.ask)), at)
        return True

    def move(self, price: float, at: int) -> None:
        """Put the market at `price` with one trade there."""
        self.fair = price
        self._set_book(at)
        self._print(price, at)

    def _set_book(self, at: int) -> None:
        self.ticks += 1
        width = max(1, round(self.listing.spread / TICK * self.draw.uniform(0.6, 1.6)))
        below = round(self.fair / TICK - width / 2)
        self.bid, self.ask = max(1, below) * TICK, (max(1, below) + width) * TICK
        self.bid, self.ask = round(self.bid, 2), round(self.ask, 2)
        self.bid_at = self.ask_at = at
        if self.listing.kind != "index":
            self.bid_size, self.ask_size = self._size(), self._size()
            self.bid_exchange, self.ask_exchange = self.draw.choice(_EXCHANGES), self.draw.choice(_EXCHANGES)

    def _size(self) -> float:
        return float(max(1, round(self.draw.expovariate(1 / 4))) * 100)

    def _print(self, price: float, at: int) -> None:
        before = self.last
        self.trades += 1
        self.last, self.last_at = price, at
        self.high, self.low = max(self.high, price), min(self.low, price)
        if before is not None:
            self.direction = "UP" if price > before else "DOWN" if price < before else "ZERO"
        traded = math.nan
        if self.volume is not None and self.turnover is not None:
            self.last_size = float(max(1, round(self.draw.expovariate(1 / 120))))
            self.last_exchange = self.draw.choice(_EXCHANGES)
            traded = self._traded()
            self.volume += traded
            self.turnover = round(self.turnover + price * traded, 2)
        if self.heard is not None:
            self.heard(self, traded)

    def _traded(self) -> float:
        """Return the shares one print here stands for: those a real tape would show in the same time."""
        share = self.listing.volume * 1e6 / (YEAR_S / 252) / (self.listing.rate * _TRADE_SHARE)
        return float(max(1, round(share * self.draw.uniform(0.5, 1.5))))
