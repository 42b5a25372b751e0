"""Every REST path of the simulated Tradier, and what answers it."""

import re
import typing

from simulator.asgi import Json
from simulator.tradier.format import invalid
from simulator.tradier.request import SimTradierCall
from simulator.tradier.rest import account_routes, market_routes, order_routes
from simulator.tradier.stream_sessions import Kind
from simulator.tradier.venue import SimTradier, now

Handler = typing.Callable[[SimTradier, SimTradierCall], Json]


def minting(kind: Kind) -> Handler:
    """Answer with a new session of a kind of stream."""

    def mint(venue: SimTradier, call: SimTradierCall) -> Json:
        if call.request.body:
            raise invalid("body", "must be empty.")
        session = venue.sessions.mint(call.token, kind, now())
        return {"stream": {"url": venue.stream_url(kind, call.token.environment), "sessionid": session.id}}

    return mint


TABLE: dict[str, Handler] = {
    "GET /markets/quotes": market_routes.quotes,
    "POST /markets/quotes": market_routes.quotes,
    "GET /markets/options/expirations": market_routes.expirations,
    "GET /markets/options/strikes": market_routes.strikes,
    "GET /markets/options/chains": market_routes.chain,
    "GET /markets/options/lookup": market_routes.symbols,
    "GET /markets/clock": market_routes.clock,
    "GET /markets/calendar": market_routes.month,
    "GET /markets/history": market_routes.days,
    "GET /markets/timesales": market_routes.series,
    "GET /markets/search": market_routes.search,
    "GET /markets/lookup": market_routes.lookup,
    "GET /markets/etb": market_routes.easy_to_borrow,
    "GET /accounts/{account}/history": account_routes.account_history,
    "GET /accounts/{account}/gainloss": account_routes.gains,
    "GET /watchlists": account_routes.watchlists,
    "POST /watchlists": account_routes.create_watchlist,
    "GET /watchlists/{list}": account_routes.watchlist,
    "PUT /watchlists/{list}": account_routes.change_watchlist,
    "DELETE /watchlists/{list}": account_routes.delete_watchlist,
    "POST /watchlists/{list}/symbols": account_routes.add_symbols,
    "DELETE /watchlists/{list}/symbols/{symbol}": account_routes.remove_symbol,
    "POST /markets/events/session": minting("market"),
    "POST /accounts/events/session": minting("account"),
    "GET /user/profile": account_routes.profile,
    "GET /accounts/{account}/balances": account_routes.balances,
    "GET /accounts/{account}/positions": account_routes.positions,
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
