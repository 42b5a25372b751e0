"""The REST API about what is listed: equities, options and their chains, the small kinds, and how to find them."""

import typing

from brokers.instruments.symbols import Option
from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer
from simulator.market.universe import Lendability, Listing
from simulator.tastytrade.bodies import instruments, other_instruments
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.router import Api, not_found, route

_ACTIVE_PER_PAGE = 1000


def _equities(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    found = [listing for listing in _filtered(api, request) if not wanted or listing.symbol in wanted]
    return api.pages(request, [_equity_body(api, listing) for listing in found])


def _active(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    bodies = [_equity_body(api, listing) for listing in _filtered(api, request)]
    return api.pages(request, [body for body in bodies if body["active"]], per_page=_ACTIVE_PER_PAGE)


def _filtered(api: Api, request: SimRequest) -> list[Listing]:
    index, etf = query.flag(request, "is-index"), query.flag(request, "is-etf")
    lendability = query.choice(request, "lendability", typing.get_args(Lendability))
    return [
        listing
        for listing in api.equities()
        if index in (None, listing.kind == "index")
        and etf in (None, listing.kind == "etf")
        and lendability in (None, listing.lendability)
    ]


def _equity(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(_equity_body(api, api.listing(parts[0])), request.path)


def _equity_body(api: Api, listing: Listing) -> Json:
    return instruments.equity_body(listing, api.market.tapes[listing.symbol].halted_at)


def _options(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    bodies = [_option_of(api, symbol) for symbol in request.all("symbol")]
    return api.items(request, [body for body in bodies if body is not None])


def _option(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    body = _option_of(api, parts[0])
    if body is None:
        raise not_found()
    return envelope(body, request.path)


def _option_of(api: Api, symbol: str) -> Json | None:
    state = api.surface.trading(symbol)
    if state is None or not isinstance(state.option, Option):
        return None
    return instruments.option_body(state.option, state.underlying, api.market)


def _nested(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, [instruments.nested_chain(_optionable(api, parts[0]), api.market)])


def _flat(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    listing = _optionable(api, parts[0])
    options = instruments.listed_options(listing, api.market.at)
    return api.items(request, [instruments.option_body(o, listing.symbol, api.market) for o in options])


def _compact(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, instruments.compact_chains(_optionable(api, parts[0]), api.market))


def _optionable(api: Api, symbol: str) -> Listing:
    listing = api.listing(symbol)
    if not listing.has_options:
        raise not_found()
    return listing


def _coins(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    return api.items(request, [body for body in _coin_bodies(api) if not wanted or body["symbol"] in wanted])


def _coin(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    for body in _coin_bodies(api):
        if body["symbol"] == parts[0]:
            return envelope(body, request.path)
    raise not_found()


def _coin_bodies(api: Api) -> list[Json]:
    return [
        other_instruments.coin_body(listing, number)
        for number, listing in enumerate(other_instruments.coins(api.market).values(), 1)
    ]


def _warrants(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    return api.items(
        request, [body for name, body in other_instruments.WARRANTS.items() if not wanted or name in wanted]
    )


def _warrant(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    if parts[0] not in other_instruments.WARRANTS:
        raise not_found()
    return envelope(other_instruments.WARRANTS[parts[0]], request.path)


def _currency_pairs(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, other_instruments.CURRENCY_PAIRS)


def _precisions(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, other_instruments.precisions(api.market))


def _symbols(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, _hits(api, parts[0]))


def _search(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, _hits(api, query.required(request, "query")))


def _hits(api: Api, text: str) -> list[Json]:
    listings = (tape.listing for symbol, tape in api.market.tapes.items() if api.market.trading(symbol))
    return [other_instruments.hit_body(listing) for listing in other_instruments.search(listings, text)]


ROUTES = (
    route("GET", r"/instruments/equities", _equities),
    route("GET", r"/instruments/equities/active", _active),
    route("GET", r"/instruments/equities/(.+)", _equity),
    route("GET", r"/instruments/equity-options", _options),
    route("GET", r"/instruments/equity-options/(.+)", _option),
    route("GET", r"/option-chains/(.+)/nested", _nested),
    route("GET", r"/option-chains/(.+)/compact", _compact),
    route("GET", r"/option-chains/(.+)", _flat),
    route("GET", r"/instruments/cryptocurrencies", _coins),
    route("GET", r"/instruments/cryptocurrencies/(.+)", _coin),
    route("GET", r"/instruments/warrants", _warrants),
    route("GET", r"/instruments/warrants/(.+)", _warrant),
    route("GET", r"/instruments/currency-pairs", _currency_pairs),
    route("GET", r"/instruments/quantity-decimal-precisions", _precisions),
    route("GET", r"/instruments/search", _search),
    route("GET", r"/symbols/search/(.+)", _symbols),
)
