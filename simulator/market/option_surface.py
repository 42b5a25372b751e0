"""Options of the simulated market: a volatility surface, and one state per option from which all its numbers come.

Quote, Greeks and theoretical price of an option are read from one state, so they agree at every moment: valued at
the state's `iv`, the option is worth `theo`, and the middle of its book is within half a tick of that.
"""

import datetime
import decimal
import math
import random
import typing

import msgspec

from brokers.instruments import pricing
from brokers.instruments.symbols import Option, parse_option
from simulator.market import calendar, future_options, option_listing
from simulator.market.changes import ShareholderAction, Split
from simulator.market.market import SimMarket
from simulator.market.tape import TICK, Tape
from simulator.market.universe import Instrument, InstrumentKind, Listing

RATE = 0.0425
"""Risk-free rate a year, continuously compounded."""
SHARES = decimal.Decimal(100)
"""Shares an equity option stands for."""
_YEAR_MS = 365 * 86_400_000
_SOONEST_YEARS = 1 / (365 * 24 * 60)


def years(expiry: datetime.date, at: int) -> float:
    """Return the time to the expiry's close in years: 0 after it, never under a minute before it."""
    return years_until(calendar.closing(expiry), at)


def years_until(expires: int, at: int) -> float:
    """Return the time to `expires` in years: 0 after it, never under a minute before it."""
    left = (expires - at) / _YEAR_MS
    return max(left, _SOONEST_YEARS) if left > 0 else 0.0


def implied(listing: Listing, spot: float, strike: float, term: float) -> float:
    """Return the surface's implied volatility: a term structure, a skew and a smile in standard deviations."""
    base = listing.vol * (1.02 + 0.10 * math.exp(-term * 12))
    distance = math.log(strike / spot) / (base * math.sqrt(max(term, 1 / 365)))
    distance = max(-6.0, min(6.0, distance))
    return max(0.04, base * (1.0 - 0.035 * distance + 0.012 * distance * distance))


class SurfaceTerms(msgspec.Struct, frozen=True):
    """How an option trades: when it expires, in ms since the epoch, what a point of it is worth, its ticks by price."""

    expires: int
    multiplier: float
    steps: future_options.Steps
    is_on_future: bool = False

    def step(self, price: float) -> float:
        """Return the tick of a book around `price`, so that neither side leaves its part of the ladder."""
        if len(self.steps) == 1:
            return self.steps[0][1]
        highest = price * 1.02 + 2 * self.steps[0][1]
        return next(step for below, step in self.steps if highest < below)

    def on_tick(self, price: float) -> float:
        """Return `price` on the nearest tick; half a cent goes to the even one."""
        step = self.step(price)
        return round(price, 2) if step == TICK else round(round(price / step) * step, _PLACES)


_PLACES = 8
_CENTS: future_options.Steps = ((math.inf, TICK),)


def terms(option: future_options.AnyOption) -> SurfaceTerms:
    """Return how an option trades."""
    if isinstance(option, Option):
        return SurfaceTerms(calendar.closing(option.expiry), float(SHARES), _CENTS)
    product = option.expiration.product
    return SurfaceTerms(
        option.expiration.expires, product.multiplier, future_options.ticks(product.code), is_on_future=True
    )


class OptionState(msgspec.Struct):
    """One option now. Prices in dollars a share, or points; sizes in contracts, times in ms since the epoch."""

    option: future_options.AnyOption
    terms: SurfaceTerms
    underlying: str
    draw: random.Random
    open_interest: int
    day: datetime.date
    seen: int = -1
    revision: int = 0
    """Grows with every new valuation or trade."""
    at: int = 0
    spot: float = 0.0
    term: float = 0.0
    iv: float = 0.0
    value: pricing.OptionValuation = pricing.OptionValuation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    bid: float = 0.0
    ask: float = 0.0
    bid_size: float = 0.0
    ask_size: float = 0.0
    last: float | None = None
    last_size: float | None = None
    last_at: int = 0
    volume: float = 0.0
    turnover: float = 0.0
    prev_close: float = 0.0
    open: float | None = None
    high: float | None = None
    low: float | None = None
    trades: int = 0

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2


class OptionSurface:
    """Every option somebody asked about, valued on `market`."""

    def __init__(self, market: SimMarket) -> None:
        self.market = market
        self.on_print: typing.Callable[[OptionState, float], None] | None = None
        """Told of each print, with its contracts."""
        self._states: dict[str, OptionState] = {}
        self._valued: dict[str, future_options.AnyOption] = {}
        market.action_hearers.append(self._hear_action)
        self._underlyings = {option_listing.root(s): s for s, tape in market.tapes.items() if tape.listing.has_options}

    def take_valued(self) -> list[future_options.AnyOption]:
        """Return the options valued anew since this was last asked, whoever asked for it."""
        taken, self._valued = list(self._valued.values()), {}
        return taken

    def find(self, symbol: str) -> OptionState | None:
        """Return the state of an option as last valued, by its symbol, padded or not. None when it is not listed."""
        option = future_options.parse(symbol) if symbol.startswith("./") else parse_option(symbol)
        if option is None:
            return None
        state = self._states.get(option.symbol)
        if state is None and (state := self._list(option)) is not None:
            self._states[option.symbol] = state
        return state

    def trading(self, symbol: str) -> OptionState | None:
        """Return the state of an option as `find` does, but None once it has expired."""
        state = self.find(symbol)
        return state if state is not None and state.terms.expires > self.market.at else None

    def instrument(self, symbol: str) -> Instrument | None:
        """Return what an order for `symbol` is about; options may be padded. None when it is not listed."""
        tape = self.market.trading(symbol)
        if tape is not None:
            return tape.listing.instrument
        state = self.trading(symbol)
        if state is None:
            return None
        kind: InstrumentKind = "future option" if state.terms.is_on_future else "option"
        multiplier, tick = (decimal.Decimal(repr(each)) for each in (state.terms.multiplier, state.terms.steps[0][1]))
        return Instrument(state.option.symbol, kind, multiplier, tick, state.underlying, state.terms.expires)

    def underlying(self, root: str) -> str:
        """Return the underlying of an option root: `BRK/B` for `BRKB`."""
        return self._underlyings.get(root, root)

    def _hear_action(self, action: ShareholderAction) -> None:
        """Let the options on shares that were split have other terms, and so other symbols."""
        if isinstance(action, Split):
            on_shares = {symbol: s for symbol, s in self._states.items() if s.underlying == action.symbol}
            for symbol in on_shares:
                del self._states[symbol]
            for state in on_shares.values():
                if isinstance(state.option, Option):
                    _split(state, state.option, action.ratio)
                    self._states[state.option.symbol] = state

    def _list(self, option: future_options.AnyOption) -> OptionState | None:
        underlying = self._listed_on(option)
        if underlying is None:
            return None
        tape = self.market.tapes[underlying]
        draw = random.Random(f"{self.market.seed}:{option.symbol}")
        interest = round(draw.expovariate(1 / 1500))
        state = OptionState(option, terms(option), underlying, draw, interest, self.market.day)
        self._start_day(state, tape)
        return state

    def _listed_on(self, option: future_options.AnyOption) -> str | None:
        """Return the underlying of an option that is listed now."""
        if isinstance(option, Option):
            known = self._underlyings.get(option.root)
            tape = self.market.tapes[known] if known else None
            return known if tape and option_listing.is_listed(option, tape.listing, self.market.at) else None
        future = option.expiration.future.symbol
        is_listed = future in self.market.tapes and future_options.is_listed(option, self.market.at)
        return future if is_listed else None

    def _start_day(self, state: OptionState, tape: Tape) -> None:
        """Give a new state its day so far; far and thin ones have not traded and have no last price."""
        at, option = self.market.at, state.option
        spot, strike = tape.prev_close, float(option.strike)
        yesterday = years_until(state.terms.expires, calendar.closing(calendar.before(self.market.day)))
        iv = implied(tape.listing, spot, strike, yesterday)
        state.prev_close = state.terms.on_tick(worth(state, tape.listing, spot, yesterday, iv).price)
        self.revalue(state, at)
        if abs(state.value.delta) > 0.04 and state.open_interest > 100:
            state.volume = float(round(state.open_interest * state.draw.uniform(0.05, 0.8)) + 1)
            self._print(state, at)
            state.turnover = round(state.volume * state.mid * state.terms.multiplier, 2)

    def refresh(self, state: OptionState, at: int) -> tuple[bool, bool]:
        """Value `state` anew if its underlying ticked since. Returns whether it did, and whether the option traded."""
        if state.seen == self.market.tapes[state.underlying].ticks:
            return False, False
        if state.day != self.market.day:
            self._roll(state)
        self.revalue(state, at)
        self._valued[state.option.symbol] = state.option
        traded = state.draw.random() < min(0.3, state.open_interest / 20_000)
        if traded:
            self._print(state, at)
        return True, traded

    def _roll(self, state: OptionState) -> None:
        """Begin a new trading day."""
        state.day, state.prev_close = self.market.day, state.terms.on_tick(state.mid)
        state.open = state.high = state.low = None
        state.volume = state.turnover = 0.0

    def revalue(self, state: OptionState, at: int) -> None:
        """Price `state` on its underlying's present middle."""
        tape, option = self.market.tapes[state.underlying], state.option
        strike = float(option.strike)
        state.seen, state.at, state.spot = tape.ticks, at, tape.mid
        state.revision += 1
        state.term = years_until(state.terms.expires, at)
        state.iv = implied(tape.listing, state.spot, strike, state.term)
        state.value = worth(state, tape.listing, state.spot, state.term, state.iv)
        _set_book(state)

    def _print(self, state: OptionState, at: int) -> None:
        price = state.draw.choice((state.bid, state.ask)) or state.terms.steps[0][1]
        size = float(max(1, round(state.draw.expovariate(1 / 6))))
        state.trades += 1
        state.last, state.last_size, state.last_at = price, size, at
        state.volume += size
        state.turnover = round(state.turnover + price * size * state.terms.multiplier, 2)
        state.open = price if state.open is None else state.open
        state.high = max(price, state.high or price)
        state.low = min(price, state.low if state.low is not None else price)
        if self.on_print is not None:
            self.on_print(state, size)

    def at_the_money(self, symbol: str, term: float) -> float:
        """Return the implied volatility of `symbol` at the money, `term` years out."""
        tape = self.market.tapes[symbol]
        return implied(tape.listing, tape.mid, tape.mid, term)


def _split(state: OptionState, option: Option, ratio: int) -> None:
    """Give an option other terms: there are `ratio` for each old one, at so much lower a strike."""
    state.option = option_listing.split(option, ratio)
    state.seen, state.revision = -1, state.revision + 1
    state.open_interest *= ratio
    state.volume *= ratio
    for name in ("bid", "ask", "last", "prev_close", "open", "high", "low"):
        price = getattr(state, name)
        setattr(state, name, None if price is None else state.terms.on_tick(price / ratio))


def worth(state: OptionState, listing: Listing, spot: float, term: float, iv: float) -> pricing.OptionValuation:
    """Value an option on `listing` at `spot`, `term` years before it expires."""
    right, strike = state.option.right, float(state.option.strike)
    if state.terms.is_on_future:
        return pricing.value_on_future(right, spot, strike, term, iv, RATE)
    return pricing.value(right, spot, strike, term, iv, RATE, listing.dividend)


def _set_book(state: OptionState) -> None:
    """Quote a book whose middle is within half a tick of the theoretical price (a quarter, above the first tick)."""
    theo = state.value.price
    step = state.terms.step(theo)
    width = max(1, round((0.01 + 0.015 * theo) / step))
    twice = round(2 * theo / step)
    width += (twice - width) % 2
    bid, ask = (twice - width) // 2, (twice + width) // 2
    if bid <= 0:
        bid, ask = 0, max(1, twice)
    state.bid, state.ask = round(bid * step, _PLACES), round(ask * step, _PLACES)
    state.bid_size = float(1 + round(state.draw.expovariate(1 / 40))) if bid else 0.0
    state.ask_size = float(1 + round(state.draw.expovariate(1 / 40)))
