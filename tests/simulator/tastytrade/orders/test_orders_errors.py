"""Every order the venue cannot read or does not take is refused with the documented status and code, over HTTP."""

import asyncio
import datetime
import typing

import msgspec
import pytest

from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS
from simulator.tastytrade.orders import parsing, preflight
from tests.simulator.conftest import Door

Body = dict[str, typing.Any]
ABSENT: typing.Any = object()
"""A key to leave out."""
ORDERS, TRIES = "/accounts/5WX00001/orders", "/accounts/5WX00001/orders/dry-run"
COMPLEX = "/accounts/5WX00001/complex-orders"
SHARE: Body = {"instrument-type": "Equity", "symbol": "SPY", "action": "Buy to Open", "quantity": 1}
SELL: Body = SHARE | {"action": "Sell to Open"}
LIMIT: Body = {
    "order-type": "Limit",
    "time-in-force": "Day",
    "price": "100",
    "price-effect": "Debit",
    "legs": [SHARE],
}
MARKET: Body = {"order-type": "Market", "time-in-force": "Day", "legs": [SHARE]}
STOP: Body = {"order-type": "Stop", "time-in-force": "Day", "stop-trigger": "900", "legs": [SHARE]}
STOP_LIMIT: Body = LIMIT | {"order-type": "Stop Limit", "stop-trigger": "900", "price": "901"}
NOTIONAL: Body = {
    "order-type": "Notional Market",
    "time-in-force": "Day",
    "value": "50",
    "value-effect": "Debit",
    "legs": [{"instrument-type": "Equity", "symbol": "SPY", "action": "Buy to Open"}],
}


def changed(body: Body, **changes: typing.Any) -> Body:
    """Return `body` with some keys changed (`price_effect` for `price-effect`) or left out."""
    merged = body | {key.replace("_", "-"): value for key, value in changes.items()}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def leg(**changes: typing.Any) -> list[Body]:
    """Return the legs of an order of one share, changed."""
    return [changed(SHARE, **changes)]


def options(door: Door, count: int) -> list[Body]:
    """Return legs that buy so many different calls on QQQ."""
    market = door.venue.tastytrade.market
    found = [option_listing.near(LISTINGS["QQQ"], market.at, 45, 1 + at / 100, "C").occ for at in range(count)]
    assert len({*found}) == count
    return [{"instrument-type": "Equity Option", "symbol": s, "action": "Buy to Open", "quantity": 1} for s in found]


TILL_CANCELLED = changed(MARKET, time_in_force="GTC")
UNREADABLE: list[tuple[str, Body, str, str]] = [
    ("an unknown order type", changed(LIMIT, order_type="Iceberg"), "order-type", "does not have a valid value"),
    ("no order type", changed(LIMIT, order_type=ABSENT), "order-type", "is missing"),
    ("an unknown time in force", changed(LIMIT, time_in_force="Soon"), "time-in-force", "does not have a valid value"),
    ("no time in force", changed(LIMIT, time_in_force=ABSENT), "time-in-force", "is missing"),
    ("no legs", changed(LIMIT, legs=ABSENT), "legs", "is missing"),
    ("an empty list of legs", changed(LIMIT, legs=[]), "legs", "is missing"),
    ("legs that are no list", changed(LIMIT, legs="SPY"), "legs", "is invalid"),
    ("a leg without an action", changed(LIMIT, legs=leg(action=ABSENT)), "legs[0][action]", "is missing"),
    ("an unknown action", changed(LIMIT, legs=leg(action="Hold")), "legs[0][action]", "does not have a valid value"),
    (
        "an unknown instrument type",
        changed(LIMIT, legs=leg(instrument_type="Tulip")),
        "legs[0][instrument-type]",
        "does not have a valid value",
    ),
    ("no quantity", changed(LIMIT, legs=leg(quantity=ABSENT)), "legs[0][quantity]", "is missing"),
    ("a quantity of zero", changed(LIMIT, legs=leg(quantity=0)), "legs[0][quantity]", "is invalid"),
    ("a negative quantity", changed(LIMIT, legs=leg(quantity=-1)), "legs[0][quantity]", "is invalid"),
    ("a quantity of 31 digits", changed(LIMIT, legs=leg(quantity="1e30")), "legs[0][quantity]", "is invalid"),
    ("a quantity of 401 digits", changed(LIMIT, legs=leg(quantity="1e400")), "legs[0][quantity]", "is invalid"),
    ("a price of 401 digits", changed(LIMIT, price="1e400"), "price", "is invalid"),
    ("a trigger of 31 digits", changed(STOP, stop_trigger="1e30"), "stop-trigger", "is invalid"),
    ("a quantity in words", changed(LIMIT, legs=leg(quantity="ten")), "legs[0][quantity]", "is invalid"),
    ("a price that is no number", changed(LIMIT, price="NaN"), "price", "is invalid"),
    ("a negative price", changed(LIMIT, price="-1"), "price", "is invalid"),
    ("a price without an effect", changed(LIMIT, price_effect=ABSENT), "price-effect", "is missing"),
    ("an unknown effect", changed(LIMIT, price_effect="Gift"), "price-effect", "does not have a valid value"),
    ("a value without an effect", changed(NOTIONAL, value_effect=ABSENT), "value-effect", "is missing"),
    ("a trigger that is no number", changed(STOP, stop_trigger="Infinity"), "stop-trigger", "is invalid"),
    ("a date that is none", changed(LIMIT, time_in_force="GTD", gtc_date="soon"), "gtc-date", "is invalid"),
    ("an unknown behaviour", changed(LIMIT, behavior="lucky"), "behavior", "does not have a valid value"),
]
"""What is wrong with a body, the body, the field that is named, and why."""

REFUSED: list[tuple[str, Body, str]] = [
    ("an unknown symbol", changed(LIMIT, legs=leg(symbol="NOPE")), "instrument_validation_failed"),
    ("an index", changed(LIMIT, legs=leg(symbol="VIX")), "instrument_validation_failed"),
    ("another type than it is", changed(LIMIT, legs=leg(instrument_type="Future")), "instrument_validation_failed"),
    ("an action of futures", changed(LIMIT, legs=leg(action="Buy")), "invalid_leg_action"),
    ("a limit without a price", changed(LIMIT, price=ABSENT), "order_must_include_price"),
    ("a stop limit without a price", changed(STOP_LIMIT, price=ABSENT), "order_must_include_price"),
    ("a market order with a price", changed(MARKET, price="1", price_effect="Debit"), "order_must_omit_price"),
    ("a stop with a price", changed(STOP, price="1", price_effect="Debit"), "order_must_omit_price"),
    ("a notional order with a price", changed(NOTIONAL, price="1", price_effect="Debit"), "order_must_omit_price"),
    ("a stop without a trigger", changed(STOP, stop_trigger=ABSENT), "order_must_include_stop_trigger"),
    ("a stop limit without a trigger", changed(STOP_LIMIT, stop_trigger=ABSENT), "order_must_include_stop_trigger"),
    ("a limit with a trigger", changed(LIMIT, stop_trigger="1"), "order_must_omit_stop_trigger"),
    ("a notional order without a value", changed(NOTIONAL, value=ABSENT), "order_must_include_value"),
    ("a notional order of $4.99", changed(NOTIONAL, value="4.99"), "notional_value_too_small"),
    ("a notional order of a quantity", changed(NOTIONAL, legs=[SHARE]), "notional_orders_must_omit_quantity"),
    ("a limit with a value", changed(LIMIT, value="50", value_effect="Debit"), "order_must_omit_value"),
    ("a market order till cancelled", TILL_CANCELLED, "gtc_market_orders_not_supported"),
    ("a market order till a day", changed(MARKET, time_in_force="GTD"), "gtc_market_orders_not_supported"),
    ("buying for a credit", changed(LIMIT, price_effect="Credit"), "cant_buy_for_credit"),
    ("selling for a debit", changed(LIMIT, legs=[SELL]), "cant_sell_for_debit"),
    ("buying a value for a credit", changed(NOTIONAL, value_effect="Credit"), "cant_buy_for_credit"),
    ("till a day without one", changed(LIMIT, time_in_force="GTD"), "gtd_orders_must_include_gtc_date"),
    (
        "till a day in the past",
        changed(LIMIT, time_in_force="GTD", gtc_date="2020-02-20"),
        "gtc_date_in_the_past",
    ),
    ("a day order till a day", changed(LIMIT, gtc_date="2099-02-20"), "order_must_omit_gtc_date"),
    ("two legs of equity", changed(LIMIT, legs=[SHARE, SHARE | {"symbol": "QQQ"}]), "too_many_legs"),
    ("the same symbol twice", changed(LIMIT, legs=[SHARE, SHARE]), "duplicate_leg_symbols"),
    ("conditions", changed(LIMIT, rules={"route-after": "2099-02-20T12:00:00Z"}), "order_rules_not_supported"),
]
"""What is wrong with an order, the order, and the code."""


OCO: Body = {
    "type": "OCO",
    "orders": [
        LIMIT | {"legs": [SELL], "price": "900", "price-effect": "Credit"},
        STOP | {"legs": [SELL], "stop-trigger": "100"},
    ],
}
OTO: Body = {"type": "OTO", "trigger-order": LIMIT, "orders": OCO["orders"][:1]}
REFUSED_TOGETHER: list[tuple[str, Body, str]] = [
    ("an OCO of one order", changed(OCO, orders=OCO["orders"][:1]), "wrong_number_of_orders"),
    ("an OCO with a trigger", changed(OCO, trigger_order=LIMIT), "wrong_number_of_orders"),
    ("an OTO without a trigger", changed(OTO, trigger_order=ABSENT), "wrong_number_of_orders"),
    ("an OTO of four", changed(OTO, orders=[LIMIT] * 4), "wrong_number_of_orders"),
    ("an OTOCO without a trigger", changed(OCO, type="OTOCO"), "wrong_number_of_orders"),
    ("an OTOCO of one", changed(OTO, type="OTOCO"), "wrong_number_of_orders"),
    ("pairs", changed(OTO, type="PAIRS"), "complex_order_type_not_supported"),
    ("a wrong part", changed(OTO, orders=[changed(LIMIT, price=ABSENT)]), "order_must_include_price"),
    (
        "a wrong trigger",
        changed(OTO, trigger_order=changed(MARKET, time_in_force="GTC")),
        "gtc_market_orders_not_supported",
    ),
]
"""What is wrong with a complex order, the order, and the code."""


async def refused(door: Door, path: str, body: Body, method: str = "POST") -> tuple[int, set[str]]:
    """Return the status and the nested codes of a request that is not answered with data."""
    answer = await door.http.request(method, path, json=body)
    error = answer.json()["error"]
    assert error["message"]
    assert all(nested["message"] for nested in error["errors"])
    assert error["code"] == "preflight_check_failure"
    return answer.status_code, {nested["code"] for nested in error["errors"]}


async def test_a_body_that_cannot_be_read_is_400_and_the_field_is_named(alice: Door):
    for path in (ORDERS, TRIES):
        for wrong, body, field, reason in UNREADABLE:
            answer = await alice.http.post(path, json=body)
            assert answer.status_code == 400, wrong
            error = answer.json()["error"]
            assert error["code"] == "validation_error", wrong
            assert error["errors"] == [{"domain": field, "reason": reason}], wrong
    for text in ("", "{", "[]", '"order"'):
        answer = await alice.http.post(ORDERS, content=text)
        assert (answer.status_code, answer.json()["error"]["errors"][0]["domain"]) == (400, "body"), text
    assert (await alice.get(ORDERS))["items"] == []


async def test_an_order_that_breaks_a_rule_is_422_and_the_rule_is_named(alice: Door):
    for path in (ORDERS, TRIES):
        for wrong, body, code in (*REFUSED, *refused_options(alice)):
            status, codes = await refused(alice, path, body)
            assert status == 422, wrong
            assert code in codes, wrong
    assert (await alice.get(ORDERS))["items"] == []


def refused_options(door: Door) -> list[tuple[str, Body, str]]:
    """Return what is wrong with an order of options, the order, and the code."""
    legs = options(door, 5)
    mixed = [legs[0], legs[1] | {"action": "Sell to Open"}]
    worth = changed(NOTIONAL, legs=[changed(legs[0], quantity=ABSENT)])
    early = changed(LIMIT, legs=legs[:1], time_in_force="Ext")
    return [
        ("five legs", changed(LIMIT, legs=legs), "too_many_legs"),
        ("half a contract", changed(LIMIT, legs=[legs[0] | {"quantity": "0.5"}]), "fractional_quantity_not_supported"),
        ("a name without padding", changed(LIMIT, legs=[unpadded(legs[0])]), "instrument_validation_failed"),
        ("two legs at the market", changed(MARKET, legs=mixed), "multi_leg_market_orders_not_supported"),
        ("two legs that stop", changed(STOP, legs=mixed), "multi_leg_market_orders_not_supported"),
        ("buying two for a credit", changed(LIMIT, legs=legs[:2], price_effect="Credit"), "cant_buy_for_credit"),
        ("a value of options", worth, "notional_orders_not_supported"),
        ("outside the session", early, "extended_hours_for_single_equities_only"),
    ]


def unpadded(option: Body) -> Body:
    """Return a leg whose name is not as long as the OCC's."""
    return option | {"symbol": option["symbol"].replace(" ", "")}


async def test_a_complex_order_that_breaks_a_rule_is_422_and_the_rule_is_named(alice: Door):
    for path in (COMPLEX, f"{COMPLEX}/dry-run"):
        for wrong, body, code in REFUSED_TOGETHER:
            status, codes = await refused(alice, path, body)
            assert status == 422, wrong
            assert code in codes, wrong
        blast = await alice.http.post(path, json=OCO | {"type": "BLAST"})
        assert blast.status_code == 400
        assert blast.json()["error"]["errors"] == [{"domain": "type", "reason": "does not have a valid value"}]
        bare = await alice.http.post(path, json=OCO | {"orders": [LIMIT, LIMIT | {"legs": []}]})
        assert bare.json()["error"]["errors"] == [{"domain": "orders[1][legs]", "reason": "is missing"}]
    assert (await alice.get(COMPLEX))["items"] == []


def test_every_broken_rule_is_told_at_once():
    surface = OptionSurface(SimMarket(7, calendar.at_clock(datetime.date(2026, 11, 18), 12)))
    ticket = parsing.order_ticket(msgspec.json.encode(changed(MARKET, time_in_force="GTC", stop_trigger="3")))
    codes = [code for code, _ in preflight.order_complaints(ticket, surface)]
    assert codes == ["order_must_omit_stop_trigger", "gtc_market_orders_not_supported"]


@pytest.mark.parametrize(("hour", "is_refused"), [(9, True), (12, False), (17, True)])
def test_market_orders_are_not_taken_while_the_market_is_closed(hour: int, is_refused: bool):
    at = calendar.at_clock(datetime.date(2026, 11, 18), hour)
    surface = OptionSurface(SimMarket(7, at, is_always_open=False))
    for body in (MARKET, NOTIONAL):
        ticket = parsing.order_ticket(msgspec.json.encode(body))
        codes = {code for code, _ in preflight.order_complaints(ticket, surface)}
        assert codes == ({"market_orders_not_supported_while_closed"} if is_refused else set())
    preflight.check(parsing.order_ticket(msgspec.json.encode(LIMIT)), surface)


async def placed(door: Door, body: Body, path: str = ORDERS) -> typing.Any:
    """Place an order that is taken; return the `data` of the answer."""
    answer = await door.http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def trades(id: int | str, complex_id: int | str, number: str = "5WX00001") -> list[tuple[str, str, Body | None]]:
    """Return every request that trades: its method, path and body."""
    orders, complexes = f"/accounts/{number}/orders", f"/accounts/{number}/complex-orders"
    return [
        ("POST", orders, LIMIT),
        ("POST", f"{orders}/dry-run", LIMIT),
        ("PUT", f"{orders}/{id}", LIMIT),
        ("PATCH", f"{orders}/{id}", {"price": "99"}),
        ("POST", f"{orders}/{id}/dry-run", {"price": "99", "price-effect": "Debit"}),
        ("DELETE", f"{orders}/{id}", None),
        ("POST", complexes, OTO),
        ("POST", f"{complexes}/dry-run", OTO),
        ("DELETE", f"{complexes}/{complex_id}", None),
    ]


READS = ("orders", "orders/live", "orders/1", "complex-orders", "complex-orders/live", "complex-orders/1",
         "transactions", "transactions/1", "transactions/total-fees")  # fmt: skip


async def test_a_grant_to_read_only_reads(door: Door):
    await door.sign_in()
    id = (await placed(door, LIMIT))["order"]["id"]
    complex_id = (await placed(door, OTO, COMPLEX))["complex-order"]["id"]
    door.venue.add_customer(
        client_secret="s",
        refresh_token="r",
        scopes=["read"],
        accounts=[{"number": "5WX00001", "authority": "trade-only"}],
    )
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    door.http.headers["Authorization"] = f"Bearer {token}"
    for method, path, body in trades(id, complex_id):
        answer = await door.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted"), (method, path)
    for name in ("orders", "orders/live", "complex-orders", "transactions"):
        assert await door.get(f"/accounts/5WX00001/{name}")
    assert len((await door.get(ORDERS))["items"]) == 3  # the parts of a complex order are orders too


async def test_orders_of_somebody_else_are_not_permitted(alice: Door):
    requests = trades(1, 1, "5WX00003") + [("GET", f"/accounts/5WX00003/{name}", None) for name in READS]
    for method, path, body in requests:
        answer = await alice.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted"), (method, path)


async def test_an_order_nobody_has_is_404(alice: Door):
    await alice.sign_in(1)
    foreign = (await placed(alice, LIMIT, "/accounts/5WX00003/orders"))["order"]["id"]
    await alice.sign_in(0)
    reads = ("orders", "complex-orders", "transactions")
    for id in (foreign, 999):
        requests = [trade for trade in trades(id, id) if f"/{id}" in trade[1]]
        requests += [("GET", f"/accounts/5WX00001/{name}/{id}", None) for name in reads]
        for method, path, body in requests:
            answer = await alice.http.request(method, path, json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "record_not_found"), (method, path)


async def test_an_order_that_has_ended_cannot_be_changed(alice: Door):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001") as stream, asyncio.timeout(20):
        id = (await placed(alice, LIMIT))["order"]["id"]
        complex_id = (await placed(alice, OTO, COMPLEX))["complex-order"]["id"]
        for path in (f"{ORDERS}/{id}", f"{COMPLEX}/{complex_id}"):
            assert (await alice.http.delete(path)).status_code == 200
        while (await stream.until("ComplexOrder"))["data"].get("terminal-at") is None:
            pass
    assert (await alice.get(f"{ORDERS}/{id}"))["status"] == "Cancelled"
    for method, path, body in trades(id, complex_id):
        if str(id) in path or str(complex_id) in path:
            answer = await alice.http.request(method, path, json=body)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (422, "cannot_update_order"), (method, path)
            assert error["message"] == "the order could not be cancelled"


async def test_what_an_account_may_not_or_cannot_do_is_422(alice: Door):
    dear = changed(MARKET, legs=leg(quantity=100_000))
    strict = changed(
        MARKET,
        legs=leg(action="Sell to Close"),
        advanced_instructions={"strict-position-effect-validation": True},
    )
    short = [options(alice, 1)[0] | {"action": "Sell to Open"}]
    uncovered = changed(LIMIT, legs=short, price="1", price_effect="Credit")
    for number, body, code in (
        ("5WX00001", dear, "margin_check_failed"),
        ("5WX00001", strict, "no_position_to_close"),
        ("5WX00001", changed(LIMIT, price="100.005"), "invalid_price_increment"),
        ("5WX00002", changed(MARKET, legs=leg(symbol="AAPL", action="Sell to Open")), "invalid_option_level"),
        ("5WX00002", uncovered, "invalid_option_level"),
    ):
        for path in (f"/accounts/{number}/orders", f"/accounts/{number}/orders/dry-run"):
            assert await refused(alice, path, body) == (422, {code}), (number, code)
    alice.venue.tastytrade.by_account["5WX00001"][1].standing.is_closing_only = True
    assert await refused(alice, ORDERS, LIMIT) == (422, {"account_is_closing_only"})


async def test_only_the_terms_of_an_order_can_be_replaced(alice: Door):
    path = f"{ORDERS}/{(await placed(alice, LIMIT))['order']['id']}"
    for changes in ({"legs": leg(quantity=2)}, {"legs": [SELL]}, {"value": "50", "value_effect": "Debit"}):
        for method in ("PUT", "PATCH"):
            status, codes = await refused(alice, path, changed(LIMIT, **changes), method)
            assert (status, codes) == (422, {"only_terms_can_be_replaced"}), (method, changes)
    assert (await refused(alice, path, changed(LIMIT, price=ABSENT), "PUT"))[1] == {"order_must_include_price"}
    assert (await refused(alice, path, {"order-type": "Market"}, "PATCH"))[1] == {"order_must_omit_price"}
    assert (await alice.http.put(path, json={"price": "99", "price-effect": "Debit"})).status_code == 400
    assert len((await alice.get(ORDERS))["items"]) == 1


async def test_a_wrong_filter_is_400(alice: Door):
    for path in (ORDERS, "/accounts/5WX00001/transactions"):
        for name, value in (("sort", "Up"), ("start-date", "soon"), ("end-at", "noon"), ("per-page", "0")):
            answer = await alice.http.get(path, params={name: value})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error"), (path, name)
    assert (await alice.http.get("/accounts/5WX00001/transactions/total-fees?date=x")).status_code == 400
