"""The REST API about how underlyings behave: market metrics, past dividends and earnings."""

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade.bodies import metrics
from simulator.tastytrade.format import SimTastytradeRefusal
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.router import Api, route

_MOST_SYMBOLS = 100


def _metrics(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbols")
    if not 0 < len(wanted) <= _MOST_SYMBOLS:
        raise SimTastytradeRefusal(
            400, "validation_error", f"symbols names 1 to {_MOST_SYMBOLS} symbols, not {len(wanted)}"
        )
    known = {listing.symbol for listing in api.equities()}
    tapes = [api.market.tapes[symbol] for symbol in wanted if symbol in known]
    return api.items(request, [metrics.metrics_body(tape, api.surface) for tape in tapes])


def _dividends(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, metrics.dividend_bodies(api.listing(parts[0]), api.market.day))


def _earnings(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    since = query.day(request, "start-date")
    return api.items(request, metrics.earnings_bodies(api.listing(parts[0]), since, api.market.day))


ROUTES = (
    route("GET", r"/market-metrics", _metrics),
    route("GET", r"/market-metrics/historic-corporate-events/dividends/(.+)", _dividends),
    route("GET", r"/market-metrics/historic-corporate-events/earnings-reports/(.+)", _earnings),
)
