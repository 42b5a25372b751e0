"""The tape of one instrument: its top of book, last trade and day, moved by one tick at a time. Pure and seeded."""

import math
import random
import typing

from simulator.market.random_walk import YEAR_S, Walk
from simulator.market.universe import Listing

TICK = 0.01
"""The tick of shares and their options, in dollars."""
_TRADE_SHARE = 0.45
_BOOK_LOTS = 4
_EXCHANGES = "QPZNKXYVJUB"
NO_EXCHANGE = "\0"


class Tape:
    """What is known of one instrument now. Prices are multiples of its tick, times in ms since the epoch.

    Prices are in dollars and sizes in shares, but a future's are in points and contracts. `basis` is what its price is
    of the walk's: 1, but for the months of a future, which share a walk.

    None is a value that does not exist: an index has no sizes, a fresh listing no last trade.
    """

    def __init__(
        self, listing: Listing, draw: random.Random, at: int, walk: Walk | None = None, basis: float = 1.0
    ) -> None:
        self.draw = draw
        self.relist(listing, basis)
        self.ticks = 0
        self.trades = 0
        self.halted_at: int | None = None
        self.prints_at_mid = False
        """Whether it trades halfway between bid and ask, so that prints do not bounce between them."""
        self.lean = 0.0
        """How far the sizes in its book lean: to its bids (1) or its asks (-1)."""
        self.on_print: typing.Callable[[Tape, float], None] | None = None
        """Told of each print, with the shares it stands for (NaN: it has no volume)."""
        self.prev_close = self._on_tick(listing.price)
        self.prev_volume = self._day_volume(1.0)
        self.last: float | None = None
        self.last_size: float | None = None
        self.last_at = at
        self.last_exchange = NO_EXCHANGE
        self.direction = "UNDEFINED"
        self.bid_exchange = self.ask_exchange = NO_EXCHANGE
        self.bid_size: float | None = None
        self.ask_size: float | None = None
        self._open_day(at, walk or Walk(listing, listing.price, draw))

    def relist(self, listing: Listing, basis: float) -> None:
        """Trade on other terms from now on, as a future's month does from day to day."""
        self.listing = listing
        self.basis = basis
        self.step, self.places = listing.tick, listing.places
        self._steps_a_point = round(1 / listing.tick)
        self.exchanges = _EXCHANGES if listing.has_options else listing.exchange

    def _on_tick(self, price: float) -> float:
        """Return `price` on the nearest tick; half a cent goes to the even one."""
        return round(price, 2) if self.step == TICK else round(round(price / self.step) * self.step, self.places)

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2

    def _day_volume(self, share: float) -> float | None:
        if self.listing.kind == "index":
            return None
        return float(round(self.listing.volume * 1e6 * share * self.draw.uniform(0.8, 1.2)))

    def _open_day(self, at: int, walk: Walk) -> None:
        """Begin in the middle of a trading day: a gap at the open, a walk since, a range around both."""
        self.walk, self.fair = walk, walk.fair * self.basis
        self.open = self.high = self.low = self._on_tick(walk.opened * self.basis)
        self.volume = self._day_volume(0.5)
        self.turnover = None if self.volume is None else round(self.volume * self.open, 2)
        self._set_book(at)
        self._print(self._on_tick(self.mid), at)
        self.high = max(self.high, self._on_tick(walk.high * self.basis))
        self.low = max(self.step, min(self.low, self._on_tick(walk.low * self.basis)))

    def roll(self) -> None:
        """Begin a new trading day: what was last becomes the previous close."""
        self.prev_close = self.last if self.last is not None else self._on_tick(self.mid)
        self.prev_volume = self.volume
        self.open = self.high = self.low = self._on_tick(self.mid)
        self.volume = None if self.volume is None else 0.0
        self.turnover = None if self.volume is None else 0.0

    def step_down(self, size: float, at: int) -> None:
        """Let the day begin lower by a logarithm, as after a dividend."""
        self.walk.push(-size)
        self.fair = self.walk.fair * self.basis
        self._set_book(at)
        self.open = self.high = self.low = self._on_tick(self.mid)

    def split(self, ratio: int, at: int) -> None:
        """Trade in new shares from now on, `ratio` for each old one; the previous close is told in them too."""
        self.relist(self.listing.split(ratio), self.basis)
        self.walk.fair /= ratio
        self.fair = self.walk.fair * self.basis
        self.prev_close = self._on_tick(self.prev_close / ratio)
        self.last = None if self.last is None else self._on_tick(self.last / ratio)
        self.volume = None if self.volume is None else self.volume * ratio
        self.prev_volume = None if self.prev_volume is None else self.prev_volume * ratio
        self._set_book(at)
        self.open = self.high = self.low = self._on_tick(self.mid)

    def tick(self, seconds: float, factor: float, at: int) -> bool:
        """Move to `seconds` of market time, where the market factor stands at `factor`. True when it also traded."""
        self.fair = self.walk.to(seconds, factor) * self.basis
        self._set_book(at)
        if self.draw.random() >= _TRADE_SHARE:
            return False
        price = round(self.mid, self.places + 1) if self.prints_at_mid else self.draw.choice((self.bid, self.ask))
        self._print(price, at)
        return True

    def move(self, price: float, at: int) -> None:
        """Put the market at the tick nearest to `price`, with one trade there."""
        self.fair = price = self._on_tick(price)
        self.walk.fair = price / self.basis
        self._set_book(at)
        self._print(price, at)

    def _set_book(self, at: int) -> None:
        self.ticks += 1
        step, walk, draw, listing = self.step, self.walk, self.draw, self.listing
        width = round(listing.spread / step * walk.width * (0.6 + draw.random())) or 1
        below = max(1, round(self.fair / step - width / 2))
        self.bid, self.ask = below / self._steps_a_point, (below + width) / self._steps_a_point
        self.bid_at = self.ask_at = at
        if listing.kind == "index":
            return
        if self.lean:
            self.bid_size, self.ask_size = self._sizes()
        else:  # exponential, by logarithms: a call less for each side of each book
            lots, lot = _BOOK_LOTS / walk.scarcity, listing.lot
            self.bid_size = (round(-lots * math.log(1.0 - draw.random())) or 1) * lot
            self.ask_size = (round(-lots * math.log(1.0 - draw.random())) or 1) * lot
        self.bid_exchange, self.ask_exchange = draw.choice(self.exchanges), draw.choice(self.exchanges)

    def _sizes(self) -> tuple[float, float]:
        """Return the sizes of a book that leans: they show nothing else."""
        lots = 5 * _BOOK_LOTS / self.walk.scarcity
        bid, ask = (max(1, round(lots * share)) * self.listing.lot for share in (1.0 + self.lean, 1.0 - self.lean))
        return bid, ask

    def _print(self, price: float, at: int) -> None:
        before = self.last
        self.trades += 1
        self.last, self.last_at = price, at
        self.high, self.low = max(self.high, price), min(self.low, price)
        if before is not None:
            self.direction = "UP" if price > before else "DOWN" if price < before else "ZERO"
        traded = math.nan
        if self.volume is not None and self.turnover is not None:
            grains = max(1, round(self.draw.expovariate(1 / self.listing.print_size)))
            self.last_size = grains * self.listing.grain
            self.last_exchange = self.draw.choice(self.exchanges)
            traded = self._traded()
            self.volume += traded
            self.turnover = round(self.turnover + price * traded, 2)
        if self.on_print is not None:
            self.on_print(self, traded)

    def _traded(self) -> float:
        """Return the shares one print here stands for: those a real tape would show in the same time."""
        listing = self.listing
        share = listing.volume * 1e6 / (YEAR_S / 252) / (listing.rate * _TRADE_SHARE)
        return max(1, round(share / listing.grain * self.walk.activity * self.draw.uniform(0.5, 1.5))) * listing.grain
