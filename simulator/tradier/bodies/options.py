"""Bodies of what options there are: expirations, strikes, symbols, and a chain with its quotes. Pure."""

import datetime
import typing

from brokers.instruments.symbols import Option
from simulator.asgi import Json
from simulator.market import option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.market.tape import Tape
from simulator.tradier.bodies.quotes import Names, expiration_type
from simulator.tradier.format import several
from simulator.tradier.greeks import SimGreeks

_SHARES = 100
Details = typing.Literal["strikes", "contractSize", "expirationType"]


def expirations_body(tape: Tape, market: SimMarket, details: typing.Collection[Details]) -> Json:
    """List the days options expire on: bare dates, or with the details asked for."""
    days = option_listing.expirations(tape.listing.symbol, market.at)
    if not details:
        return {"expirations": {"date": several([day.isoformat() for day in days])}}
    return {"expirations": {"expiration": several([_expiration(tape, day, details) for day in days])}}


def _expiration(tape: Tape, day: datetime.date, details: typing.Collection[Details]) -> Json:
    body: Json = {"date": day.isoformat()}
    if "contractSize" in details:
        body["contract_size"] = _SHARES
    if "expirationType" in details:
        body["expiration_type"] = expiration_type(day)
    if "strikes" in details:
        body["strikes"] = {"strike": _strikes(tape, day)}
    return body


def _strikes(tape: Tape, day: datetime.date) -> list[float]:
    return [float(strike) for strike in option_listing.strikes(tape.listing, day)]


def strikes_body(tape: Tape, market: SimMarket, expiry: datetime.date) -> Json:
    """List the strikes of a day on which options expire."""
    is_listed = expiry in option_listing.expirations(tape.listing.symbol, market.at)
    return {"strikes": {"strike": several(_strikes(tape, expiry))} if is_listed else None}


def symbols_body(tape: Tape, market: SimMarket) -> Json:
    """List every option of an underlying."""
    days = option_listing.expirations(tape.listing.symbol, market.at)
    symbols = [option.symbol for day in days for option in listed(tape, market, day)]
    return {"symbols": [{"rootSymbol": option_listing.root(tape.listing.symbol), "options": symbols}]}


def listed(tape: Tape, market: SimMarket, expiry: datetime.date) -> list[Option]:
    """Return the options that expire on a day, by strike, the put before the call."""
    if expiry not in option_listing.expirations(tape.listing.symbol, market.at):
        return []
    root = option_listing.root(tape.listing.symbol)
    return [
        Option(root, expiry, right, strike) for strike in option_listing.strikes(tape.listing, expiry) for right in "PC"
    ]


def chain_body(
    tape: Tape,
    names: Names,
    expiry: datetime.date,
    describe: typing.Callable[[OptionState], Json],
    greeks: SimGreeks | None,
) -> Json:
    """List the options that expire on a day with their quotes, and their Greeks if those were asked for."""
    bodies = []
    for option in listed(tape, names.market, expiry):
        state = names.surface.find(option.symbol)
        if state is None:
            continue
        names.surface.refresh(state, names.market.at)
        body = describe(state)
        bodies.append(body if greeks is None else body | {"greeks": greeks.of(state)})
    return {"options": {"option": several(bodies)} if bodies else None}
