"""After anything that anybody does, notifications amount to what REST says: no round of balances, no clock helps."""

import typing

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.asgi import Json, SimRequest, SimSocket
from simulator.market.calendar import day_ends
from simulator.tastytrade.account_stream.listener import SimTastytradeListener
from simulator.tastytrade.format import SimTastytradeRefusal
from simulator.tastytrade.venue import now, open_venue
from tests.simulator.replay import Replay
from tests.simulator.tastytrade.account_stream.test_notifications import ACCOUNT, BALANCE, POSITIONS, stable
from tests.simulator.tastytrade.dxlink.test_connection import Wire
from tests.simulator.tastytrade.orders.test_orders_errors import (
    COMPLEX,
    LIMIT,
    MARKET,
    OCO,
    ORDERS,
    OTO,
    Body,
    changed,
    leg,
)

SYMBOLS = st.sampled_from(("AAPL", "DIA", "TSLA"))
ACTIONS = st.sampled_from(("Buy to Open", "Sell to Open", "Sell to Close", "Buy to Close"))
PRICES = st.sampled_from(("1", "225", "240", "410", "900"))


class Stand:
    """A venue without a clock or a wire: its REST, and one listener that heard everything since it opened."""

    def __init__(self) -> None:
        self.venue = open_venue(7, 900.0)
        self.grant = next(iter(self.venue.grants))
        self.wire = Wire()
        listener = SimTastytradeListener(self.wire, self.venue.holder, self.venue.faults, now())
        token = self.venue.access.issue(self.grant, now())
        request = {"action": "connect", "auth-token": f"Bearer {token}", "value": [ACCOUNT]}
        listener.receive(msgspec.json.encode(request).decode(), now())
        self.venue.listeners[listener] = typing.cast(SimSocket, self.wire)
        self.replay = self.rest()

    def ask(self, method: str, path: str, body: Body | None = None) -> Json | None:
        """Ask the REST API. Returns the data, or None when it refuses."""
        request = SimRequest(method, path, [], {}, msgspec.json.encode(body or {}))
        try:
            answer = self.venue.api.answer(request, self.grant)
        except SimTastytradeRefusal:
            return None
        data: Json = msgspec.json.decode(answer.body)["data"]
        return data

    def get(self, path: str) -> Json:
        """Return the data of a path that must be answered."""
        data = self.ask("GET", path)
        assert data is not None
        return data

    def rest(self) -> Replay:
        """Return what REST says of the account."""
        told = Replay()
        told.orders = {order["id"]: order for order in self.get(ORDERS)["items"]}
        told.complexes = {order["id"]: order for order in self.get(COMPLEX)["items"]}
        told.positions = {position["symbol"]: position for position in self.get(POSITIONS)["items"]}
        told.balance = self.get(BALANCE)
        return told

    def wait(self, milliseconds: int) -> None:
        """Let time pass at the market and the exchange."""
        market = self.venue.market
        market.advance(milliseconds / 1000, market.at + milliseconds)
        self.venue.exchange.advance()

    def hear(self) -> None:
        """Hear the news, and only those."""
        self.venue.tell_news()
        for message in self.wire.take():
            self.replay.hear(message)


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, str, Body]:
    """An order of one leg, or a complex one of such."""
    legs = leg(symbol=draw(SYMBOLS), quantity=draw(st.integers(1, 200)), action=draw(ACTIONS))
    effect = "Debit" if legs[0]["action"].startswith("Buy") else "Credit"
    limit = changed(LIMIT, legs=legs, price=draw(PRICES), price_effect=effect)
    behavior = draw(st.sampled_from(("immediate", "partial", "reject", "never")))
    return draw(
        st.sampled_from(
            (
                ("POST", ORDERS, limit),
                ("POST", ORDERS, changed(MARKET, legs=legs, behavior=behavior)),
                ("POST", COMPLEX, OCO),
                ("POST", COMPLEX, changed(OTO, trigger_order=limit)),
                ("POST", COMPLEX, changed(OCO, type="OTOCO", trigger_order=limit)),
            )
        )
    )


CHANGES = st.tuples(st.sampled_from(("DELETE", "PATCH")), st.sampled_from((ORDERS, COMPLEX)), st.integers(0, 5), PRICES)
STEPS = st.one_of(st.integers(1, 3000), orders(), CHANGES)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_notifications_amount_to_what_rest_says_after_every_step(steps: list[typing.Any]):
    stand = Stand()
    for step in steps:
        match step:
            case int():
                stand.wait(step)
            case method, path, int(n), price:
                known = [*(stand.replay.orders if path == ORDERS else stand.replay.complexes)]
                stand.ask(method, f"{path}/{known[n % len(known)] if known else 1}", {"price": price})
            case method, path, body:
                stand.ask(method, path, body)
        stand.hear()
        assert stable(stand.replay) == stable(stand.rest())


def test_an_order_of_yesterday_is_live_only_if_it_still_works():
    stand = Stand()
    ids = []
    for terms in ({}, {"time_in_force": "GTC"}):
        placed = stand.ask("POST", ORDERS, changed(LIMIT, **terms))
        assert placed
        ids.append(placed["order"]["id"])
    for _ in range(3):
        stand.wait(20)
    stand.ask("DELETE", f"{ORDERS}/{ids[0]}")
    stand.wait(20)
    today = stand.get(f"{ORDERS}/live")["items"]
    assert [(order["id"], order["status"]) for order in today] == [(ids[1], "Live"), (ids[0], "Cancelled")]
    market = stand.venue.market
    market.advance(0.0, day_ends(market.at) + 1)
    assert [order["id"] for order in stand.get(f"{ORDERS}/live")["items"]] == ids[1:]
    assert [order["id"] for order in stand.get(ORDERS)["items"]] == ids[::-1]
