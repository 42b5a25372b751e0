"""The REST API about futures and options on them: products, contracts and chains."""

import datetime

from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer
from simulator.market.future_options import SERIES, FutureOption, is_listed, listed, parse
from simulator.market.futures import PRODUCTS, Product, find
from simulator.tastytrade.bodies import future_options, futures
from simulator.tastytrade.format import SimTastytradeRefusal, envelope
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.router import Api, not_found, route


def _products(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [_product_body(product) for product in PRODUCTS.values()])


def _product(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    exchange, code = parts
    product = futures.product(code)
    if product is None or exchange != futures.EXCHANGE:
        raise not_found()
    return envelope(_product_body(product), request.path)


def _product_body(product: Product) -> Json:
    return futures.product_body(product) | {"option-products": future_options.of_product(product)}


def _futures(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    contracts = futures.select_contracts(api.market, request.all("symbol"), request.all("product-code"))
    return api.pages(request, [futures.future_body(contract, api.market) for contract in contracts])


def _future(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    contract = find(f"/{parts[0].lstrip('/')}", api.market.at)
    if contract is None:
        raise not_found()
    return envelope(futures.future_body(contract, api.market), request.path)


_TOGETHER = ("option-root-symbol", "expiration-date", "option-type", "strike-price")
"""Filters that are given all together or not at all, and never beside `symbol`."""


def _option_products(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [future_options.series_body(series) for series in SERIES.values()])


def _option_product(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    exchange, root = parts
    if exchange not in (None, futures.EXCHANGE) or root not in SERIES:
        raise not_found()
    return envelope(future_options.series_body(SERIES[root]), request.path)


def _options(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    found = _matching(api, request, bool(wanted))
    found += [option for option in map(parse, wanted) if option and is_listed(option, api.market.at)]
    return api.items(request, [_body(api, option) for option in found])


def _matching(api: Api, request: SimRequest, has_symbols: bool) -> list[FutureOption]:
    """Return the options the filters name. Raises SimTastytradeRefusal 400."""
    given = {name: request.first(name) for name in _TOGETHER if request.first(name)}
    if not given:
        return []
    if has_symbols or len(given) < len(_TOGETHER):
        raise SimTastytradeRefusal(400, "validation_error", f"{', '.join(_TOGETHER)} go together, and not with symbol")
    right = query.choice(request, "option-type", ("C", "P"))
    day, strike = query.day(request, "expiration-date"), query.amount(request, "strike-price")
    root = given["option-root-symbol"]
    return [o for o in _of_root(api, root, day) if (o.right, o.strike) == (right, strike)]


def _of_root(api: Api, root: str, day: datetime.date | None) -> list[FutureOption]:
    series = SERIES.get(root)
    product = futures.product(series.product) if series else None
    options = listed(product, api.market.at) if product else []
    return [option for option in options if (option.root, option.expiry) == (root, day)]


def _option(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    option = parse(f"./{parts[0].lstrip('./')}")
    if option is None or not is_listed(option, api.market.at):
        raise not_found()
    return envelope(_body(api, option), request.path)


def _body(api: Api, option: FutureOption) -> Json:
    series = future_options.series_body(option.expiration.series, nested=False)
    return future_options.option_body(option, api.market, series)


def _nested(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(_chain(api, parts[0]).nested(), request.path)


def _flat(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, _chain(api, parts[0]).flat())


def _chain(api: Api, code: str) -> future_options.FutureOptionChain:
    product = futures.product(code)
    if product is None:
        raise not_found()
    return future_options.FutureOptionChain(product, api.market)


ROUTES = (
    route("GET", r"/instruments/future-option-products", _option_products),
    route("GET", r"/instruments/future-option-products/(?:([^/]+)/)?([^/]+)", _option_product),
    route("GET", r"/instruments/future-options", _options),
    route("GET", r"/instruments/future-options/(.+)", _option),
    route("GET", r"/futures-option-chains/(.+)/nested", _nested),
    route("GET", r"/futures-option-chains/(.+)", _flat),
    route("GET", r"/instruments/future-products", _products),
    route("GET", r"/instruments/future-products/([^/]+)/(.+)", _product),
    route("GET", r"/instruments/futures", _futures),
    route("GET", r"/instruments/futures/(.+)", _future),
)
