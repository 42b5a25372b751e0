"""Bodies about what trades: assets, and contracts of options. Pure."""

import datetime
import typing

import msgspec

from brokers.instruments.symbols import Option
from simulator.alpaca.bodies.orders import asset_class, asset_id
from simulator.alpaca.format import text
from simulator.alpaca.orders.parsing import Decimal, venue_symbol
from simulator.asgi import Json
from simulator.market import option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.market.universe import Listing

EXCHANGES = {"Q": "NASDAQ", "P": "ARCA", "N": "NYSE"}
"""Names of exchanges by dxFeed's letter."""
_KINDS = ("etf", "equity", "crypto")


def exchange(listing: Listing) -> str:
    """Return where a listing trades."""
    return "CRYPTO" if listing.kind == "crypto" else EXCHANGES.get(listing.exchange, "")


def listed(market: SimMarket) -> list[Listing]:
    """Return what this venue trades, but for options."""
    return [tape.listing for tape in market.tapes.values() if tape.listing.kind in _KINDS]


def asset_body(listing: Listing) -> Json:
    """Describe a share, a fund or a coin."""
    is_coin = listing.kind == "crypto"
    is_easy = not is_coin and listing.lendability == "Easy To Borrow"
    return {
        "id": asset_id(listing.symbol),
        "class": asset_class(listing.symbol, is_option=False),
        "exchange": exchange(listing),
        "symbol": venue_symbol(listing.symbol),
        "name": listing.name,
        "status": "active",
        "tradable": True,
        "marginable": not is_coin,
        "maintenance_margin_requirement": 100 if is_coin else 30,
        "shortable": is_easy,
        "easy_to_borrow": is_easy,
        "fractionable": True,
        "attributes": ["has_options"] if listing.has_options else [],
    }


class ContractsQuery(msgspec.Struct, frozen=True):
    """Which contracts are asked for. None is any."""

    first: datetime.date | None
    last: datetime.date | None
    right: str
    lowest: Decimal | None
    highest: Decimal | None

    def fits(self, option: Option) -> bool:
        """Whether a contract is asked for."""
        return (
            (self.first is None or option.expiry >= self.first)
            and (self.last is None or option.expiry <= self.last)
            and self.right in ("", option.right)
            and (self.lowest is None or option.strike >= self.lowest)
            and (self.highest is None or option.strike <= self.highest)
        )


def contracts(listing: Listing, market: SimMarket, wanted: ContractsQuery) -> typing.Iterator[Option]:
    """Yield the options on a listing that are asked for, by expiration, right and strike."""
    root = option_listing.root(listing.symbol)
    for day in option_listing.expirations(listing.symbol, market.at) if listing.has_options else []:
        for right in "CP":
            for strike in option_listing.strikes(listing, day):
                if wanted.fits(option := Option(root, day, right, strike)):
                    yield option


def contract_body(option: Option, underlying: str, state: OptionState | None) -> Json:
    """Describe a contract."""
    side = "Call" if option.right == "C" else "Put"
    day = option.expiry
    return {
        "id": asset_id(option.symbol),
        "symbol": option.symbol,
        "name": f"{venue_symbol(underlying)} {day:%b} {day.day} {day.year} {text(option.strike)} {side}",
        "status": "active",
        "tradable": True,
        "expiration_date": day.isoformat(),
        "root_symbol": option.root,
        "underlying_symbol": venue_symbol(underlying),
        "underlying_asset_id": asset_id(underlying),
        "type": side.lower(),
        "style": "american",
        "strike_price": text(option.strike),
        "multiplier": "100",
        "size": "100",
        "open_interest": None if state is None else str(int(state.open_interest)),
        "close_price": None if state is None else text(Decimal(repr(state.prev_close))),
    }
