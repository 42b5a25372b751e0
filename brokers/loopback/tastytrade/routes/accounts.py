"""The REST API about people and their accounts: who they are, their money, what they hold."""

from brokers.loopback.accounts import Customer
from brokers.loopback.asgi import Answer, Request
from brokers.loopback.tastytrade import people
from brokers.loopback.tastytrade.routes.api import Api, own_account, route
from brokers.loopback.tastytrade.wording import envelope


def _me(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(people.customer_body(customer), request.path)


def _validate(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope({"email": customer.email, "external-id": customer.id, "id": 1}, request.path)


def _accounts(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    items = [{"account": people.account_body(a), "authority-level": "owner"} for a in customer.accounts]
    return api.items(request, items)


def _account(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(people.account_body(own_account(customer, parts[0])), request.path)


def _balance(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(api.notices.balance(own_account(customer, parts[0]), customer, api.now()), request.path)


def _positions(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    marks = request.first("include-marks") == "true"
    bodies = api.notices.positions(account, customer, api.now(), marks=marks)
    wanted = {
        "underlying-symbol": request.all("underlying-symbol"),
        "symbol": [value for key, value in request.query if key == "symbol"],
        "instrument-type": [value for key, value in request.query if key == "instrument-type"],
    }
    kept = [body for body in bodies if all(not values or body[key] in values for key, values in wanted.items())]
    return api.items(request, kept)


def _no_orders(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    own_account(customer, parts[0])
    return api.items(request, [])


ROUTES = (
    route("GET", r"/customers/me", _me),
    route("POST", r"/sessions/validate", _validate),
    route("GET", r"/customers/me/accounts", _accounts),
    route("GET", r"/customers/me/accounts/([^/]+)", _account),
    route("GET", r"/accounts/([^/]+)/balances(?:/USD)?", _balance),
    route("GET", r"/accounts/([^/]+)/positions", _positions),
    route("GET", r"/accounts/([^/]+)/orders/live", _no_orders),
    route("GET", r"/accounts/([^/]+)/complex-orders/live", _no_orders),
)
