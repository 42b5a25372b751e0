"""What the exchange reads off the market: the terms of an instrument and its book of the moment, as `Decimal`. Pure."""

import decimal
import typing

import msgspec

from brokers.instruments.symbols import parse_option
from simulator.market import calendar, future_options
from simulator.market.future_options import AnyOption
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.option_surface import terms as option_terms
from simulator.market.tape import Tape

Decimal = decimal.Decimal
Kind = typing.Literal["equity", "index", "option", "future", "future option", "crypto"]
_SHARES = Decimal(100)


class Terms(msgspec.Struct, frozen=True):
    """What one unit of an instrument is: `multiplier` units of `underlying` at a price that moves by `tick`.

    `expires_at` is in ms since the epoch; None is never.
    """

    symbol: str
    kind: Kind
    underlying: str
    multiplier: Decimal = Decimal(1)
    tick: Decimal = Decimal("0.01")
    option: AnyOption | None = None
    expires_at: int | None = None

    @property
    def is_option(self) -> bool:
        """Whether this is an option, on shares or on a future."""
        return self.option is not None

    @property
    def is_settled_daily(self) -> bool:
        """Whether holding it costs nothing, and only its profit or loss is cash."""
        return self.kind == "future"


class SimBook(msgspec.Struct, frozen=True):
    """The quote of a moment. Prices per share in dollars; a side nobody quotes is None.

    `ticks` and `trades` grow with every quote and every print, so a caller knows what it has seen.
    """

    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal
    ask_size: Decimal
    last: Decimal | None
    last_size: Decimal
    ticks: int
    trades: int

    @property
    def mid(self) -> Decimal:
        """Halfway between bid and ask; a missing bid is worth nothing."""
        return ((self.bid or Decimal(0)) + (self.ask or Decimal(0))) / 2

    def side(self, side: int) -> tuple[Decimal | None, Decimal]:
        """Return the price and size a buyer (1) or a seller (-1) meets."""
        return (self.ask, self.ask_size) if side > 0 else (self.bid, self.bid_size)


def read_terms(symbol: str, market: SimMarket, surface: OptionSurface) -> Terms | None:
    """Return the terms of an instrument, also of an option that has expired. None for an unknown one."""
    tape = market.tapes.get(symbol)
    if tape is not None:
        known = tape.listing.instrument
        return Terms(symbol, known.kind, known.underlying, known.multiplier, known.tick, expires_at=known.expires)
    on_future = future_options.parse(symbol)
    if on_future is not None:
        future, how = on_future.expiration.future.symbol, option_terms(on_future)
        multiplier, tick = (exact(each) for each in (how.multiplier, how.steps[0][1]))
        return Terms(on_future.symbol, "future option", future, multiplier, tick, on_future, how.expires)
    option = parse_option(symbol)
    underlying = surface.underlying(option.root) if option else symbol
    if option is None or underlying not in market.tapes:
        return None
    closes = calendar.closing(option.expiry)
    return Terms(option.symbol, "option", underlying, _SHARES, option=option, expires_at=closes)


class MarketView:
    """Every instrument of one market."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface
        self._terms: dict[str, Terms] = {}
        self._books: dict[str, tuple[tuple[int, int], SimBook]] = {}

    def terms(self, symbol: str) -> Terms | None:
        """Return the terms of an instrument, also of an option that has expired. None for an unknown one."""
        found = self._terms.get(symbol) or read_terms(symbol, self.market, self.surface)
        if found is not None:
            self._terms[symbol] = found
        return found

    def is_listed(self, symbol: str) -> bool:
        """Whether `symbol` can be traded at all now."""
        terms = self.terms(symbol)
        if terms is None or terms.kind == "index":
            return False
        return self.surface.instrument(symbol) is not None

    def is_share(self, symbol: str) -> bool:
        """Whether `symbol` is a share or a fund."""
        terms = self.terms(symbol)
        return terms is not None and terms.kind == "equity"

    def ticks(self, symbol: str) -> int:
        """Return how often the book of `symbol` has changed, without reading it."""
        terms = self.terms(symbol)
        return self.market.tapes[terms.underlying].ticks if terms else 0

    def book(self, symbol: str) -> SimBook | None:
        """Return the book of `symbol` now. None when it is not listed any more."""
        state = self.surface.find(symbol)
        if state is not None:
            self.surface.refresh(state, self.market.at)
        quoted = state or self.market.tapes.get(symbol)
        if quoted is None:
            return None
        seen = (state.revision if state is not None else self.ticks(symbol), quoted.trades)
        before = self._books.get(symbol)
        if before is not None and before[0] == seen:
            return before[1]
        book = _read(quoted, self.ticks(symbol))
        self._books[symbol] = (seen, book)
        return book


def _read(quoted: OptionState | Tape, ticks: int) -> SimBook:
    return SimBook(
        bid=exact(quoted.bid) if quoted.bid_size else None,
        ask=exact(quoted.ask) if quoted.ask_size else None,
        bid_size=exact(quoted.bid_size or 0.0),
        ask_size=exact(quoted.ask_size or 0.0),
        last=None if quoted.last is None else exact(quoted.last),
        last_size=exact(quoted.last_size or 0.0),
        ticks=ticks,
        trades=quoted.trades,
    )


def exact(number: float) -> Decimal:
    """Return a number of the market, which has no more digits than it shows, as it is written."""
    return Decimal(repr(round(number, 8)))
