"""The REST API about quote alerts and watchlists: the venue's, a person's own, those of pairs."""

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade import quote_alerts, watchlists
from simulator.tastytrade.format import envelope
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.router import Api, not_found, route


def _publics(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    counts_only = query.flag(request, "counts-only") or False
    lists = sorted(api.watchlists.public.values(), key=lambda made: made.order_index)
    return api.items(request, [watchlists.public_body(made, counts_only=counts_only) for made in lists])


def _public(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    found = api.watchlists.public.get(parts[0])
    if found is None:
        raise not_found()
    return envelope(watchlists.public_body(found), request.path)


def _pairs(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [watchlists.pairs_body(made) for made in api.watchlists.pairs.values()])


def _one_pairs(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    found = api.watchlists.pairs.get(parts[0])
    if found is None:
        raise not_found()
    return envelope(watchlists.pairs_body(found), request.path)


def _privates(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [watchlists.body(made) for made in api.watchlists.of(customer.id)])


def _private(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(watchlists.body(api.watchlists.find(customer.id, parts[0])), request.path)


def _create(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    made = watchlists.read(request.body)
    api.watchlists.create(customer.id, made)
    return envelope(watchlists.body(made), request.path, status=201)


def _replace(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    made = watchlists.read(request.body)
    api.watchlists.replace(customer.id, parts[0], made)
    return envelope(watchlists.body(made), request.path)


def _remove(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(watchlists.body(api.watchlists.remove(customer.id, parts[0])), request.path)


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
    route("GET", r"/public-watchlists", _publics),
    route("GET", r"/public-watchlists/(.+)", _public),
    route("GET", r"/pairs-watchlists", _pairs),
    route("GET", r"/pairs-watchlists/(.+)", _one_pairs),
    route("GET", r"/watchlists", _privates),
    route("POST", r"/watchlists", _create),
    route("GET", r"/watchlists/(.+)", _private),
    route("PUT", r"/watchlists/(.+)", _replace),
    route("DELETE", r"/watchlists/(.+)", _remove),
    route("GET", r"/quote-alerts", _listed),
    route("POST", r"/quote-alerts", _created),
    route("DELETE", r"/quote-alerts/([^/]+)", _cancelled),
)
