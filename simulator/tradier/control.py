"""The door for tests and curious people to the simulated Tradier: `/_sim/tradier/…`, as that of the other venue is.

`POST` `fault` · `person` · `account` · `lives` · `book`, and `GET` `stats` · `faults` · `lives`.
Prices are put at the other venue's: they are one.
"""

import decimal
import functools
import typing

import msgspec

from simulator import control_access
from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.order_traffic import BookOrder, LivesOrder, OrderTraffic
from simulator.faults.actions import BadFault
from simulator.faults.faults import Fault
from simulator.tradier import order_traffic
from simulator.tradier.bodies.quotes import symbol_of
from simulator.tradier.customers import AccountType, Person, SimTradierGrant, new_person, new_token
from simulator.tradier.faults import catalogue
from simulator.tradier.rate_limit import Environment
from simulator.tradier.venue import ACCOUNT_PATH, MARKET_PATH, PREFIXES, SimTradier

CONTROL_PREFIX = "/_sim/tradier/"


class SimTradierControlError(ValueError):
    """What this door cannot do; the text says why."""


class SimTradierNewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to open. `positions` are signed quantities by symbol."""

    number: str
    cash: decimal.Decimal = decimal.Decimal(0)
    type: AccountType = "margin"
    positions: dict[str, decimal.Decimal] = {}


class SimTradierNewPerson(msgspec.Struct, forbid_unknown_fields=True):
    """A person to add, with their tokens; without one for trading, that for data does both."""

    data_token: str
    accounts: typing.Annotated[list[SimTradierNewAccount], msgspec.Meta(min_length=1)]
    trading_token: str = ""
    first_name: str = "Dana"
    last_name: str = "Dale"
    environment: Environment = "live"


class SimTradierCash(msgspec.Struct, forbid_unknown_fields=True):
    """What cash an account is to have, in dollars."""

    account: str
    cash: decimal.Decimal


def answer(venue: SimTradier, request: SimRequest) -> Answer:
    """Answer one request of the door."""
    reports = {
        "stats": lambda: report(venue),
        "faults": lambda: catalogue.report(venue),
        "lives": lambda: {"lives": [each.report() for each in venue.lives]},
    }
    acts = {name: functools.partial(act, venue) for name, act in ACTS.items()}
    return control_access.answer(request, CONTROL_PREFIX, reports, acts, (BadFault, SimTradierControlError))


def _fault(venue: SimTradier, body: bytes) -> Json:
    return {"struck": catalogue.commit(venue, msgspec.json.decode(body, type=Fault))}


def _person(venue: SimTradier, body: bytes) -> Json:
    person = add_person(venue, msgspec.json.decode(body, type=SimTradierNewPerson))
    return {"accounts": [account.number for account in person.accounts]}


def add_person(venue: SimTradier, new: SimTradierNewPerson) -> Person:
    """Add a person. Raises SimTradierControlError."""
    texts = [new.data_token, new.trading_token or new.data_token]
    numbers = [account.number for account in new.accounts]
    taken = [number for number in numbers if number in venue.accounts or numbers.count(number) > 1]
    if taken or any(text in venue.tokens for text in texts):
        raise SimTradierControlError(f"an account or a token exists already: {taken}")
    accounts = [(_opened(venue, account), account.type) for account in new.accounts]
    person = new_person(new.environment, new.first_name, new.last_name, *accounts)
    tokens = {text: new_token(text, person) for text in texts}
    venue.admit(SimTradierGrant(person, tokens[texts[0]], tokens[texts[1]]))
    return person


def _opened(venue: SimTradier, new: SimTradierNewAccount) -> SimAccount:
    account = SimAccount(new.number, new.cash, kind="individual", margin=new.type != "cash")
    for symbol, quantity in new.positions.items():
        subject = venue.names.find(symbol)
        if subject is None:
            raise SimTradierControlError(f"nothing trades as {symbol!r}")
        price = decimal.Decimal(repr(subject.prev_close))
        account.holdings.append(SimHolding(symbol_of(subject), quantity, price, account.opened))
    return account


def _account(venue: SimTradier, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimTradierCash)
    _account_of(venue, wanted.account).cash = wanted.cash
    return {}


def _account_of(venue: SimTradier, number: str) -> SimAccount:
    if number not in venue.accounts:
        raise SimTradierControlError(f"no account {number!r}")
    return venue.accounts[number]


def _lives(venue: SimTradier, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=LivesOrder)
    venue.lives.append(
        OrderTraffic(order_traffic.SimTradierTrafficVenue(venue.orders, _account_of(venue, wanted.account)), wanted)
    )
    return {}


def _book(venue: SimTradier, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=BookOrder)
    return order_traffic.book(venue.orders, _account_of(venue, wanted.account))


ACTS: dict[str, typing.Callable[[SimTradier, bytes], Json]] = {
    "fault": _fault,
    "person": _person,
    "account": _account,
    "lives": _lives,
    "book": _book,
}
"""What the door does, by its name there."""


def report(venue: SimTradier) -> Json:
    """Return what the venue was asked and who is connected, JSON-ready."""
    told = venue.stats.report()
    del told["tokens"]  # nobody asks for one here
    return told | {
        "connections": [
            *(
                {"stream": "market", "accounts": sorted(viewer.accounts), "symbols": viewer.symbols}
                for viewer in venue.viewers
            ),
            *({"stream": "account", "accounts": sorted(listener.numbers)} for listener in venue.listeners),
        ]
    }


def venue_report(venue: SimTradier) -> Json:
    """Say where everything is, JSON-ready. The sandbox is below a path of its own, with its own people and tokens."""
    web, sockets, sandbox = f"http://{venue.address}", f"ws://{venue.address}", PREFIXES["sandbox"]
    return {
        "rest": web,
        "stream": web + MARKET_PATH,
        "market_socket": sockets + MARKET_PATH,
        "account_stream": sockets + ACCOUNT_PATH,
        "sandbox": {
            "rest": web + sandbox,
            "market_socket": sockets + sandbox + MARKET_PATH,
            "account_stream": sockets + sandbox + ACCOUNT_PATH,
        },
        "grants": [
            {
                "environment": grant.person.environment,
                "accounts": [account.number for account in grant.person.accounts],
                "data_token": grant.data.text,
                "trading_token": grant.trading.text,
            }
            for grant in venue.grants
        ],
    }
