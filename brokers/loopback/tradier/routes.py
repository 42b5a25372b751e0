"""Every REST path of the simulated Tradier, and what answers it."""

import re
import typing

from brokers.loopback.asgi import Json
from brokers.loopback.surface import OptionState
from brokers.loopback.tradier import holdings, hours, more_routes, options, order_routes
from brokers.loopback.tradier.call import Call
from brokers.loopback.tradier.options import Details
from brokers.loopback.tradier.sessions import Kind
from brokers.loopback.tradier.venue import Tradier, now
from brokers.loopback.tradier.wording import invalid, several

Handler = typing.Callable[[Tradier, Call], Json]
_DETAILS: tuple[Details, ...] = typing.get_args(Details)


def quotes(venue: Tradier, call: Call) -> Json:
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


def expirations(venue: Tradier, call: Call) -> Json:
    """Answer with the days on which options expire."""
    details = [name for name in _DETAILS if call.flag(name)]
    tape = venue.names.underlying(call.text("symbol"))
    return options.expirations_body(tape, venue.market, details) if tape else {"expirations": None}


def strikes(venue: Tradier, call: Call) -> Json:
    """Answer with the strikes of an expiration."""
    expiry, tape = call.date("expiration"), venue.names.underlying(call.text("symbol"))
    return options.strikes_body(tape, venue.market, expiry) if tape else {"strikes": None}


def chain(venue: Tradier, call: Call) -> Json:
    """Answer with the quotes of an expiration."""
    expiry, greeks = call.date("expiration"), call.flag("greeks")
    tape = venue.names.underlying(call.text("symbol"))
    if tape is None:
        return {"options": None}
    environment = call.token.environment
    return options.chain_body(
        tape, venue.names, expiry, lambda state: venue.describe(state, environment), venue.greeks if greeks else None
    )


def symbols(venue: Tradier, call: Call) -> Json:
    """Answer with every option of an underlying."""
    tape = venue.names.underlying(call.text("underlying"))
    return options.symbols_body(tape, venue.market) if tape else {"symbols": None}


def clock(venue: Tradier, call: Call) -> Json:
    """Answer with the state of the market."""
    call.flag("delayed")
    return hours.clock_body(venue.market)


def month(venue: Tradier, call: Call) -> Json:
    """Answer with the days of a month."""
    today = venue.market.day
    chosen = call.whole("month", today.month, 1, 12), call.whole("year", today.year, 2013, today.year + 1)
    return hours.calendar_body(chosen[1], chosen[0])


def profile(venue: Tradier, call: Call) -> Json:
    """Answer with who somebody is."""
    return holdings.profile_body(call.token.person)


def balances(venue: Tradier, call: Call) -> Json:
    """Answer with an account's money."""
    account = call.account
    kind = call.token.person.types[account.number]
    return holdings.balances_body(account, kind, venue.market, venue.surface, venue.orders.at_work(account))


def positions(venue: Tradier, call: Call) -> Json:
    """Answer with what an account holds."""
    return holdings.positions_body(call.account)


def minting(kind: Kind) -> Handler:
    """Answer with a new session of a kind of stream."""

    def mint(venue: Tradier, call: Call) -> Json:
        if call.request.body:
            raise invalid("body", "must be empty.")
        session = venue.sessions.mint(call.token, kind, now())
        return {"stream": {"url": venue.stream_url(kind, call.token.environment), "sessionid": session.id}}

    return mint


TABLE: dict[str, Handler] = {
    "GET /markets/quotes": quotes,
    "POST /markets/quotes": quotes,
    "GET /markets/options/expirations": expirations,
    "GET /markets/options/strikes": strikes,
    "GET /markets/options/chains": chain,
    "GET /markets/options/lookup": symbols,
    "GET /markets/clock": clock,
    "GET /markets/calendar": month,
    "GET /markets/history": more_routes.days,
    "GET /markets/timesales": more_routes.series,
    "GET /markets/search": more_routes.search,
    "GET /markets/lookup": more_routes.lookup,
    "GET /markets/etb": more_routes.easy_to_borrow,
    "GET /accounts/{account}/history": more_routes.account_history,
    "GET /accounts/{account}/gainloss": more_routes.gains,
    "GET /watchlists": more_routes.watchlists,
    "POST /watchlists": more_routes.create_watchlist,
    "GET /watchlists/{list}": more_routes.watchlist,
    "PUT /watchlists/{list}": more_routes.change_watchlist,
    "DELETE /watchlists/{list}": more_routes.delete_watchlist,
    "POST /watchlists/{list}/symbols": more_routes.add_symbols,
    "DELETE /watchlists/{list}/symbols/{symbol}": more_routes.remove_symbol,
    "POST /markets/events/session": minting("market"),
    "POST /accounts/events/session": minting("account"),
    "GET /user/profile": profile,
    "GET /accounts/{account}/balances": balances,
    "GET /accounts/{account}/positions": positions,
    "GET /accounts/{account}/orders": order_routes.orders,
    "POST /accounts/{account}/orders": order_routes.place,
    "GET /accounts/{account}/orders/{order}": order_routes.order,
    "PUT /accounts/{account}/orders/{order}": order_routes.change,
    "DELETE /accounts/{account}/orders/{order}": order_routes.cancel,
}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template).replace("(?P<symbol>[^/]+)", "(?P<symbol>.+)"))


ROUTES = [(_pattern(route), handler) for route, handler in TABLE.items()]


def find(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """Return what answers a path behind `/v1`, and what stands for the names in it."""
    for pattern, handler in ROUTES:
        if match := pattern.fullmatch(f"{method} {path}"):
            return handler, match.groupdict()
    return None
