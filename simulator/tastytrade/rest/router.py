"""Answering tastytrade's REST API: who may ask for what, and what every answer has in common. Sans-IO.

A route is a method, a pattern of the whole decoded path, and a handler; the first that fits answers. What does not
exist is a `record_not_found` (404); an account of somebody else is not told apart from one nobody has, and both are
`not_permitted` (403).
"""

import re
import typing

import msgspec

from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.net_liq_history import Histories
from simulator.market.universe import Listing
from simulator.tastytrade.account_stream.notifications import SimTastytradeNotices
from simulator.tastytrade.dxlink.events import SimDxlinkFeed
from simulator.tastytrade.format import SimTastytradeRefusal, envelope, paginate
from simulator.tastytrade.oauth.grants import SimTastytradeGrant
from simulator.tastytrade.quote_alerts import Alerts
from simulator.tastytrade.rest import query
from simulator.tastytrade.watchlists import SimTastytradeWatchlists

Scope = typing.Literal["read", "trade"]
Handler = typing.Callable[["Api", SimRequest, Customer, tuple[str, ...]], Answer]
_PER_PAGE = 2000
_USUAL_PAGE = 250


class Route(msgspec.Struct, frozen=True):
    """One path of the API. `scope` is what a grant must carry to ask for it."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    scope: Scope


def route(method: str, pattern: str, handler: Handler, scope: Scope = "read") -> Route:
    """Make a route; the groups of `pattern` are handed to `handler`."""
    return Route(method, re.compile(pattern), handler, scope)


class Api:
    """The answers of the REST API over one market."""

    def __init__(
        self,
        feed: SimDxlinkFeed,
        exchange: Exchange,
        notices: SimTastytradeNotices,
        quote_token: typing.Callable[[Customer], Json],
        now: typing.Callable[[], float],
        routes: typing.Sequence[Route],
        watchlists: SimTastytradeWatchlists,
        histories: Histories,
        alerts: Alerts,
    ) -> None:
        self.routes = routes
        self.watchlists = watchlists
        self.histories = histories
        self.alerts = alerts
        self.feed = feed
        self.exchange = exchange
        self.market = feed.market
        self.surface = feed.surface
        self.notices = notices
        self.quote_token = quote_token
        self.now = now

    def answer(self, request: SimRequest, grant: SimTastytradeGrant) -> Answer:
        """Answer an authorised request; a slash at the end of its path says nothing. Raises SimTastytradeRefusal."""
        path = request.path.rstrip("/")
        for known in self.routes:
            if known.method == request.method and (match := known.pattern.fullmatch(path)):
                if known.scope not in grant.scopes:
                    raise SimTastytradeRefusal(403, "not_permitted", "User not permitted access")
                if known.scope == "trade":
                    permit_trade(grant.customer, match[1], known.method)
                return known.handler(self, request, grant.customer, match.groups())
        raise not_found()

    def listing(self, symbol: str) -> Listing:
        """Return the equity, fund or index `symbol`. Raises SimTastytradeRefusal 404."""
        tape = self.market.tapes.get(symbol)
        if tape is None or not tape.listing.is_equity:
            raise not_found()
        return tape.listing

    def equities(self) -> list[Listing]:
        """Return every equity, fund and index."""
        return [tape.listing for tape in self.market.tapes.values() if tape.listing.is_equity]

    def items(self, request: SimRequest, items: list[Json]) -> Answer:
        """Answer a list in one envelope."""
        return envelope({"items": items}, request.path)

    def pages(self, request: SimRequest, items: list[Json], per_page: int = _USUAL_PAGE) -> Answer:
        """Answer the page of a list that was asked for."""
        per_page, page = (_whole(request, name, usual) for name, usual in (("per-page", per_page), ("page-offset", 0)))
        if not 0 < per_page <= _PER_PAGE or page < 0:
            raise SimTastytradeRefusal(400, "validation_error", f"per-page is 1 to {_PER_PAGE}, page-offset at least 0")
        part, block = paginate(items, per_page, page)
        return envelope({"items": part}, request.path, block)


def _whole(request: SimRequest, name: str, usual: int) -> int:
    value = request.first(name, str(usual))
    try:
        return int(value)
    except ValueError:
        raise query.wrong(name, "a whole number", value) from None


def not_found() -> SimTastytradeRefusal:
    """Say that there is no such thing."""
    return SimTastytradeRefusal(404, "record_not_found", "The record could not be found")


def permit_trade(customer: Customer, number: str, method: str) -> None:
    """Let a person trade in an account, or only cancel there when it cannot trade.

    Raises SimTastytradeRefusal 403 or 422.
    """
    standing = own_account(customer, number).standing
    if customer.authority(number) == "read-only":
        raise SimTastytradeRefusal(403, "not_permitted", "User not permitted access")
    if not standing.is_trading and method != "DELETE":
        how = "closed" if standing.is_closed else "frozen"
        failed = (f"account_is_{how}", f"Your account is {how}.")
        raise SimTastytradeRefusal(422, "preflight_check_failure", "One or more preflight checks failed", [failed])


def own_account(customer: Customer, number: str) -> SimAccount:
    """Return the customer's account of that number. Raises SimTastytradeRefusal 403."""
    for account in customer.accounts:
        if account.number == number:
            return account
    raise SimTastytradeRefusal(403, "not_permitted", "User not permitted access")
