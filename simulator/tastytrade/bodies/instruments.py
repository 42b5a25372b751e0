"""Bodies about instruments: equities, options and their chains. Pure."""

import collections
import datetime
import zlib

from brokers.instruments.symbols import Option
from simulator.asgi import Json
from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.universe import Listing
from simulator.tastytrade.bodies.other_instruments import MARKETS
from simulator.tastytrade.format import moment, number, present
from simulator.tastytrade.symbols import streamer_symbol

_CENT = [{"value": "0.0001", "threshold": "1.0"}, {"value": "0.01"}]
_OPTION_CENT = [{"value": "0.01"}]


def equity_body(listing: Listing, halted_at: int | None = None) -> Json:
    """Describe an equity, fund or index; `halted_at` is since when it does not trade, in ms since the epoch."""
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
            "halted-at": None if halted_at is None else moment(halted_at),
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


def option_body(option: Option, underlying: str, market: SimMarket) -> Json:
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
    return "Regular" if option_listing.is_monthly(day) else "Weekly"


def listed_options(listing: Listing, at: int) -> list[Option]:
    """Return every listed option of an underlying: by expiration and strike, the call first."""
    root = option_listing.root(listing.symbol)
    return [
        Option(root, expiry, right, strike)
        for expiry in option_listing.expirations(listing.symbol, at)
        for strike in option_listing.strikes(listing, expiry)
        for right in "CP"
    ]


def nested_chain(listing: Listing, market: SimMarket) -> Json:
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


def compact_chains(listing: Listing, market: SimMarket) -> list[Json]:
    """Describe an option chain as bare symbols, a list for each type of expiration."""
    kinds: dict[str, list[str]] = collections.defaultdict(list)
    for option in listed_options(listing, market.at):
        kinds[_expiration_type(option.expiry)].append(option.occ)
    return [
        {**_chain(listing), "settlement-type": "PM", "expiration-type": kind, "symbols": symbols}
        for kind, symbols in sorted(kinds.items())
    ]


def _chain(listing: Listing) -> Json:
    root = option_listing.root(listing.symbol)
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
