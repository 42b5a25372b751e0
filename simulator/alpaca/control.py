"""The door for tests and curious people to the simulated Alpaca: `/_sim/alpaca/…`, as those of the other venues are.

`POST` `fault` · `person` · `account` · `standing` · `activity` · `fees` · `lives` · `book`, and `GET` `stats` ·
`faults` · `lives`.
Prices are put at the other venue's: they are one.
"""

import datetime
import decimal
import functools
import typing

import msgspec

from simulator import control_access
from simulator.alpaca import order_traffic
from simulator.alpaca.activities import NonTrade
from simulator.alpaca.bodies.accounts import status
from simulator.alpaca.customers import SimAlpacaKey, new_key
from simulator.alpaca.faults import catalogue
from simulator.alpaca.orders.parsing import symbol_of
from simulator.alpaca.venue import BROKER_PREFIX, PREFIX, STREAM_PATH, SimAlpaca
from simulator.asgi import Answer, Json, SimRequest
from simulator.exchange.account_status import StandingChange, change
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.order_traffic import BookOrder, LivesOrder, OrderTraffic
from simulator.faults.actions import BadFault
from simulator.faults.faults import Fault

CONTROL_PREFIX = "/_sim/alpaca/"


class SimAlpacaControlError(ValueError):
    """What this door cannot do; the text says why."""


class SimAlpacaNewPerson(msgspec.Struct, forbid_unknown_fields=True):
    """A person to add, with their keys and the account those open. `positions` are signed quantities by symbol."""

    key_id: str
    secret_key: str
    number: str
    cash: decimal.Decimal = decimal.Decimal(100_000)
    positions: dict[str, decimal.Decimal] = {}
    margin: bool = True
    first_name: str = "Dana"
    last_name: str = "Dale"


class SimAlpacaCash(msgspec.Struct, forbid_unknown_fields=True):
    """What cash an account is to have, in dollars."""

    account: str
    cash: decimal.Decimal


class SimAlpacaNewStatus(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of how an account stands."""

    account: str
    change: StandingChange


def answer(venue: SimAlpaca, request: SimRequest) -> Answer:
    """Answer one request of the door."""
    reports = {
        "stats": lambda: report(venue),
        "faults": lambda: catalogue.report(venue),
        "lives": lambda: {"lives": [each.report() for each in venue.lives]},
    }
    acts = {name: functools.partial(act, venue) for name, act in ACTS.items()}
    return control_access.answer(request, CONTROL_PREFIX, reports, acts, (BadFault, SimAlpacaControlError))


def _fault(venue: SimAlpaca, body: bytes) -> Json:
    return {"struck": catalogue.commit(venue, msgspec.json.decode(body, type=Fault))}


def _person(venue: SimAlpaca, body: bytes) -> Json:
    return {"accounts": sorted(add_person(venue, msgspec.json.decode(body, type=SimAlpacaNewPerson)).numbers)}


def add_person(venue: SimAlpaca, new: SimAlpacaNewPerson) -> SimAlpacaKey:
    """Add a person. Raises SimAlpacaControlError."""
    if new.number in venue.accounts or new.key_id in venue.keys:
        raise SimAlpacaControlError(f"the account {new.number} or its keys exist already")
    account = SimAccount(new.number, new.cash, margin=new.margin)
    for symbol, quantity in new.positions.items():
        instrument = venue.surface.instrument(symbol_of(symbol))
        if instrument is None:
            raise SimAlpacaControlError(f"nothing trades as {symbol!r}")
        quoted = venue.surface.find(instrument.symbol) or venue.market.tapes[instrument.symbol]
        price = decimal.Decimal(repr(quoted.prev_close))
        account.holdings.append(SimHolding(instrument.symbol, quantity, price, account.opened))
    key = new_key(new.key_id, new.secret_key, new.first_name, new.last_name, account)
    venue.admit(key)
    return key


def account_of(venue: SimAlpaca, number: str) -> SimAccount:
    """Return an account. Raises SimAlpacaControlError."""
    if number not in venue.accounts:
        raise SimAlpacaControlError(f"no account {number!r}")
    return venue.accounts[number]


def _account(venue: SimAlpaca, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimAlpacaCash)
    account_of(venue, wanted.account).cash = wanted.cash
    return {}


def _standing(venue: SimAlpaca, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimAlpacaNewStatus)
    restrict(venue, wanted)
    return {}


def restrict(venue: SimAlpaca, wanted: SimAlpacaNewStatus) -> None:
    """Change what an account may do, and tell it. Raises SimAlpacaControlError."""
    account = account_of(venue, wanted.account)
    before, at = status(account), datetime.datetime.fromtimestamp(venue.wall_ms() / 1000, datetime.UTC)
    account.standing = change(account.standing, wanted.change, at)
    venue.tell_standing(account, before, status(account))


def _activity(venue: SimAlpaca, body: bytes) -> Json:
    return {"id": book(venue, msgspec.json.decode(body, type=NonTrade))}


def book(venue: SimAlpaca, wanted: NonTrade) -> str:
    """Book something that is no trade; returns its id. Raises SimAlpacaControlError."""
    account_of(venue, wanted.account)
    return venue.book(wanted).id


def _fees(venue: SimAlpaca, body: bytes) -> Json:
    venue.charge_fees()
    return {}


def _lives(venue: SimAlpaca, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=LivesOrder)
    venue.lives.append(
        OrderTraffic(order_traffic.SimAlpacaTrafficVenue(venue.orders, account_of(venue, wanted.account)), wanted)
    )
    return {}


def _book(venue: SimAlpaca, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=BookOrder)
    return order_traffic.book(venue.orders, venue.records["trades"], account_of(venue, wanted.account))


ACTS: dict[str, typing.Callable[[SimAlpaca, bytes], Json]] = {
    "fault": _fault,
    "person": _person,
    "account": _account,
    "standing": _standing,
    "activity": _activity,
    "fees": _fees,
    "lives": _lives,
    "book": _book,
}
"""What the door does, by its name there."""


def report(venue: SimAlpaca) -> Json:
    """Return what the venue was asked and who is connected, JSON-ready."""
    told = venue.stats.report()
    del told["tokens"]  # there are none here
    updates = [{"stream": "updates", "accounts": sorted(listener.accounts)} for listener in venue.listeners]
    events = [{"stream": "events", "accounts": sorted(feed.accounts or ())} for feed in venue.feeds]
    return told | {"connections": [*updates, *events]}


def venue_report(venue: SimAlpaca) -> Json:
    """Say where everything is, JSON-ready. Each pair of keys opens one account; the broker's own open all."""
    web = f"http://{venue.address}"
    return {
        "rest": web + PREFIX,
        "account_stream": f"ws://{venue.address}{STREAM_PATH}",
        "broker": {"rest": web + BROKER_PREFIX, "key_id": venue.broker[0], "secret_key": venue.broker[1]},
        "grants": [
            {"accounts": sorted(key.numbers), "key_id": key.id, "secret_key": key.secret} for key in venue.keys.values()
        ],
    }
