"""The REST API about complex orders: OCO, OTO and OTOCO, tried, placed, listed and cancelled as one."""

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.orders import ComplexOrder
from simulator.tastytrade.bodies import orders as order_bodies
from simulator.tastytrade.format import envelope
from simulator.tastytrade.orders import parsing, preflight
from simulator.tastytrade.rest.orders import asked, is_todays
from simulator.tastytrade.rest.router import Api, not_found, own_account, route


def _complex_placed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.complex_ticket(request.body)
    preflight.check_complex(ticket, api.surface)
    order, preview = asked(lambda: api.exchange.place_complex(account, ticket))
    body = order_bodies.complex_body(order, api.surface)
    return envelope({**order_bodies.preview_body(preview), "complex-order": body}, request.path, status=201)


def _complex_tried(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.complex_ticket(request.body)
    preflight.check_complex(ticket, api.surface)
    preview = asked(lambda: api.exchange.preview_complex(account, ticket))
    body = order_bodies.unplaced_complex_body(account.number, ticket, api.surface)
    return envelope({**order_bodies.preview_body(preview), "complex-order": body}, request.path, status=201)


def _complex_cancelled(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    order = _complex_of(api, account, parts[1])
    cancelled = asked(lambda: api.exchange.cancel_complex(account, order.id))
    return envelope(order_bodies.complex_body(cancelled, api.surface), request.path)


def _complex_one(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    order = _complex_of(api, own_account(customer, parts[0]), parts[1])
    return envelope(order_bodies.complex_body(order, api.surface), request.path)


def _complex_listed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    orders = api.exchange.complex_orders_of(own_account(customer, parts[0]))
    return api.pages(request, [order_bodies.complex_body(order, api.surface) for order in orders])


def _complex_live(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    """Answer the complex orders of which any part was made or changed today, or still works."""
    orders = api.exchange.complex_orders_of(own_account(customer, parts[0]))
    kept = [order for order in orders if any(is_todays(api, part) for part in order.members)]
    return api.items(request, [order_bodies.complex_body(order, api.surface) for order in kept])


def _complex_of(api: Api, account: SimAccount, id: str) -> ComplexOrder:
    for order in api.exchange.complex_orders_of(account):
        if str(order.id) == id:
            return order
    raise not_found()


ROUTES = (
    route("POST", r"/accounts/([^/]+)/complex-orders", _complex_placed, "trade"),
    route("POST", r"/accounts/([^/]+)/complex-orders/dry-run", _complex_tried, "trade"),
    route("GET", r"/accounts/([^/]+)/complex-orders", _complex_listed),
    route("GET", r"/accounts/([^/]+)/complex-orders/live", _complex_live),
    route("GET", r"/accounts/([^/]+)/complex-orders/(\d+)", _complex_one),
    route("DELETE", r"/accounts/([^/]+)/complex-orders/(\d+)", _complex_cancelled, "trade"),
)
