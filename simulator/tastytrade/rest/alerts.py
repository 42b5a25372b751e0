"""The REST API about quote alerts."""

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade import quote_alerts
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest.router import Api, route

_NOTHING = Answer(204, b"")


def _listed(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    alerts = api.alerts.of(customer.id)
    return api.items(request, [quote_alerts.alert_body(alert, api.market.at) for alert in alerts])


def _created(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    alert = api.alerts.create(customer.id, quote_alerts.read(request.body))
    return envelope(quote_alerts.alert_body(alert, api.market.at), request.path, status=201)


def _cancelled(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    api.alerts.cancel(customer.id, parts[0])
    return _NOTHING


ROUTES = (
    route("GET", r"/quote-alerts", _listed),
    route("POST", r"/quote-alerts", _created),
    route("DELETE", r"/quote-alerts/([^/]+)", _cancelled),
)
