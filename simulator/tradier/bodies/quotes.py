"""Bodies of quotes, for shares, funds, indices and options alike. Pure.

Sizes in the book are round lots of shares, or contracts. Before the market opens a day has no open, high and low yet.
"""

import datetime
import typing

from brokers.instruments.symbols import Option, normalise
from simulator.asgi import Json
from simulator.market.market import SimMarket
from simulator.market.option_listing import is_monthly, root
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.tape import NO_EXCHANGE, Tape
from simulator.market.universe import Listing

Subject = Tape | OptionState
TYPES = {"equity": "stock", "etf": "etf", "index": "index"}
"""This venue's word for each kind of listing it has; futures and coins are not traded here."""
OPTION_EXCHANGE = "Z"
_LOT = 100.0
_INDEX_EXCHANGE = "C"


class Names:
    """What trades on one market as this venue names it."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface

    def find(self, symbol: str) -> Subject | None:
        """Return what a client's symbol names, valued now. None when it does not trade here."""
        symbol = normalise(symbol)
        tape = self.market.trading(symbol)
        if tape is not None:
            return tape if tape.listing.is_equity else None
        state = None if symbol.startswith("./") else self.surface.trading(symbol)
        if state is None or state.terms.is_on_future:
            return None
        self.refresh(state)
        return state

    def refresh(self, subject: Subject) -> None:
        """Value an option at the market's present moment."""
        if isinstance(subject, OptionState):
            self.surface.refresh(subject, self.market.at)

    def underlying(self, symbol: str) -> Tape | None:
        """Return what `symbol` names, if options on it trade."""
        subject = self.find(symbol)
        return subject if isinstance(subject, Tape) and subject.listing.has_options else None


def symbol_of(subject: Subject) -> str:
    """Return the symbol of what trades."""
    return subject.option.symbol if isinstance(subject, OptionState) else subject.listing.symbol


def exchange(letter: str) -> str:
    """Return an exchange's code; an index is calculated, not traded."""
    return _INDEX_EXCHANGE if letter == NO_EXCHANGE else letter


def lots(subject: Subject, size: float | None) -> int:
    """Return a size of the book as this venue shows it."""
    if size is None:
        return 0
    return int(size) if isinstance(subject, OptionState) else int(size / _LOT)


def day(subject: Subject, market: SimMarket) -> dict[str, float | None]:
    """Return the open, high and low of the day: nothing before the market opens."""
    if market.state == "Pre-market":
        return {"open": None, "high": None, "low": None}
    return {"open": subject.open, "high": subject.high, "low": subject.low}


def quote_body(subject: Subject, market: SimMarket) -> Json:
    """Describe what trades, with its quote and its day."""
    if isinstance(subject, OptionState):
        return _option_body(subject, market)
    listing, last = subject.listing, subject.last
    low, high = listing.year_range
    return {
        "symbol": listing.symbol,
        "description": listing.name,
        "exch": exchange(listing.exchange),
        "type": TYPES[listing.kind],
        **_day_body(subject, market, int(subject.volume or 0)),
        "change_percentage": _percentage(last, subject.prev_close),
        "average_volume": int(listing.volume * 1e6),
        "last_volume": int(subject.last_size or 0),
        "trade_date": subject.last_at if last is not None else 0,
        "prevclose": subject.prev_close,
        "week_52_high": high,
        "week_52_low": low,
        **_book_body(subject, (subject.bid_exchange, subject.ask_exchange), (subject.bid_at, subject.ask_at)),
        **({"root_symbols": root(listing.symbol)} if listing.has_options else {}),
    }


def _option_body(state: OptionState, market: SimMarket) -> Json:
    option = typing.cast(Option, state.option)
    return {
        "symbol": option.symbol,
        "description": description(option, state.underlying),
        "exch": OPTION_EXCHANGE,
        "type": "option",
        **_day_body(state, market, int(state.volume)),
        "underlying": state.underlying,
        "strike": float(option.strike),
        "change_percentage": _percentage(state.last, state.prev_close),
        "average_volume": 0,
        "last_volume": int(state.last_size or 0),
        "trade_date": state.last_at,
        "prevclose": state.prev_close,
        "week_52_high": 0.0,
        "week_52_low": 0.0,
        **_book_body(state, ("C", "C"), (state.at, state.at)),
        "open_interest": state.open_interest,
        "contract_size": int(state.terms.multiplier),
        "expiration_date": option.expiry.isoformat(),
        "expiration_type": expiration_type(option.expiry),
        "option_type": "call" if option.right == "C" else "put",
        "root_symbol": option.root,
    }


def _day_body(subject: Subject, market: SimMarket, volume: int) -> Json:
    change = None if subject.last is None else round(subject.last - subject.prev_close, 2)
    is_over = market.state in ("Extended", "Closed")
    return {
        "last": subject.last,
        "change": change,
        "volume": volume,
        **day(subject, market),
        "close": subject.last if is_over else None,
        "bid": subject.bid,
        "ask": subject.ask,
    }


def _book_body(subject: Subject, exchanges: tuple[str, str], times: tuple[int, int]) -> Json:
    return {
        "bidsize": lots(subject, subject.bid_size),
        "bidexch": exchange(exchanges[0]),
        "bid_date": times[0] // 1000 * 1000,
        "asksize": lots(subject, subject.ask_size),
        "askexch": exchange(exchanges[1]),
        "ask_date": times[1] // 1000 * 1000,
    }


def _percentage(last: float | None, close: float) -> float | None:
    return None if last is None or not close else round((last - close) / close * 100, 2)


def description(option: Option, underlying: str) -> str:
    """Describe an option as people read it: `SPY Jan 16 2026 $540.00 Call`."""
    side = "Call" if option.right == "C" else "Put"
    return f"{underlying} {option.expiry:%b} {option.expiry.day} {option.expiry.year} ${option.strike:.2f} {side}"


def expiration_type(expiry: datetime.date) -> str:
    """Return what kind of expiration a day is."""
    return "standard" if is_monthly(expiry) else "weeklys"


def security_body(listing: Listing) -> Json:
    """Describe a listing as search and lookup do."""
    return {
        "symbol": listing.symbol,
        "exchange": exchange(listing.exchange),
        "type": TYPES[listing.kind],
        "description": listing.name,
    }
