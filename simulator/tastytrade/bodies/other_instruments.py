"""Bodies about the small kinds of what is listed: coins, warrants, currency pairs, precisions; the search. Pure."""

import re
import typing
import zlib

from simulator.asgi import Json
from simulator.market.market import SimMarket
from simulator.market.universe import Listing
from simulator.tastytrade.bodies.market_data import KINDS
from simulator.tastytrade.format import number, present

MARKETS = {"Q": "XNAS", "N": "XNYS", "P": "ARCX"}
"""The listed market by dxFeed's letter of the exchange."""
_MOST_HITS = 50
_WORD = re.compile(r"[A-Z0-9]+")

WARRANTS: dict[str, Json] = {
    symbol: {
        "symbol": symbol,
        "instrument-type": "Warrant",
        "cusip": f"{zlib.crc32(symbol.encode()) % 10**9:09d}",
        "listed-market": "XNAS",
        "description": description,
        "is-closing-only": is_closing_only,
        "active": True,
    }
    for symbol, description, is_closing_only in (
        ("HRBRW", "Harbor Light Acquisition Corp - Warrant", False),
        ("LOOPW", "Loopback Mobility Inc. - Warrant expiring 6/30/2029", False),
        ("TAPEW", "Tape Holdings Ltd. - Warrant", True),
    )
}
"""Every warrant by symbol. They are listed, and have no market here."""
CURRENCY_PAIRS: list[Json] = [
    {
        "id": number,
        "symbol": symbol,
        "dx-symbol": symbol,
        "description": description,
        "instrument-type": "Currency Pair",
    }
    for number, (symbol, description) in enumerate(
        (
            ("AUD/USD", "Australian Dollar to US Dollar"),
            ("EUR/USD", "Euro to US Dollar"),
            ("GBP/USD", "British Pound to US Dollar"),
            ("USD/CAD", "US Dollar to Canadian Dollar"),
            ("USD/CHF", "US Dollar to Swiss Franc"),
            ("USD/JPY", "US Dollar to Japanese Yen"),
        ),
        1,
    )
]
COIN_PRECISION = 8
"""Decimal places of a quantity of coins."""
_COIN_VENUE = "ZERO_HASH_CRYPTOCURRENCY"


def coins(market: SimMarket) -> dict[str, Listing]:
    """Return every coin by symbol."""
    return {symbol: tape.listing for symbol, tape in market.tapes.items() if tape.listing.kind == "crypto"}


def coin_body(listing: Listing, number_in_list: int) -> Json:
    """Describe one coin."""
    coin = listing.symbol.partition("/")[0]
    return {
        "id": number_in_list,
        "symbol": listing.symbol,
        "instrument-type": "Cryptocurrency",
        "short-description": listing.name.partition(" to ")[0],
        "description": listing.name,
        "is-closing-only": False,
        "active": True,
        "tick-size": number(listing.tick),
        "streamer-symbol": listing.streamer,
        "destination-venue-symbols": [
            {
                "id": number_in_list,
                "symbol": f"{coin}/USD",
                "destination-venue": _COIN_VENUE,
                "max-quantity-precision": COIN_PRECISION,
                "max-price-precision": listing.places,
                "routable": True,
            }
        ],
    }


WHOLE_ONLY = ("Equity Option", "Future", "Future Option", "Warrant")
EQUITY_PRECISION = 5
"""Decimal places of a quantity of shares."""


def precisions(market: SimMarket) -> list[Json]:
    """Describe how finely each kind of instrument, and each coin, is traded: 0 is whole units."""
    kinds = (("Equity", EQUITY_PRECISION), *((kind, 0) for kind in WHOLE_ONLY))
    return [
        *(
            {
                "instrument-type": "Cryptocurrency",
                "symbol": symbol,
                "value": COIN_PRECISION,
                "minimum-increment-precision": COIN_PRECISION,
            }
            for symbol in coins(market)
        ),
        *({"instrument-type": kind, "value": value, "minimum-increment-precision": 0} for kind, value in kinds),
    ]


def search(listings: typing.Iterable[Listing], text: str) -> list[Listing]:
    """Find by the beginning of a symbol, or of a word of the name; what begins with the symbol comes first."""
    wanted = text.strip().upper()
    by_symbol, by_name = [], []
    for listing in listings:
        if listing.symbol.startswith(wanted):
            by_symbol.append(listing)
        elif any(word.startswith(wanted) for word in _WORD.findall(listing.name.upper())):
            by_name.append(listing)
    return [*by_symbol, *by_name][:_MOST_HITS] if wanted else []


def hit_body(listing: Listing) -> Json:
    """Describe one instrument that a search found."""
    return present(
        {
            "symbol": listing.symbol,
            "description": listing.name,
            "instrument-type": KINDS[listing.kind],
            "listed-market": MARKETS.get(listing.exchange),
            "options": listing.has_options,
        }
    )
