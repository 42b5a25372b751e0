"""The REST API about what was booked: every execution, movement of money and fee of an account."""

import decimal

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.orders import Transaction
from simulator.market import calendar
from simulator.tastytrade.bodies import orders
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.query import fits, newest_first, period, within
from simulator.tastytrade.rest.router import Api, not_found, own_account, route

_EXACT = ("instrument-type", "symbol", "underlying-symbol", "action")


def _listed(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    span, newest = period(request), newest_first(request)
    kinds, sub_types = request.all("type") + request.all("types"), request.all("sub-type")
    kept = [
        transaction
        for transaction in sorted(account.transactions, key=lambda t: t.id, reverse=newest)
        if within(transaction.at, span)
        and fits(transaction.type, kinds)
        and fits(transaction.sub_type, sub_types)
        and _has_partition(api, account, transaction, request.first("partition-key"))
    ]
    bodies = [orders.transaction_body(transaction, api.surface) for transaction in kept]
    wanted = {key: request.all(key) for key in _EXACT}
    futures = request.all("futures-symbol")
    return api.pages(
        request,
        [
            body
            for body in bodies
            if all(fits(body.get(key), values) for key, values in wanted.items())
            and (not futures or {body.get("symbol"), body.get("underlying-symbol")} & {*futures})
        ],
    )


def _has_partition(api: Api, account: SimAccount, transaction: Transaction, key: str) -> bool:
    """Whether the order behind a booking was placed in a partition; no key is all."""
    orders = api.exchange.orders_of(account) if key else []
    return not key or any(order.id == transaction.order_id and order.ticket.partition_key == key for order in orders)


def _one(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    for transaction in own_account(customer, parts[0]).transactions:
        if str(transaction.id) == parts[1]:
            return envelope(orders.transaction_body(transaction, api.surface), request.path)
    raise not_found()


def _total_fees(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    day = query.day(request, "date") or calendar.day_of(api.market.at)
    paid = (transaction.fees.total for transaction in account.transactions if transaction.day == day)
    return envelope(orders.total_fees_body(sum(paid, decimal.Decimal(0))), request.path)


ROUTES = (
    route("GET", r"/accounts/([^/]+)/transactions", _listed),
    route("GET", r"/accounts/([^/]+)/transactions/total-fees", _total_fees),
    route("GET", r"/accounts/([^/]+)/transactions/(\d+)", _one),
)
