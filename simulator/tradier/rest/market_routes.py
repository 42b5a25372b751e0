"""The REST paths of the market: quotes, options, what was traded, hours, and search."""

import typing

from simulator.asgi import Json
from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import BARS_FAULT
from simulator.market.option_surface import OptionState
from simulator.market.universe import Listing
from simulator.tradier.bodies import history, options, trading_hours
from simulator.tradier.bodies.options import Details
from simulator.tradier.bodies.quotes import Subject, security_body
from simulator.tradier.format import several
from simulator.tradier.request import SimTradierCall, split
from simulator.tradier.venue import SimTradier, now

_DETAILS: tuple[Details, ...] = typing.get_args(Details)
_KINDS = {"stock": "equity", "etf": "etf", "index": "index"}


def quotes(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with quotes, and with the symbols nothing trades as."""
    wants_greeks, with_lots = call.flag("greeks"), call.flag("includeLotSize")
    bodies, unmatched = [], []
    for symbol in dict.fromkeys(call.symbols()):
        subject = venue.names.find(symbol)
        if subject is None:
            unmatched.append(symbol)
            continue
        body = venue.describe(subject, call.token.environment)
        if with_lots:
            body["lot_size"] = 100
        if wants_greeks and isinstance(subject, OptionState):
            body["greeks"] = venue.greeks.of(subject)
        bodies.append(body)
    found: Json = {"quote": several(bodies)} if bodies else {}
    return {"quotes": found | ({"unmatched_symbols": {"symbol": several(unmatched)}} if unmatched else {})}


def expirations(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with the days on which options expire."""
    details = [name for name in _DETAILS if call.flag(name)]
    tape = venue.names.underlying(call.text("symbol"))
    return options.expirations_body(tape, venue.market, details) if tape else {"expirations": None}


def strikes(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with the strikes of an expiration."""
    expiry, tape = call.date("expiration"), venue.names.underlying(call.text("symbol"))
    return options.strikes_body(tape, venue.market, expiry) if tape else {"strikes": None}


def chain(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with the quotes of an expiration."""
    expiry, greeks = call.date("expiration"), call.flag("greeks")
    tape = venue.names.underlying(call.text("symbol"))
    if tape is None:
        return {"options": None}
    environment = call.token.environment
    return options.chain_body(
        tape, venue.names, expiry, lambda state: venue.describe(state, environment), venue.greeks if greeks else None
    )


def symbols(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with every option of an underlying."""
    tape = venue.names.underlying(call.text("underlying"))
    return options.symbols_body(tape, venue.market) if tape else {"symbols": None}


def clock(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with the state of the market."""
    call.flag("delayed")
    return trading_hours.clock_body(venue.market)


def month(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with the days of a month."""
    today = venue.market.day
    chosen = call.whole("month", today.month, 1, 12), call.whole("year", today.year, 2013, today.year + 1)
    return trading_hours.calendar_body(chosen[1], chosen[0])


def _subject(venue: SimTradier, call: SimTradierCall) -> Subject | None:
    return venue.names.find(call.text("symbol"))


def days(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with days, weeks or months."""
    subject = _subject(venue, call)
    return history.days_body(venue.charts, subject, call, _unkind(venue, call)) if subject else {"history": None}


def series(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with ticks or bars of minutes."""
    subject = _subject(venue, call)
    if subject is None:
        return {"series": None}
    return history.series_body(venue.charts, subject, call, call.token.environment, _unkind(venue, call))


def _unkind(venue: SimTradier, call: SimTradierCall) -> Fault | None:
    return venue.faults.find(BARS_FAULT, call.token.person.numbers, now())


def _listings(venue: SimTradier) -> list[Listing]:
    return [tape.listing for tape in venue.market.tapes.values() if tape.listing.is_equity]


def _securities(found: list[Listing]) -> Json:
    bodies = [security_body(listing) for listing in found]
    return {"securities": {"security": several(bodies)} if bodies else None}


def search(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what has a word in its symbol or its name."""
    wanted, with_indexes = call.text("q").upper(), call.flag("indexes")
    found = (listing for listing in _listings(venue) if with_indexes or listing.kind != "index")
    return _securities([x for x in found if wanted in x.symbol or wanted in x.name.upper()])


def lookup(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what begins with some letters, on some exchanges, of some types."""
    wanted = call.text("q").upper()
    exchanges, types = split(call.text("exchanges", "")), split(call.text("types", ""))
    kinds = {_KINDS.get(name) for name in types}
    found = (
        listing
        for listing in _listings(venue)
        if listing.symbol.startswith(wanted) or listing.name.upper().startswith(wanted)
    )
    return _securities(
        [x for x in found if (not kinds or x.kind in kinds) and (not exchanges or x.exchange in exchanges)]
    )


def easy_to_borrow(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what is easily borrowed."""
    return _securities([listing for listing in _listings(venue) if listing.lendability == "Easy To Borrow"])
