"""A form of an order becomes the ticket it means: what is paid is negative, what is received positive."""

import contextlib
import datetime
import decimal
import urllib.parse

import hypothesis
import pytest
from hypothesis import strategies

from simulator.asgi import SimRequest
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tradier.customers import demo_grants
from simulator.tradier.format import SimTradierRefusal
from simulator.tradier.orders import parsing
from simulator.tradier.request import SimTradierCall, parameters
from simulator.tradier.rest.order_routes import check_session

Decimal = decimal.Decimal
DAY = datetime.date(2026, 11, 18)
MARKET = SimMarket(7, calendar.at_clock(DAY, 12), is_always_open=False, listings={})
TOKEN = demo_grants(7, SimMarket(7, calendar.at_clock(DAY, 12)))[0].data
CALL = {"option_symbol": "SPY261218C00545000"}
LEGS = {
    "side[0]": "buy_to_open", "quantity[0]": "2", "option_symbol[0]": "SPY261218C00545000",
    "side[1]": "sell_to_open", "quantity[1]": "4", "option_symbol[1]": "SPY261218C00550000",
}  # fmt: skip


def read(**form: str) -> parsing.SimTradierDraft:
    """Read a form as a request carries it."""
    body = urllib.parse.urlencode(form).encode()
    request = SimRequest("POST", "/", [], {"content-type": "application/x-www-form-urlencoded"}, body)
    return parsing.read(SimTradierCall(request, TOKEN, parameters(request), {}))


@pytest.mark.parametrize(
    ("form", "price", "type"),
    [
        ({"class": "equity", "side": "buy", "type": "limit", "price": "9.5"}, "-9.5", "Limit"),
        ({"class": "equity", "side": "sell_short", "type": "limit", "price": "9.5"}, "9.5", "Limit"),
        ({"class": "equity", "side": "buy_to_cover", "type": "stop_limit", "price": "9", "stop": "8"}, "-9",
         "Stop Limit"),
        ({"class": "equity", "side": "sell", "type": "stop", "stop": "9", "price": "9.5"}, None, "Stop"),
        ({"class": "option", "side": "sell_to_close", "type": "limit", "price": "1", **CALL}, "1", "Limit"),
        ({"class": "multileg", "type": "debit", "price": "1.25", **LEGS}, "-1.25", "Limit"),
        ({"class": "multileg", "type": "credit", "price": "1.25", **LEGS}, "1.25", "Limit"),
        ({"class": "multileg", "type": "even", **LEGS}, "0", "Limit"),
        ({"class": "multileg", "type": "market", **LEGS}, None, "Market"),
    ],
)  # fmt: skip
def test_prices_are_signed_from_the_customers_side(form: dict[str, str], price: str | None, type: str):
    (part,) = read(**{"symbol": "SPY", "quantity": "1", "duration": "day"} | form).parts
    ticket = part.ticket(MARKET)
    assert (ticket.price, ticket.type) == (None if price is None else Decimal(price), type)
    assert part.units == (2 if len(part.legs) == 2 else 1)
    assert (ticket.stop is not None) == (type in ("Stop", "Stop Limit"))


@pytest.mark.parametrize(
    ("at", "duration", "is_taken"),
    [(8, "pre", True), (12, "pre", False), (12, "post", True), (17, "post", True), (21, "post", False)],
)
def test_orders_for_a_session_are_taken_until_it_is_over(at: int, duration: str, is_taken: bool):
    market = SimMarket(7, calendar.at_clock(DAY, at), is_always_open=False, listings={})
    form = {"class": "equity", "symbol": "SPY", "side": "buy", "quantity": "1", "type": "limit", "price": "1"}
    (part,) = read(**form, duration=duration).parts
    if is_taken:
        check_session(market, part)
        assert (part.ticket(market).schedule == calendar.at_clock(DAY, 16)) == (duration == "post")
    else:
        with pytest.raises(SimTradierRefusal, match=f"{duration} market no longer available"):
            check_session(market, part)
    with pytest.raises(SimTradierRefusal, match="takes limit orders of equities only"):
        read(**form | {"type": "market", "price": ""}, duration=duration)


WORDS = (
    *parsing.CLASSES,
    "",
    "buy",
    "limit",
    "debit",
    "gtc",
    "pre",
    "1",
    "-1",
    "0",
    "0.5",
    "1e9",
    "NaN",
    "SPY",
    "é",
)
WHOLE = {
    "class": "equity", "symbol": "SPY", "side": "buy", "quantity": "1", "type": "limit", "duration": "day", "price": "1"
}  # fmt: skip


@hypothesis.given(
    changes=strategies.dictionaries(strategies.sampled_from((*WHOLE, "stop", "tag")), strategies.sampled_from(WORDS)),
    legs=strategies.sampled_from(({}, LEGS)),
)
@hypothesis.settings(max_examples=80, deadline=None)
def test_any_form_is_read_or_refused(changes: dict[str, str], legs: dict[str, str]):
    with contextlib.suppress(SimTradierRefusal):
        draft = read(**WHOLE | legs | changes)
        for part in draft.parts:
            ticket = part.ticket(MARKET)
            assert all(wish.quantity is not None and wish.quantity > 0 for wish in ticket.legs)
            assert (ticket.price is None) == (part.type in ("market", "stop"))
