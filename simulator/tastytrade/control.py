"""The door for tests and curious people: `/_sim/…` on the loopback address. No part of the venue's own surface.

`POST /_sim/` and `fault` · `price` · `account` · `customer` · `client` · `lives` · `book` · `hurry` or
one of `backoffice.ACTS`, and `GET /_sim/` and `stats` · `faults` · `lives` · `clock`. Bodies are JSON with no unknown
keys. A browser cannot get here from a page: POST needs `application/json`, and the Host must be this machine's name.
"""

import collections
import decimal
import functools
import typing

import msgspec

from simulator import control_access
from simulator.asgi import Answer, Json, SimRequest
from simulator.clock import Haste
from simulator.exchange.account_status import Authority
from simulator.exchange.accounts import Customer, SimAccount, SimHolding
from simulator.exchange.order_traffic import BookOrder, LivesOrder, OrderTraffic
from simulator.faults.faults import PARAMETERS, Fault
from simulator.tastytrade import backoffice, order_traffic
from simulator.tastytrade.faults import catalogue
from simulator.tastytrade.oauth import grants
from simulator.tastytrade.venue import SimTastytrade, now

CONTROL_PREFIX = "/_sim/"


class Price(msgspec.Struct, forbid_unknown_fields=True):
    """A price to put a symbol at, in dollars."""

    symbol: str
    price: float


class Figures(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of an account: its cash, or figures of its balance by their name on the wire."""

    account: str
    cash: decimal.Decimal | None = None
    figures: dict[str, decimal.Decimal] = {}


class SimTastytradeNewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to open. `positions` are signed quantities by symbol.

    With another `authority` than `owner` it may be an account that exists: somebody else's, to look at or to trade in.
    """

    number: str
    cash: decimal.Decimal = decimal.Decimal(0)
    nickname: str = "Individual"
    positions: dict[str, decimal.Decimal] = {}
    margin: bool = True
    authority: Authority = "owner"


class NewCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """A customer to add, with the grant that opens the accounts. `level` `demo` has delayed quotes."""

    client_secret: str
    refresh_token: str
    accounts: list[SimTastytradeNewAccount]
    first_name: str = "Dana"
    last_name: str = "Dale"
    level: typing.Literal["api", "demo", "none"] = "api"
    scopes: tuple[str, ...] = ("read", "trade", "openid")


class SimClient(msgspec.Struct, forbid_unknown_fields=True):
    """An OAuth client to register, or to change. `account` is one of its owner's; without one it is a trusted partner.

    What is not given of a client that exists stays; a new one needs a secret.
    """

    client_id: str
    redirect_uris: tuple[str, ...] | None = None
    client_secret: str = ""
    account: str = ""
    scopes: tuple[grants.Scope, ...] | None = None


class SimTastytradeControlError(ValueError):
    """A request this door does not understand; the text says why."""


def answer(venue: SimTastytrade, request: SimRequest) -> Answer:
    """Answer one request of the door."""
    reports = {
        "stats": lambda: report(venue),
        "faults": lambda: catalogue.report(venue),
        "clock": lambda: {"ahead_s": venue.clock.ahead_s},
        "lives": lambda: {"lives": [each.report() for each in venue.lives]},
    }
    acts = {name: functools.partial(act, venue) for name, act in ACTS.items()}
    return control_access.answer(
        request,
        CONTROL_PREFIX,
        reports,
        acts,
        (catalogue.BadFault, backoffice.SimBackofficeError, SimTastytradeControlError),
    )


def _account_of(venue: SimTastytrade, number: str) -> SimAccount:
    if number not in venue.by_account:
        raise SimTastytradeControlError(f"no account {number!r}")
    return venue.by_account[number][1]


def _lives(venue: SimTastytrade, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=LivesOrder)
    venue.lives.append(
        OrderTraffic(
            order_traffic.SimTastytradeTrafficVenue(venue.exchange, _account_of(venue, wanted.account)), wanted
        )
    )
    return {}


def _book(venue: SimTastytrade, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=BookOrder)
    return order_traffic.book(venue.exchange, _account_of(venue, wanted.account))


def _hurry(venue: SimTastytrade, body: bytes) -> Json:
    venue.clock.hurry(msgspec.json.decode(body, type=Haste))
    return {}


def _fault(venue: SimTastytrade, body: bytes) -> Json:
    try:
        fault = msgspec.json.decode(body, type=Fault)
    except msgspec.ValidationError as error:
        raise SimTastytradeControlError(f"{error}; a fault may be told {', '.join(PARAMETERS)}") from error
    return {"struck": catalogue.commit(venue, fault)}


def _price(venue: SimTastytrade, body: bytes) -> Json:
    price = msgspec.json.decode(body, type=Price)
    set_price(venue, price.symbol, price.price)
    return {"symbol": price.symbol}


def set_price(venue: SimTastytrade, symbol: str, price: float) -> None:
    """Put `symbol` at `price` dollars with one trade there. Raises SimTastytradeControlError."""
    if symbol not in venue.market.tapes or not 0 < price < 1e6:
        raise SimTastytradeControlError(f"no equity, fund or index {symbol!r}, or not a price: {price}")
    venue.apply(venue.market.move(symbol, price, venue.wall_ms()))
    moment = now()
    for dialogue in venue.dialogues:
        dialogue.flush_due(moment)


def _account(venue: SimTastytrade, body: bytes) -> Json:
    set_account(venue, msgspec.json.decode(body, type=Figures))
    return {}


def set_account(venue: SimTastytrade, figures: Figures) -> None:
    """Change an account and tell its listeners. Raises SimTastytradeControlError."""
    if figures.account not in venue.by_account:
        raise SimTastytradeControlError(f"no account {figures.account!r}")
    customer, account = venue.by_account[figures.account]
    if figures.cash is not None:
        account.cash = figures.cash
    account.overrides |= figures.figures
    venue.send_account_state(account, customer)


def _customer(venue: SimTastytrade, body: bytes) -> Json:
    customer = add_customer(venue, msgspec.json.decode(body, type=NewCustomer))
    return {"accounts": [account.number for account in customer.accounts]}


def add_customer(venue: SimTastytrade, new: NewCustomer) -> Customer:
    """Add a customer. Raises SimTastytradeControlError."""
    known = venue.by_account
    taken = [account.number for account in new.accounts if account.number in known and account.authority == "owner"]
    if taken or not new.accounts or venue.grants.find(new.refresh_token):
        raise SimTastytradeControlError(
            f"the account or the refresh token exists already, or there is no account: {taken}"
        )
    customer = Customer(
        first_name=new.first_name,
        last_name=new.last_name,
        email=f"{new.first_name.lower()}@example.com",
        accounts=[known[a.number][1] if a.number in known else _opened(venue, a) for a in new.accounts],
        level=new.level,
        authorities={account.number: account.authority for account in new.accounts},
    )
    if any(customer.id == other.id for other in venue.customers):
        raise SimTastytradeControlError(
            f"a {new.first_name} who has the account {new.accounts[0].number} exists already"
        )
    venue.customers.append(customer)
    grant = grants.personal(customer, new.client_secret, new.refresh_token, new.scopes)
    venue.grants.register(grant.application)
    venue.grants.add(grant)
    return customer


def _client(venue: SimTastytrade, body: bytes) -> Json:
    registered = register(venue, msgspec.json.decode(body, type=SimClient))
    return {"client_id": registered.id, "redirect_uris": list(registered.redirect_uris)}


def register(venue: SimTastytrade, client: SimClient) -> grants.Application:
    """Register an OAuth client, or change one. Raises SimTastytradeControlError."""
    known = venue.grants.applications.get(client.client_id)
    if known is None:
        if not client.client_secret or (client.account and client.account not in venue.by_account):
            raise SimTastytradeControlError(
                f"a new client needs a secret, and an account that exists: {client.account!r}"
            )
        owner = venue.by_account[client.account][0] if client.account else None
        known = grants.Application(client.client_id, client.client_secret, owner)
        venue.grants.register(known)
    known.secret = client.client_secret or known.secret
    if client.redirect_uris is not None:
        known.redirect_uris = client.redirect_uris
    if client.scopes is not None:
        known.scopes = client.scopes
    return known


def _opened(venue: SimTastytrade, new: SimTastytradeNewAccount) -> SimAccount:
    account = SimAccount(new.number, new.cash, nickname=new.nickname, margin=new.margin)
    for symbol, quantity in new.positions.items():
        state = venue.surface.find(symbol)
        tape = venue.market.tapes.get(symbol)
        if state is None and tape is None:
            raise SimTastytradeControlError(f"nothing trades as {symbol!r}")
        close = state.prev_close if state else tape.prev_close if tape else 0.0
        name = state.option.symbol if state else symbol
        account.holdings.append(SimHolding(name, quantity, decimal.Decimal(repr(close)), account.opened))
    return account


def report(venue: SimTastytrade) -> Json:
    """Return what the venue was asked and who is connected, JSON-ready."""
    return {
        **venue.stats.report(),
        "connections": [
            *(_dxlink(dialogue.accounts, dialogue.channels.values()) for dialogue in venue.dialogues),
            *({"stream": "alerts", "accounts": sorted(listener.numbers)} for listener in venue.listeners),
        ],
    }


def _dxlink(accounts: typing.Collection[str], channels: typing.Iterable[typing.Any]) -> Json:
    subscriptions: dict[str, list[str]] = collections.defaultdict(list)
    for channel in channels:
        for kind, wanted in channel.wanted.items():
            subscriptions[kind].extend(sorted(wanted))
    return {"stream": "dxlink", "accounts": sorted(accounts), "subscriptions": dict(subscriptions)}


ACTS: dict[str, typing.Callable[[SimTastytrade, bytes], Json]] = {
    "fault": _fault,
    "price": _price,
    "account": _account,
    "customer": _customer,
    "client": _client,
    "lives": _lives,
    "book": _book,
    "hurry": _hurry,
    **backoffice.ACTS,
}
"""What the door does, by its name there."""
