"""tastytrade's REST API: which path is answered by what. Sans-IO; reads the venue's state and changes none.

An option chain, an equity or an account that does not exist is a `record_not_found` (404); an account of somebody
else is not told apart from one nobody has, and both are `not_permitted` (403).
"""

import datetime
import re
import typing

from brokers.loopback import calendar
from brokers.loopback.accounts import Account, Customer
from brokers.loopback.asgi import Answer, Json, Request
from brokers.loopback.market import Market
from brokers.loopback.tastytrade import instruments, people
from brokers.loopback.tastytrade.feed import Feed, Subject
from brokers.loopback.tastytrade.notices import Notices
from brokers.loopback.tastytrade.symbols import streamer_symbol
from brokers.loopback.tastytrade.wording import Refusal, envelope, moment, paginate
from brokers.loopback.universe import Listing

Handler = typing.Callable[["Api", Request, Customer, tuple[str, ...]], Answer]
_KINDS = ("index", "equity", "equity-option", "future", "future-option", "cryptocurrency")
_MOST_SYMBOLS = 100


class Api:
    """The answers of the REST API over one market."""

    def __init__(
        self,
        feed: Feed,
        notices: Notices,
        quote_token: typing.Callable[[Customer], Json],
        now: typing.Callable[[], float],
    ) -> None:
        self.feed = feed
        self.market = feed.market
        self.surface = feed.surface
        self.notices = notices
        self.quote_token = quote_token
        self.now = now

    def answer(self, request: Request, customer: Customer) -> Answer:
        """Answer an authorised request. Raises Refusal."""
        for method, pattern, handler in ROUTES:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                if "read" not in customer.scopes:
                    raise Refusal(403, "not_permitted", "User not permitted access")
                return handler(self, request, customer, match.groups())
        raise not_found()

    def listing(self, symbol: str) -> Listing:
        """Return what trades under `symbol`. Raises Refusal 404."""
        tape = self.market.tapes.get(symbol)
        if tape is None:
            raise not_found()
        return tape.listing

    def items(self, request: Request, items: list[Json]) -> Answer:
        """Answer a list in one envelope."""
        return envelope({"items": items}, request.path)

    def pages(self, request: Request, items: list[Json]) -> Answer:
        """Answer the page of a list that was asked for."""
        try:
            per_page, page = int(request.first("per-page", "250")), int(request.first("page-offset", "0"))
        except ValueError:
            raise Refusal(400, "validation_error", "per-page and page-offset are whole numbers") from None
        if not 0 < per_page <= 2000 or page < 0:
            raise Refusal(400, "validation_error", "per-page is 1 to 2000, page-offset at least 0")
        part, block = paginate(items, per_page, page)
        return envelope({"items": part}, request.path, block)


def not_found() -> Refusal:
    """Say that there is no such thing."""
    return Refusal(404, "record_not_found", "The record could not be found")


def own_account(customer: Customer, number: str) -> Account:
    """Return the customer's account of that number. Raises Refusal 403."""
    for account in customer.accounts:
        if account.number == number:
            return account
    raise Refusal(403, "not_permitted", "User not permitted access")


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


def _quote_token(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    return envelope(api.quote_token(customer), request.path)


def _equities(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    wanted = request.all("symbol")
    listings = [tape.listing for tape in api.market.tapes.values() if not wanted or tape.listing.symbol in wanted]
    return api.pages(request, [instruments.equity_body(listing) for listing in _filtered(request, listings)])


def _filtered(request: Request, listings: list[Listing]) -> list[Listing]:
    index, etf = request.first("is-index"), request.first("is-etf")
    return [
        listing
        for listing in listings
        if (not index or (listing.kind == "index") == (index == "true"))
        and (not etf or (listing.kind == "etf") == (etf == "true"))
    ]


def _equity(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return envelope(instruments.equity_body(api.listing(parts[0])), request.path)


def _options(api: Api, request: Request, customer: Customer, _: tuple[str, ...]) -> Answer:
    bodies = [_option_of(api, symbol) for symbol in request.all("symbol")]
    return api.items(request, [body for body in bodies if body is not None])


def _option(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    body = _option_of(api, parts[0])
    if body is None:
        raise not_found()
    return envelope(body, request.path)


def _option_of(api: Api, symbol: str) -> Json | None:
    state = api.surface.find(symbol)
    return instruments.option_body(state.option, state.underlying, api.market) if state else None


def _nested(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    return api.items(request, [instruments.nested_chain(_optionable(api, parts[0]), api.market)])


def _flat(api: Api, request: Request, customer: Customer, parts: tuple[str, ...]) -> Answer:
    listing = _optionable(api, parts[0])
    options = instruments.listed_options(listing, api.market.at)
    return api.items(request, [instruments.option_body(o, listing.symbol, api.market) for o in options])


def _optionable(api: Api, symbol: str) -> Listing:
    listing = api.listing(symbol)
    if not listing.has_options:
        raise not_found()
    return listing


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


ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("GET", r"/customers/me", _me),
        ("POST", r"/sessions/validate", _validate),
        ("GET", r"/customers/me/accounts", _accounts),
        ("GET", r"/customers/me/accounts/([^/]+)", _account),
        ("GET", r"/accounts/([^/]+)/balances(?:/USD)?", _balance),
        ("GET", r"/accounts/([^/]+)/positions", _positions),
        ("GET", r"/accounts/([^/]+)/orders/live", _no_orders),
        ("GET", r"/accounts/([^/]+)/complex-orders/live", _no_orders),
        ("GET", r"/api-quote-tokens", _quote_token),
        ("GET", r"/instruments/equities", _equities),
        ("GET", r"/instruments/equities/active", _equities),
        ("GET", r"/instruments/equities/(.+)", _equity),
        ("GET", r"/instruments/equity-options", _options),
        ("GET", r"/instruments/equity-options/(.+)", _option),
        ("GET", r"/option-chains/(.+)/nested", _nested),
        ("GET", r"/option-chains/(.+)", _flat),
        ("GET", r"/market-data/by-type", _by_type),
        ("GET", r"/market-data/([^/]+)/(.+)", _one_market_data),
        ("GET", r"/market-time/sessions/current", _sessions),
        ("GET", r"/market-time/equities/holidays", _holidays),
    )
)
