"""The REST API about what accounts may do and what their positions require."""

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade.bodies import margin_report, risk
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest.router import Api, own_account, route


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
    route("GET", r"/accounts/([^/]+)/trading-status", _trading_status),
    route("GET", r"/accounts/([^/]+)/position-limit", _position_limit),
    route("GET", r"/accounts/([^/]+)/margin-requirements/(.+)/effective", _effective),
    route("GET", r"/margin/accounts/([^/]+)/requirements", _requirements),
)
