"""The REST API about futures: products and contracts."""

from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer
from simulator.market import futures as listed
from simulator.tastytrade.bodies import future_options, futures
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest.router import Api, not_found, route


def _products(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [_product_body(product) for product in listed.PRODUCTS.values()])


def _product(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    exchange, code = parts
    product = futures.product(code)
    if product is None or exchange != futures.EXCHANGE:
        raise not_found()
    return envelope(_product_body(product), request.path)


def _product_body(product: listed.Product) -> Json:
    return futures.product_body(product) | {"option-products": future_options.of_product(product)}


def _futures(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    contracts = futures.wanted(api.market, request.all("symbol"), request.all("product-code"))
    return api.pages(request, [futures.future_body(contract, api.market) for contract in contracts])


def _future(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    contract = listed.find(f"/{parts[0].lstrip('/')}", api.market.at)
    if contract is None:
        raise not_found()
    return envelope(futures.future_body(contract, api.market), request.path)


ROUTES = (
    route("GET", r"/instruments/future-products", _products),
    route("GET", r"/instruments/future-products/([^/]+)/(.+)", _product),
    route("GET", r"/instruments/futures", _futures),
    route("GET", r"/instruments/futures/(.+)", _future),
)
