"""The REST API about the market: quote tokens, market data, sessions and holidays."""

import datetime

from brokers.loopback import calendar
from brokers.loopback.accounts import Customer
from brokers.loopback.asgi import Answer, Json, Request
from brokers.loopback.market import Market
from brokers.loopback.tastytrade import instruments
from brokers.loopback.tastytrade.feed import Subject
from brokers.loopback.tastytrade.routes.api import Api, not_found, route
from brokers.loopback.tastytrade.symbols import streamer_symbol
from brokers.loopback.tastytrade.wording import Refusal, envelope, moment

_KINDS = ("index", "equity", "equity-option", "future", "future-option", "cryptocurrency")
_MOST_SYMBOLS = 100


def _quote_token(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(api.quote_token(customer), request.path)


def _by_type(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = [(kind, symbol) for kind in _KINDS for symbol in request.all(kind)]
    if not wanted or len(wanted) > _MOST_SYMBOLS:
        raise Refusal(400, "validation_error", f"Ask for 1 to {_MOST_SYMBOLS} symbols, not {len(wanted)}")
    bodies = [_market_data(api, kind.replace("-", " ").title(), symbol) for kind, symbol in wanted]
    return envelope({"items": [body for body in bodies if body is not None]}, request.path)


def _one_market_data(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    body = _market_data(api, parts[0], parts[1])
    if body is None:
        raise not_found()
    return envelope(body, request.path)


def _market_data(api: Api, kind: str, symbol: str) -> Json | None:
    """Describe the market of `symbol` if it is of that kind; an index answers to `Index` only."""
    subject: Subject | None
    if kind == "Equity Option":
        subject = api.surface.find(symbol)
        if subject is not None:
            api.surface.refresh(subject, api.market.at)
            symbol = streamer_symbol(subject.option)
    else:
        tape = api.market.tapes.get(symbol)
        subject = tape if tape and kind == ("Index" if tape.listing.kind == "index" else "Equity") else None
    if subject is None:
        return None
    body = instruments.market_data_body(subject, kind, api.market)
    if ("Trade", symbol) in api.feed.hidden:
        del body["last"], body["last-mkt"]
    return body


def _sessions(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    names = request.all("instrument-collections") or ["Equity"]
    return api.items(request, [session_body(name, api.market) for name in names])


def session_body(name: str, market: Market) -> Json:
    """Describe the present market session of an instrument collection."""
    return {
        "instrument-collection": name,
        "state": market.state,
        **_times(market.day),
        "next-session": {"instrument-collection": name, **_dated(calendar.after(market.day))},
        "previous-session": {"instrument-collection": name, **_dated(calendar.before(market.day))},
    }


def _times(day: datetime.date) -> Json:
    times = {
        "start-at": calendar.at_clock(day, 8, 15),
        "open-at": calendar.at_clock(day, 9, 30),
        "close-at": calendar.closing(day),
        "close-at-ext": calendar.at_clock(day, 20),
    }
    return {key: moment(at) for key, at in times.items()}


def _dated(day: datetime.date) -> Json:
    return {"session-date": day.isoformat(), **_times(day)}


def _holidays(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    years = (api.market.day.year, api.market.day.year + 1)
    closed = sorted(day for year in years for day in calendar.holidays(year))
    eves = {calendar.before(day) for day in closed} | {calendar.after(day) for day in closed}
    halves = sorted(day for day in eves if calendar.is_half_day(day))
    days = {"market-half-days": halves, "market-holidays": closed}
    return envelope({key: [day.isoformat() for day in value] for key, value in days.items()}, request.path)


ROUTES = (
    route("GET", r"/api-quote-tokens", _quote_token),
    route("GET", r"/market-data/by-type", _by_type),
    route("GET", r"/market-data/([^/]+)/(.+)", _one_market_data),
    route("GET", r"/market-time/sessions/current", _sessions),
    route("GET", r"/market-time/equities/holidays", _holidays),
)
