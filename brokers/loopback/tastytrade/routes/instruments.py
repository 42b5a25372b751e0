"""The REST API about what is listed: equities, options and their chains."""

from brokers.loopback.accounts import Customer
from brokers.loopback.asgi import Answer, Json, Request
from brokers.loopback.tastytrade import instruments
from brokers.loopback.tastytrade.routes.api import Api, not_found, route
from brokers.loopback.tastytrade.wording import envelope
from brokers.loopback.universe import Listing


def _equities(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    listings = [tape.listing for tape in api.market.tapes.values() if not wanted or tape.listing.symbol in wanted]
    return api.pages(request, [instruments.equity_body(listing) for listing in _filtered(request, listings)])


def _filtered(request: Request, listings: list[Listing]) -> list[Listing]:
    index, etf = request.first("is-index"), request.first("is-etf")
    return [
        listing
        for listing in listings
        if (not index or (listing.kind == "index") == (index == "true"))
        and (not etf or (listing.kind == "etf") == (etf == "true"))
    ]


def _equity(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(instruments.equity_body(api.listing(parts[0])), request.path)


def _options(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    bodies = [_option_of(api, symbol) for symbol in request.all("symbol")]
    return api.items(request, [body for body in bodies if body is not None])


def _option(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    body = _option_of(api, parts[0])
    if body is None:
        raise not_found()
    return envelope(body, request.path)


def _option_of(api: Api, symbol: str) -> Json | None:
    state = api.surface.find(symbol)
    return instruments.option_body(state.option, state.underlying, api.market) if state else None


def _nested(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, [instruments.nested_chain(_optionable(api, parts[0]), api.market)])


def _flat(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    listing = _optionable(api, parts[0])
    options = instruments.listed_options(listing, api.market.at)
    return api.items(request, [instruments.option_body(o, listing.symbol, api.market) for o in options])


def _optionable(api: Api, symbol: str) -> Listing:
    listing = api.listing(symbol)
    if not listing.has_options:
        raise not_found()
    return listing


ROUTES = (
    route("GET", r"/instruments/equities", _equities),
    route("GET", r"/instruments/equities/active", _equities),
    route("GET", r"/instruments/equities/(.+)", _equity),
    route("GET", r"/instruments/equity-options", _options),
    route("GET", r"/instruments/equity-options/(.+)", _option),
    route("GET", r"/option-chains/(.+)/nested", _nested),
    route("GET", r"/option-chains/(.+)", _flat),
)
