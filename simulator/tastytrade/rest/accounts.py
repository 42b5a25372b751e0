"""The REST API about people and their accounts: who they are, their money, what they hold, what it risks."""

import msgspec

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade.bodies import margin_report, people, risk
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest import positions_filter
from simulator.tastytrade.rest.router import Api, not_found, own_account, route

CURRENCY = "USD"
"""The one currency accounts are kept in here."""


def _me(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(people.customer_body(customer), request.path)


def _validate(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope({"email": customer.email, "external-id": customer.id, "id": 1}, request.path)


def _accounts(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    owned = customer.accounts
    items = [{"account": people.account_body(a), "authority-level": customer.authority(a.number)} for a in owned]
    return api.items(request, items)


def _account(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(people.account_body(own_account(customer, parts[0])), request.path)


def _balance(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    if parts[1] not in (None, CURRENCY):
        raise not_found()
    return envelope(api.notices.balance(account, customer, api.now()), request.path)


def _positions(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account, wanted = own_account(customer, parts[0]), positions_filter.read(request)
    closed = [gone for gone in account.closed.values() if gone.realized_on == api.market.day]
    held = account.holdings + (closed if wanted.closed else [])
    held = positions_filter.net(held) if wanted.net else held
    shown = msgspec.structs.replace(account, holdings=held)
    bodies = api.notices.positions(shown, customer, api.now(), marks=wanted.marks)
    return api.items(request, [body for body in bodies if wanted.takes(body)])


def _trading_status(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(risk.trading_status_body(own_account(customer, parts[0]), api.market), request.path)


def _position_limit(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(risk.position_limit_body(own_account(customer, parts[0])), request.path)


def _requirements(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    return envelope(margin_report.report_body(account, api.market, api.surface), request.path)


def _effective(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account = own_account(customer, parts[0])
    return envelope(risk.effective_margin_body(account, api.listing(parts[1]).symbol), request.path)


ROUTES = (
    route("GET", r"/customers/me", _me),
    route("POST", r"/sessions/validate", _validate),
    route("GET", r"/customers/me/accounts", _accounts),
    route("GET", r"/customers/me/accounts/([^/]+)", _account),
    route("GET", r"/accounts/([^/]+)/balances(?:/([^/]+))?", _balance),
    route("GET", r"/accounts/([^/]+)/positions", _positions),
    route("GET", r"/accounts/([^/]+)/trading-status", _trading_status),
    route("GET", r"/accounts/([^/]+)/position-limit", _position_limit),
    route("GET", r"/accounts/([^/]+)/margin-requirements/(.+)/effective", _effective),
    route("GET", r"/margin/accounts/([^/]+)/requirements", _requirements),
)
