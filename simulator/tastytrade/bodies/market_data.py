"""Bodies about the market of one instrument now, as REST tells it: the same figures that stream. Pure."""

from simulator.asgi import Json
from simulator.market import calendar, corporate_actions
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.market.tape import Tape
from simulator.tastytrade.format import moment, number, present
from simulator.tastytrade.symbols import venue_symbol

KINDS = {
    "etf": "Equity",
    "equity": "Equity",
    "index": "Index",
    "future": "Future",
    "crypto": "Cryptocurrency",
}
"""The venue's instrument type by the kind of a listing."""
EQUITY_OPTION, FUTURE_OPTION = "Equity Option", "Future Option"
TYPES = ("Index", "Equity", EQUITY_OPTION, "Future", FUTURE_OPTION, "Cryptocurrency")
_EXCHANGES = {"Future": "CME", FUTURE_OPTION: "CME", "Cryptocurrency": "Cryptocurrency"}
HIDDEN = ("last", "last-mkt", "last-trade-time")
"""What is not there when there is no last trade."""


def kind_of(subject: Tape | OptionState) -> str:
    """Return the venue's instrument type."""
    if isinstance(subject, OptionState):
        return FUTURE_OPTION if subject.terms.is_on_future else EQUITY_OPTION
    return KINDS[subject.listing.kind]


def market_data_body(subject: Tape | OptionState, market: SimMarket) -> Json:
    """Describe the market of one instrument now."""
    own = _option_data(subject) if isinstance(subject, OptionState) else _tape_data(subject)
    kind = kind_of(subject)
    symbol = venue_symbol(subject.option) if isinstance(subject, OptionState) else subject.listing.symbol
    return present(
        {
            "symbol": symbol,
            "instrument-type": kind,
            "instrument": _instrument(symbol, kind, subject),
            "updated-at": moment(market.at).replace("+00:00", "Z"),
            "bid": number(subject.bid),
            "bid-size": number(subject.bid_size or 0.0),
            "ask": number(subject.ask),
            "ask-size": number(subject.ask_size or 0.0),
            "mid": number(subject.mid),
            "mark": number(subject.mid),
            "last": _maybe(subject.last),
            "last-mkt": _maybe(subject.last),
            "last-trade-time": subject.last_at if subject.last is not None else None,
            "open": _maybe(subject.open),
            "day-open": _maybe(subject.open),
            "day-high": _maybe(subject.high),
            "day-high-price": _maybe(subject.high),
            "day-low": _maybe(subject.low),
            "day-low-price": _maybe(subject.low),
            "close-price-type": "Regular",
            "prev-close": number(subject.prev_close),
            "prev-day-close": number(subject.prev_close),
            "prev-close-price-type": "Final",
            "summary-date": market.day.isoformat(),
            "prev-close-date": calendar.before(market.day).isoformat(),
            "halt-start-time": -1,
            "halt-end-time": -1,
            "volume": _maybe(subject.volume),
            **own,
        }
    )


def _instrument(symbol: str, kind: str, subject: Tape | OptionState) -> Json:
    if isinstance(subject, OptionState):
        underlying, root = subject.underlying, subject.option.root
    else:
        underlying, root = symbol, symbol[:-2] if kind == "Future" else symbol
    return {
        "symbol": symbol,
        "instrument-type": kind,
        "instrument-key": {"symbol": symbol, "instrument-type": kind},
        "underlying-instrument": underlying,
        "root-symbol": root,
        "exchange": _EXCHANGES.get(kind, "Equity"),
    }


def _tape_data(tape: Tape) -> Json:
    listing = tape.listing
    low, high = listing.year_range
    is_halted = tape.halted_at is not None
    return {
        "beta": number(listing.beta),
        "dividend-amount": _maybe(corporate_actions.dividend_amount(listing) if listing.dividend else None),
        "dividend-frequency": "4.0" if listing.dividend else None,
        "is-trading-halted": is_halted,
        "trading-halted": is_halted,
        "trading-halted-reason": "News pending" if is_halted else None,
        "halt-start-time": -1 if tape.halted_at is None else tape.halted_at,
        "year-low-price": number(low),
        "year-high-price": number(high),
        "open-interest": number(float(listing.open_interest)) if listing.kind == "future" else None,
    }


def _option_data(state: OptionState) -> Json:
    return {
        "open-interest": number(float(state.open_interest)),
        "is-trading-halted": False,
        "trading-halted": False,
    }


def _maybe(value: float | None) -> str | None:
    return None if value is None else number(value)
