"""The REST API about the market: quote tokens, market data, metrics, sessions and holidays."""

import datetime
import typing

from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import Customer
from simulator.market.option_surface import RATE, OptionState
from simulator.tastytrade.bodies import market_data, metrics, trading_hours
from simulator.tastytrade.dxlink.events import Subject
from simulator.tastytrade.format import SimTastytradeRefusal, envelope, number
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.router import Api, Handler, not_found, route

_LONGEST_SPAN = datetime.timedelta(days=275)
_MOST_SYMBOLS = 100
_YEARS = range(1990, 2101)
"""Years the calendar's rules are good for."""
_PREFIXES = {"Future": "/", market_data.FUTURE_OPTION: "./"}


def _quote_token(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(api.quote_token(customer), request.path)


def _by_type(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = [(kind, symbol) for kind in market_data.TYPES for symbol in request.all(kind.lower().replace(" ", "-"))]
    if not 0 < len(wanted) <= _MOST_SYMBOLS:
        raise SimTastytradeRefusal(400, "validation_error", f"Ask for 1 to {_MOST_SYMBOLS} symbols, not {len(wanted)}")
    bodies = [_market_data(api, kind, symbol) for kind, symbol in wanted]
    return envelope({"items": [body for body in bodies if body is not None]}, request.path)


def _one_market_data(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    kind, symbol = parts
    prefix = _PREFIXES.get(kind, "")  # clients take the dot and the slash in front of a symbol for parts of the path
    body = _market_data(api, kind, prefix + symbol.removeprefix(prefix))
    if body is None:
        raise not_found()
    return envelope(body, request.path)


def _market_data(api: Api, kind: str, symbol: str) -> Json | None:
    """Describe the market of `symbol` if it is of that kind; an index answers to `Index` only."""
    subject: Subject | None = api.market.trading(symbol) or api.surface.trading(symbol)
    if subject is None or market_data.kind_of(subject) != kind:
        return None
    if isinstance(subject, OptionState):
        api.surface.refresh(subject, api.market.at)
    body = market_data.market_data_body(subject, api.market)
    if ("Trade", api.feed.name(subject)) in api.feed.hidden:
        body = {key: value for key, value in body.items() if key not in market_data.HIDDEN}
    return body


def _sessions(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    names = query.choices(request, "instrument-collections", trading_hours.COLLECTIONS) or [trading_hours.EQUITY]
    return api.items(request, [trading_hours.session_body(name, api.market) for name in names])


def _session_of(name: str) -> Handler:
    def current(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
        return envelope(trading_hours.session_body(name, api.market), request.path)

    return current


def _futures_session(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(trading_hours.session_body(_exchange(parts[0]), api.market), request.path)


def _futures_sessions(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return api.items(request, [trading_hours.session_body(name, api.market) for name in trading_hours.FUTURES])


def _neighbour(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    """Answer the session on or after a `date`, or the one before it; without one, the next to today's."""
    market, side, *exchange = parts
    name = _exchange(exchange[0]) if market == "futures" else trading_hours.EQUITY
    day = _calendar_day(request, "date")
    if day is not None and side == "next":
        found = trading_hours.on_or_after(name, day)
    else:
        found = trading_hours.neighbour(name, day or api.market.day, 1 if side == "next" else -1)
    return envelope(trading_hours.dated_body(name, found), request.path)


def _range(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    """Answer the sessions of a span of days, today's first unless `from-date` says otherwise."""
    name = query.choice(request, "instrument-collection", trading_hours.COLLECTIONS) or trading_hours.EQUITY
    query.required(request, "to-date")
    first, last = _calendar_day(request, "from-date") or api.market.day, _calendar_day(request, "to-date")
    if last is None or not datetime.timedelta() <= last - first <= _LONGEST_SPAN:
        raise query.wrong("to-date", "a day up to nine months after from-date", request.first("to-date"))
    return api.items(request, [trading_hours.simple_body(name, day) for day in trading_hours.days(name, first, last)])


def _calendar_day(request: SimRequest, name: str) -> datetime.date | None:
    """Return a date of the years there is a calendar for. Raises SimTastytradeRefusal 400."""
    day = query.day(request, name)
    if day is not None and day.year not in _YEARS:
        raise query.wrong(name, f"a date from {_YEARS[0]} to {_YEARS[-1]}", request.first(name))
    return day


def _exchange(name: str) -> str:
    if name not in trading_hours.FUTURES:
        raise not_found()
    return name


def _holidays(api: Api, request: SimRequest, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(trading_hours.holidays_body(trading_hours.EQUITY, api.market.day.year), request.path)


def _futures_holidays(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(trading_hours.holidays_body(_exchange(parts[0]), api.market.day.year), request.path)


def _risk_free_rate(request: SimRequest) -> Answer:
    return envelope({"risk-free-rate": number(RATE)}, request.path)


PUBLIC: dict[str, typing.Callable[[SimRequest], Answer]] = {
    "/margin-requirements-public-configuration": _risk_free_rate,
}
"""What may be read without a token."""


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
    route("GET", r"/api-quote-tokens", _quote_token),
    route("GET", r"/market-data/by-type", _by_type),
    route("GET", r"/market-data/([^/]+)/(.+)", _one_market_data),
    route("GET", r"/market-time/sessions", _range),
    route("GET", r"/market-time/sessions/current", _sessions),
    route("GET", r"/market-time/equities/sessions/current", _session_of(trading_hours.EQUITY)),
    route("GET", r"/market-time/futures/sessions/current", _futures_sessions),
    route("GET", r"/market-time/futures/sessions/current/([^/]+)", _futures_session),
    route("GET", r"/market-time/(equities)/sessions/(next|previous)", _neighbour),
    route("GET", r"/market-time/(futures)/sessions/(next|previous)/([^/]+)", _neighbour),
    route("GET", r"/market-time/equities/holidays", _holidays),
    route("GET", r"/market-time/futures/holidays/([^/]+)", _futures_holidays),
    route("GET", r"/market-metrics", _metrics),
    route("GET", r"/market-metrics/historic-corporate-events/dividends/(.+)", _dividends),
    route("GET", r"/market-metrics/historic-corporate-events/earnings-reports/(.+)", _earnings),
)
