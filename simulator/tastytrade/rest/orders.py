"""The REST API about orders, simple and complex: dry runs, placing, replacing, cancelling, and every list of them."""

import typing

from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.orders import ComplexOrder, Rejection, SimOrder, UnknownOrder
from simulator.market import calendar
from simulator.tastytrade.bodies.orders import (
    complex_body,
    order_body,
    preview_body,
    unplaced_body,
    unplaced_complex_body,
)
from simulator.tastytrade.format import SimTastytradeRefusal, envelope
from simulator.tastytrade.orders import parsing, preflight
from simulator.tastytrade.rest.query import fits, newest_first, period, within
from simulator.tastytrade.rest.router import Api, not_found, own_account, route

R = typing.TypeVar("R")
_FINAL = "cannot_update_order"


def _placed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.order_ticket(request.body)
    preflight.check(ticket, api.surface)
    order, preview = attempt(lambda: api.exchange.place(account, ticket))
    body = {**preview_body(preview), "order": order_body(order, api.surface)}
    return envelope(body, request.path, status=201)


def _tried(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.order_ticket(request.body)
    preflight.check(ticket, api.surface)
    preview = attempt(lambda: api.exchange.preview(account, ticket))
    order = unplaced_body(account.number, ticket, api.surface)
    return envelope({**preview_body(preview), "order": order}, request.path, status=201)


def _replaced(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    order = _order_of(api, account, parts[1])
    ticket = parsing.replacement(order.ticket, request.body, is_partial=request.method == "PATCH")
    preflight.check(ticket, api.surface)
    new = attempt(lambda: api.exchange.replace(account, order.id, ticket))
    return envelope(order_body(new, api.surface), request.path)


def _replacement_tried(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    order = _order_of(api, account, parts[1])
    ticket = parsing.replacement(order.ticket, request.body, is_partial=True)
    preflight.check(ticket, api.surface)
    preview = attempt(lambda: api.exchange.preview_replace(account, order.id, ticket))
    body = unplaced_body(account.number, ticket, api.surface, **{"replaces-order-id": order.id})
    return envelope({**preview_body(preview), "order": body}, request.path, status=201)


def _cancelled(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    order = _order_of(api, account, parts[1])
    cancelled = attempt(lambda: api.exchange.cancel(account, order.id))
    return envelope(order_body(cancelled, api.surface), request.path)


def _one(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    order = _order_of(api, own_account(customer, parts[0]), parts[1])
    return envelope(order_body(order, api.surface), request.path)


def _listed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return _pages(api, request, [own_account(customer, parts[0])])


def _live(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return _todays(api, request, [own_account(customer, parts[0])])


def _all_listed(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return _pages(api, request, _wanted(request, customer))


def _all_live(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return _todays(api, request, _wanted(request, customer))


def _wanted(request: SimRequest, customer: Customer) -> list[SimAccount]:
    """Return the accounts a list over several is about: all of the person's, unless some are named."""
    numbers = request.all("account-numbers")
    return [own_account(customer, number) for number in numbers] if numbers else customer.accounts


def _pages(api: Api, request: SimRequest, accounts: list[SimAccount]) -> Answer:
    span, statuses, underlyings = period(request), request.all("status"), request.all("underlying-symbol")
    kinds, futures = request.all("underlying-instrument-type"), request.all("futures-symbol")
    orders = [order for account in accounts for order in api.exchange.orders_of(account)]
    orders.sort(key=lambda order: order.id, reverse=newest_first(request))
    bodies = [
        order_body(order, api.surface)
        for order in orders
        if within(order.received_at, span) and fits(order.status, statuses)
    ]
    kept = [
        body
        for body in bodies
        if fits(body["underlying-symbol"], underlyings)
        and fits(body["underlying-instrument-type"], kinds)
        and (not futures or any(symbol in futures for symbol in _symbols(body)))
    ]
    return api.pages(request, kept)


def _symbols(body: Json) -> list[str]:
    return [body["underlying-symbol"], *(leg["symbol"] for leg in body["legs"])]


def _todays(api: Api, request: SimRequest, accounts: list[SimAccount]) -> Answer:
    """Answer what was made or changed today, and all that still works."""
    orders = [order for account in accounts for order in api.exchange.orders_of(account)]
    orders.sort(key=lambda order: order.id, reverse=True)
    kept = [order for order in orders if is_todays(api, order)]
    return api.items(request, [order_body(order, api.surface) for order in kept])


def is_todays(api: Api, order: SimOrder) -> bool:
    """Whether an order was made or changed today, or still works."""
    return not order.is_final or calendar.day_of(order.updated_at) == api.market.day


def _order_of(api: Api, account: SimAccount, id: str) -> SimOrder:
    for order in api.exchange.orders_of(account):
        if str(order.id) == id:
            return order
    raise not_found()


def attempt(act: typing.Callable[[], R]) -> R:
    """Ask the exchange.

    Raises SimTastytradeRefusal 422 with the exchange's own complaints, 404 when it knows no such order.
    """
    try:
        return act()
    except Rejection as rejection:
        if rejection.errors[0][0] == _FINAL:  # the venue tells this one by itself
            raise SimTastytradeRefusal(422, *rejection.errors[0]) from rejection
        raise preflight.refuse(*rejection.errors) from rejection
    except UnknownOrder:
        raise not_found() from None


def _complex_placed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.complex_ticket(request.body)
    preflight.check_complex(ticket, api.surface)
    order, preview = attempt(lambda: api.exchange.place_complex(account, ticket))
    body = complex_body(order, api.surface)
    return envelope({**preview_body(preview), "complex-order": body}, request.path, status=201)


def _complex_tried(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    ticket = parsing.complex_ticket(request.body)
    preflight.check_complex(ticket, api.surface)
    preview = attempt(lambda: api.exchange.preview_complex(account, ticket))
    body = unplaced_complex_body(account.number, ticket, api.surface)
    return envelope({**preview_body(preview), "complex-order": body}, request.path, status=201)


def _complex_cancelled(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    order = _complex_of(api, account, parts[1])
    cancelled = attempt(lambda: api.exchange.cancel_complex(account, order.id))
    return envelope(complex_body(cancelled, api.surface), request.path)


def _complex_one(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    order = _complex_of(api, own_account(customer, parts[0]), parts[1])
    return envelope(complex_body(order, api.surface), request.path)


def _complex_listed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    orders = api.exchange.complex_orders_of(own_account(customer, parts[0]))
    return api.pages(request, [complex_body(order, api.surface) for order in orders])


def _complex_live(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    """Answer the complex orders of which any part was made or changed today, or still works."""
    orders = api.exchange.complex_orders_of(own_account(customer, parts[0]))
    kept = [order for order in orders if any(is_todays(api, part) for part in order.members)]
    return api.items(request, [complex_body(order, api.surface) for order in kept])


def _complex_of(api: Api, account: SimAccount, id: str) -> ComplexOrder:
    for order in api.exchange.complex_orders_of(account):
        if str(order.id) == id:
            return order
    raise not_found()


ROUTES = (
    route("GET", r"/customers/me/orders", _all_listed),
    route("GET", r"/customers/me/orders/live", _all_live),
    route("POST", r"/accounts/([^/]+)/orders", _placed, "trade"),
    route("POST", r"/accounts/([^/]+)/orders/dry-run", _tried, "trade"),
    route("GET", r"/accounts/([^/]+)/orders", _listed),
    route("GET", r"/accounts/([^/]+)/orders/live", _live),
    route("GET", r"/accounts/([^/]+)/orders/(\d+)", _one),
    route("PUT", r"/accounts/([^/]+)/orders/(\d+)", _replaced, "trade"),
    route("PATCH", r"/accounts/([^/]+)/orders/(\d+)", _replaced, "trade"),
    route("DELETE", r"/accounts/([^/]+)/orders/(\d+)", _cancelled, "trade"),
    route("POST", r"/accounts/([^/]+)/orders/(\d+)/dry-run", _replacement_tried, "trade"),
    route("POST", r"/accounts/([^/]+)/complex-orders", _complex_placed, "trade"),
    route("POST", r"/accounts/([^/]+)/complex-orders/dry-run", _complex_tried, "trade"),
    route("GET", r"/accounts/([^/]+)/complex-orders", _complex_listed),
    route("GET", r"/accounts/([^/]+)/complex-orders/live", _complex_live),
    route("GET", r"/accounts/([^/]+)/complex-orders/(\d+)", _complex_one),
    route("DELETE", r"/accounts/([^/]+)/complex-orders/(\d+)", _complex_cancelled, "trade"),
)
