"""Orders are told over REST as the venue tells them: what is a string, what a number, and what is in which list."""

import datetime
import decimal

import msgspec

from simulator.asgi import Json
from simulator.tastytrade.orders import parsing
from tests.simulator.conftest import Door
from tests.simulator.tastytrade.account_stream.test_notifications import listening
from tests.simulator.tastytrade.orders.test_orders_errors import (
    ABSENT,
    COMPLEX,
    LIMIT,
    MARKET,
    NOTIONAL,
    ORDERS,
    OTO,
    SELL,
    STOP_LIMIT,
    TRIES,
    changed,
    leg,
    options,
    placed,
)

ALICES = ("5WX00001", "5WX00002")


def types(body: Json) -> dict[str, str]:
    """Return the JSON type of each value."""
    return {key: type(value).__name__ for key, value in body.items()}


async def test_an_answer_has_the_keys_and_types_of_the_wire(alice: Door):
    data = await placed(alice, changed(STOP_LIMIT, time_in_force="GTC", source="me", external_identifier="mine"))
    assert types(data) == {
        "order": "dict",
        "buying-power-effect": "dict",
        "fee-calculation": "dict",
        "warnings": "list",
    }
    order = data["order"]
    assert types(order) == {
        "id": "int",
        "account-number": "str",
        "order-type": "str",
        "time-in-force": "str",
        "price": "str",
        "price-effect": "str",
        "stop-trigger": "str",
        "source": "str",
        "external-identifier": "str",
        "size": "int",
        "underlying-symbol": "str",
        "underlying-instrument-type": "str",
        "status": "str",
        "cancellable": "bool",
        "editable": "bool",
        "edited": "bool",
        "global-request-id": "str",
        "received-at": "str",
        "updated-at": "int",
        "legs": "list",
    }
    assert (order["status"], order["cancellable"], order["editable"]) == ("Routed", False, False)
    assert order["legs"] == [{**LIMIT["legs"][0], "remaining-quantity": 1, "fills": []}]
    assert datetime.datetime.fromisoformat(order["received-at"]).tzinfo is not None
    assert {kind for key, kind in types(data["fee-calculation"]).items() if key != "per-quantity"} == {"str"}
    assert {kind for key, kind in types(data["buying-power-effect"]).items() if key != "is-spread"} == {"str"}


async def test_an_order_at_work_bears_the_exchanges_names(alice: Door):
    async with listening(alice) as ear:
        orders = [(await placed(alice, LIMIT))["order"] for _ in range(2)]
        for order in orders:
            await ear.status(order["id"], "Live")
    told = [await alice.get(f"{ORDERS}/{order['id']}") for order in orders]
    names = ("ext-client-order-id", "ext-exchange-order-number", "ext-global-order-number")
    assert not any(name in order for name in names for order in orders)
    assert [type(told[0][name]).__name__ for name in names] == ["str", "str", "int"]
    assert all(told[0][name] != told[1][name] for name in names)


async def test_a_dry_run_places_nothing_and_has_no_id(alice: Door):
    await alice.sign_in()
    tried = await placed(alice, LIMIT, TRIES)
    order = tried["order"]
    assert "id" not in order
    assert (order["updated-at"], order["status"], order["cancellable"]) == (0, "Received", False)
    both = await placed(alice, OTO, f"{COMPLEX}/dry-run")
    parts = [both["complex-order"]["trigger-order"], *both["complex-order"]["orders"]]
    assert [part["complex-order-tag"] for part in parts] == ["OTO::trigger-order", "OTO::order"]
    assert not any("id" in part for part in (both["complex-order"], *parts))
    assert (await alice.get(ORDERS))["items"] == (await alice.get(COMPLEX))["items"] == []


async def test_the_buying_power_of_a_dry_run_is_that_of_the_balance(alice: Door):
    effect = (await placed(alice, LIMIT, TRIES))["buying-power-effect"]
    balance = await alice.get("/accounts/5WX00001/balances")
    assert abs(float(effect["current-buying-power"]) - float(balance["derivative-buying-power"])) < 500
    assert (effect["change-in-buying-power-effect"], effect["effect"]) == ("Debit", "Debit")
    assert effect["impact"] == effect["change-in-buying-power"]
    assert effect["is-spread"] is False


async def test_a_spread_is_an_order_of_several_legs_on_one_underlying(alice: Door):
    low, high = options(alice, 2)
    legs = [low | {"quantity": 4}, high | {"action": "Sell to Open", "quantity": 2}]
    order = (await placed(alice, changed(LIMIT, legs=legs, price="0.05")))["order"]
    assert (order["size"], order["underlying-symbol"], order["underlying-instrument-type"]) == (2, "QQQ", "Equity")
    assert [leg["instrument-type"] for leg in order["legs"]] == ["Equity Option"] * 2
    assert all(len(leg["symbol"]) == 21 for leg in order["legs"])


async def test_a_notional_order_has_a_quantity_once_it_is_filled(alice: Door):
    async with listening(alice) as ear:
        order = (await placed(alice, NOTIONAL))["order"]
        assert "size" not in order
        assert (order["value"], order["value-effect"]) == ("50.0", "Debit")
        assert "quantity" not in order["legs"][0]
        await ear.status(order["id"], "Filled")
    (filled,) = (await alice.get(f"{ORDERS}/{order['id']}"))["legs"]
    assert type(filled["quantity"]) is str
    assert 0 < float(filled["quantity"]) < 1
    assert filled["remaining-quantity"] == 0


async def test_an_order_of_a_value_says_that_it_cannot_be_replaced(alice: Door):
    async with listening(alice) as ear:
        order = (await placed(alice, changed(NOTIONAL, behavior="never")))["order"]
        await ear.status(order["id"], "Live")
    told = await alice.get(f"{ORDERS}/{order['id']}")
    assert (told["cancellable"], told["editable"]) == (True, False)
    answer = await alice.http.patch(f"{ORDERS}/{order['id']}", json={"time-in-force": "Day"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "cannot_update_order")


async def test_what_a_patch_does_not_say_of_an_order_stays(alice: Door):
    async with listening(alice) as ear:
        id = (await placed(alice, changed(STOP_LIMIT, external_identifier="mine")))["order"]["id"]
        await ear.status(id, "Live")
        tried = await alice.http.post(f"{ORDERS}/{id}/dry-run", json={"price": "905"})
        assert tried.status_code == 201
        assert (tried.json()["data"]["order"]["price"], tried.json()["data"]["order"]["replaces-order-id"]) == (
            "905.0",
            id,
        )
        answer = await alice.http.patch(f"{ORDERS}/{id}", json={"price": "905"})
        new = answer.json()["data"]
        assert answer.status_code == 200
        assert (new["price"], new["stop-trigger"], new["external-identifier"]) == ("905.0", "900.0", "mine")
        assert (new["replaces-order-id"], new["edited"]) == (id, True)
        await ear.status(new["id"], "Live")
        again = (await alice.http.put(f"{ORDERS}/{new['id']}", json=changed(LIMIT, price="99", legs=ABSENT))).json()[
            "data"
        ]
        assert (again["order-type"], again["external-identifier"]) == ("Limit", "mine")
    assert (await alice.get(f"{ORDERS}/{id}"))["replacing-order-id"] == new["id"]


def test_a_patch_changes_nothing_that_it_does_not_name():
    old = parsing.order_ticket(
        msgspec.json.encode(
            changed(
                STOP_LIMIT,
                time_in_force="GTD",
                gtc_date="2099-01-02",
                source="me",
                external_identifier="mine",
                partition_key="p",
                advanced_instructions={"strict-position-effect-validation": True},
                behavior="scheduled",
                delay="PT1.5S",
                schedule="2099-01-02T15:30:00.250Z",
            )
        )
    )
    assert parsing.replacement(old, b"{}", is_partial=True) == old
    new = parsing.replacement(old, b'{"price": "1.25"}', is_partial=True)
    assert new == msgspec.structs.replace(old, price=decimal.Decimal("-1.25"))


async def test_an_order_says_whether_it_can_be_cancelled(alice: Door):
    parts = [changed(LIMIT, legs=[SELL], price="900", price_effect="Credit")]
    async with listening(alice) as ear:
        live = (await placed(alice, LIMIT))["order"]["id"]
        bought = (await placed(alice, changed(MARKET, legs=leg(symbol="DIA"))))["order"]["id"]
        both = (await placed(alice, changed(OTO, orders=parts), COMPLEX))["complex-order"]
        await ear.status(live, "Live")
        await ear.status(bought, "Filled")
        await ear.status(both["trigger-order"]["id"], "Live")
        orders = (await alice.get(ORDERS))["items"]
        assert {order["id"]: order["cancellable"] for order in orders} == {
            live: True,
            bought: False,
            both["trigger-order"]["id"]: False,
            both["orders"][0]["id"]: False,
        }
        for order in orders:
            gone = await alice.http.delete(f"{ORDERS}/{order['id']}")
            assert gone.status_code == (200 if order["cancellable"] else 422)
            assert order["editable"] == order["cancellable"]
        gone = await alice.http.delete(f"{COMPLEX}/{both['id']}")
    assert gone.status_code == 200
    told = gone.json()["data"]
    assert (told["trigger-order"]["status"], told["orders"][0]["status"]) == ("Cancel Requested", "Cancelled")


async def test_orders_of_all_accounts_are_in_one_list(alice: Door):
    ids = []
    for number in (*ALICES, ALICES[0]):
        ids.append((await placed(alice, LIMIT, f"/accounts/{number}/orders"))["order"]["id"])
    for path in ("/customers/me/orders", "/customers/me/orders/live"):
        assert [order["id"] for order in (await alice.get(path))["items"]] == ids[::-1]
        one = await alice.get(path, **{"account-numbers[]": ALICES[1]})
        assert [order["id"] for order in one["items"]] == ids[1:2]
        assert (await alice.http.get(path, params={"account-numbers[]": "5WX00003"})).status_code == 403
    page = (await alice.http.get("/customers/me/orders?per-page=2")).json()
    assert page["pagination"]["total-items"] == 3
