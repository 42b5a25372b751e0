"""The REST paths of what trades and when, and of watchlists."""

import datetime
import typing

import msgspec

from brokers.instruments.symbols import Option, parse_option
from simulator.alpaca.bodies import assets, trading_hours
from simulator.alpaca.bodies.orders import asset_id
from simulator.alpaca.customers import account_id
from simulator.alpaca.format import invalid, missing
from simulator.alpaca.orders.parsing import amount, symbol_of
from simulator.alpaca.rest.request import SimAlpacaCall
from simulator.alpaca.venue import SimAlpaca
from simulator.alpaca.watchlists import SimAlpacaWatchlists, known
from simulator.asgi import Json

_CONTRACTS, _MOST_CONTRACTS = 100, 10_000
_CALENDAR = (datetime.date(1970, 1, 1), datetime.date(2029, 12, 31))


def clock(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with the time, and whether the market is open."""
    return trading_hours.clock_body(venue.market)


def days(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """List trading days."""
    today = venue.market.day
    first = call.date("start", today.replace(month=1, day=1)) or today
    last = call.date("end", today.replace(month=12, day=31)) or today
    return trading_hours.calendar_body(max(first, _CALENDAR[0]), min(last, _CALENDAR[1]))


def every_asset(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """List what trades, but for options."""
    kind, status = call.text("asset_class", "us_equity"), call.text("status")
    exchange = call.text("exchange")
    bodies = [assets.asset_body(listing) for listing in assets.listed(venue.market)] if status != "inactive" else []
    return [body for body in bodies if body["class"] == kind and exchange in ("", body["exchange"])]


def asset(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Describe one asset, by symbol or id."""
    wanted = call.path["symbol"]
    for listing in assets.listed(venue.market):
        if wanted == asset_id(listing.symbol) or symbol_of(wanted) == listing.symbol:
            return assets.asset_body(listing)
    raise missing(f"asset not found for {wanted}")


def contracts(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """List contracts, a page at a time."""
    day = call.date("expiration_date")
    wanted = assets.ContractsQuery(
        day or call.date("expiration_date_gte"),
        day or call.date("expiration_date_lte") or _next_weekend(venue),
        {"call": "C", "put": "P", "": ""}[call.choice("type", ("", "call", "put"), "")],
        amount("strike_price_gte", call.text("strike_price_gte")),
        amount("strike_price_lte", call.text("strike_price_lte")),
    )
    limit, begin = call.whole("limit", _CONTRACTS, _MOST_CONTRACTS), _page(call.text("page_token"))
    found = [(option, name) for name in _underlyings(venue, call) for option in _on(venue, name, wanted)]
    more = begin + limit < len(found)
    bodies = [_contract(venue, option, name) for option, name in found[begin : begin + limit]]
    return {"option_contracts": bodies, "next_page_token": str(begin + limit) if more else None}


def _page(token: str) -> int:
    if token and not (token.isascii() and token.isdigit()):
        raise invalid("page_token is invalid")
    return int(token or 0)


def _next_weekend(venue: SimAlpaca) -> datetime.date:
    """Return until when contracts are listed where nothing is said: the next weekend."""
    day = venue.market.day
    return day + datetime.timedelta(days=(5 - day.weekday()) % 7 or 7)


def _underlyings(venue: SimAlpaca, call: SimAlpacaCall) -> list[str]:
    asked = [symbol_of(symbol) for symbol in call.request.all("underlying_symbols")]
    return asked or [listing.symbol for listing in assets.listed(venue.market) if listing.has_options]


def _on(venue: SimAlpaca, symbol: str, wanted: assets.ContractsQuery) -> typing.Iterator[Option]:
    tape = venue.market.tapes.get(symbol)
    return assets.contracts(tape.listing, venue.market, wanted) if tape is not None else iter(())


def _contract(venue: SimAlpaca, option: Option, underlying: str) -> Json:
    return assets.contract_body(option, underlying, venue.surface.find(option.symbol))


def contract(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Describe one contract, by its symbol."""
    option = parse_option(call.path["symbol"].upper())
    if option is None or venue.surface.instrument(option.symbol) is None:
        raise missing(f"option contract not found for {call.path['symbol']}")
    return _contract(venue, option, venue.surface.underlying(option.root))


class _List(msgspec.Struct):
    name: str = ""
    symbols: list[str] | None = None


class _Item(msgspec.Struct):
    symbol: str


def _lists(venue: SimAlpaca, call: SimAlpacaCall) -> SimAlpacaWatchlists:
    return venue.watchlists[call.account.number]


def watchlists(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """List an account's lists, without what is in them."""
    return [each.head for each in _lists(venue, call).known.values()]


def watchlist(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with one list."""
    return _lists(venue, call).find(call.path["list"]).body


def create_watchlist(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Add a list."""
    asked, owner = call.body(_List), account_id(call.account)
    new_id = venue.orders.new_id()
    return _lists(venue, call).create(new_id, owner, asked.name, asked.symbols or [], venue.market.at).body


def change_watchlist(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Give a list another name, or other symbols."""
    asked, found = call.body(_List), _lists(venue, call).find(call.path["list"])
    if asked.name and asked.name != found.name:
        _lists(venue, call).check_name(asked.name)
        found.name = asked.name
    found.put(found.symbols if asked.symbols is None else asked.symbols, venue.market.at)
    return found.body


def delete_watchlist(venue: SimAlpaca, call: SimAlpacaCall) -> None:
    """Remove a list."""
    del _lists(venue, call).known[_lists(venue, call).find(call.path["list"]).id]


def add_symbol(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Put a symbol into a list."""
    found = _lists(venue, call).find(call.path["list"])
    found.put([*found.symbols, call.body(_Item).symbol], venue.market.at)
    return found.body


def remove_symbol(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Take a symbol out of a list."""
    found, symbol = _lists(venue, call).find(call.path["list"]), known(call.path["symbol"])
    if symbol not in found.symbols:
        raise missing(f"asset not found for {call.path['symbol']}")
    found.put([each for each in found.symbols if each != symbol], venue.market.at)
    return found.body
