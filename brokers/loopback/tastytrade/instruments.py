"""Bodies about instruments: equities, options and their chains, market data, market sessions. Pure."""

import collections
import datetime
import zlib

from brokers.loopback import calendar, chains, corporate
from brokers.loopback.asgi import Json
from brokers.loopback.market import Market
from brokers.loopback.surface import OptionState
from brokers.loopback.tape import Tape
from brokers.loopback.tastytrade.listed import MARKETS
from brokers.loopback.tastytrade.symbols import streamer_symbol
from brokers.loopback.tastytrade.wording import moment, number, present
from brokers.loopback.universe import Listing
from brokers.symbols import Option

_CENT = [{"value": "0.0001", "threshold": "1.0"}, {"value": "0.01"}]
_OPTION_CENT = [{"value": "0.01"}]


def equity_body(listing: Listing) -> Json:
    """Describe an equity, fund or index."""
    is_index = listing.kind == "index"
    return present(
        {
            "id": zlib.crc32(listing.symbol.encode()) % 1_000_000,
            "symbol": listing.symbol,
            "instrument-type": "Equity",
            "cusip": None if is_index else f"{zlib.crc32(listing.symbol.encode()) % 10**9:09d}",
            "short-description": listing.name[:24],
            "description": listing.name,
            "is-index": is_index,
            "is-etf": listing.kind == "etf",
            "is-illiquid": listing.rate < 0.5,
            "is-closing-only": False,
            "is-options-closing-only": False,
            "is-fractional-quantity-eligible": not is_index,
            "active": not is_index,
            "lendability": listing.lendability,
            "borrow-rate": "0.0",
            "listed-market": MARKETS.get(listing.exchange, "OTC"),
            "market-time-instrument-collection": "Equity",
            "country-of-incorporation": "USA",
            "country-of-taxation": "USA",
            "streamer-symbol": listing.symbol,
            "tick-sizes": _CENT,
            "option-tick-sizes": _OPTION_CENT,
        }
    )


def option_body(option: Option, underlying: str, market: Market) -> Json:
    """Describe one option."""
    closes = moment(calendar.closing(option.expiry))
    return {
        "symbol": option.occ,
        "instrument-type": "Equity Option",
        "active": True,
        "strike-price": number(option.strike),
        "root-symbol": option.root,
        "underlying-symbol": underlying,
        "expiration-date": option.expiry.isoformat(),
        "exercise-style": "American",
        "shares-per-contract": 100,
        "option-type": option.right,
        "option-chain-type": "Standard",
        "expiration-type": _expiration_type(option.expiry),
        "settlement-type": "PM",
        "stops-trading-at": closes,
        "expires-at": closes,
        "market-time-instrument-collection": "Equity Option",
        "days-to-expiration": (option.expiry - market.day).days,
        "is-closing-only": False,
        "streamer-symbol": streamer_symbol(option),
    }


def _expiration_type(day: datetime.date) -> str:
    return "Regular" if chains.is_monthly(day) else "Weekly"


def listed_options(listing: Listing, at: int) -> list[Option]:
    """Return every listed option of an underlying: by expiration and strike, the call first."""
    root = chains.root(listing.symbol)
    return [
        Option(root, expiry, right, strike)
        for expiry in chains.expirations(listing.symbol, at)
        for strike in chains.strikes(listing)
        for right in "CP"
    ]


def nested_chain(listing: Listing, market: Market) -> Json:
    """Describe an option chain as expirations of strikes."""
    expiries: dict[datetime.date, list[Option]] = collections.defaultdict(list)
    for option in listed_options(listing, market.at):
        expiries[option.expiry].append(option)
    return {
        **_chain(listing),
        "tick-sizes": _OPTION_CENT,
        "expirations": [
            {
                "expiration-type": _expiration_type(day),
                "expiration-date": day.isoformat(),
                "days-to-expiration": (day - market.day).days,
                "settlement-type": "PM",
                "strikes": [_strike(call, put) for call, put in zip(options[::2], options[1::2], strict=True)],
            }
            for day, options in expiries.items()
        ],
    }


def compact_chains(listing: Listing, market: Market) -> list[Json]:
    """Describe an option chain as bare symbols, a list for each type of expiration."""
    kinds: dict[str, list[str]] = collections.defaultdict(list)
    for option in listed_options(listing, market.at):
        kinds[_expiration_type(option.expiry)].append(option.occ)
    return [
        {**_chain(listing), "settlement-type": "PM", "expiration-type": kind, "symbols": symbols}
        for kind, symbols in sorted(kinds.items())
    ]


def _chain(listing: Listing) -> Json:
    root = chains.root(listing.symbol)
    deliverable = {
        "id": zlib.crc32(root.encode()) % 1_000_000,
        "root-symbol": root,
        "deliverable-type": "Shares",
        "description": f"100 shares of {listing.symbol}",
        "amount": "100.0",
        "symbol": listing.symbol,
        "instrument-type": "Equity",
        "percent": "100",
    }
    return {
        "underlying-symbol": listing.symbol,
        "root-symbol": root,
        "option-chain-type": "Standard",
        "shares-per-contract": 100,
        "deliverables": [deliverable],
    }


def _strike(call: Option, put: Option) -> Json:
    return {
        "strike-price": number(call.strike),
        "call": call.occ,
        "call-streamer-symbol": streamer_symbol(call),
        "put": put.occ,
        "put-streamer-symbol": streamer_symbol(put),
    }


def market_data_body(subject: Tape | OptionState, kind: str, market: Market) -> Json:
    """Describe the market of one instrument now. `kind` is the venue's instrument type."""
    own = _option_data(subject) if isinstance(subject, OptionState) else _equity_data(subject)
    return present(
        {
            "symbol": subject.option.occ if isinstance(subject, OptionState) else subject.listing.symbol,
            "instrument-type": kind,
            "updated-at": moment(market.at).replace("+00:00", "Z"),
            "bid": number(subject.bid),
            "bid-size": number(subject.bid_size or 0.0),
            "ask": number(subject.ask),
            "ask-size": number(subject.ask_size or 0.0),
            "mid": number(subject.mid),
            "mark": number(subject.mid),
            "last": _maybe(subject.last),
            "last-mkt": _maybe(subject.last),
            "open": _maybe(subject.open),
            "day-high-price": _maybe(subject.high),
            "day-low-price": _maybe(subject.low),
            "close-price-type": "Regular",
            "prev-close": number(subject.prev_close),
            "prev-close-price-type": "Final",
            "summary-date": market.day.isoformat(),
            "prev-close-date": calendar.before(market.day).isoformat(),
            "halt-start-time": -1,
            "halt-end-time": -1,
            "volume": _maybe(subject.volume),
            **own,
        }
    )


def _equity_data(tape: Tape) -> Json:
    price = tape.listing.price
    return {
        "beta": number(tape.listing.beta),
        "dividend-amount": _maybe(corporate.dividend_amount(tape.listing) if tape.listing.dividend else None),
        "dividend-frequency": "4.0" if tape.listing.dividend else None,
        "is-trading-halted": tape.halted_at is not None,
        "halt-start-time": -1 if tape.halted_at is None else tape.halted_at,
        "year-low-price": number(round(price * 0.71, 2)),
        "year-high-price": number(round(price * 1.18, 2)),
    }


def _option_data(state: OptionState) -> Json:
    return {"open-interest": number(float(state.open_interest)), "is-trading-halted": False}


def _maybe(value: float | None) -> str | None:
    return None if value is None else number(value)
