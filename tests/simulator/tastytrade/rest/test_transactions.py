"""Every execution is booked, and the list of bookings can be filtered, sorted and paged as the venue lets one."""

import datetime
import typing

import pytest

from simulator.asgi import Json
from simulator.market import calendar
from tests.simulator.conftest import Door
from tests.simulator.tastytrade.account_stream.test_notifications import listening
from tests.simulator.tastytrade.orders.test_orders_errors import MARKET, ORDERS, changed, leg, options, placed

BOOKED = "/accounts/5WX00001/transactions"


async def traded(door: Door) -> list[int]:
    """Buy, sell and buy an option, one after the other; return the ids of the orders."""
    option = {**options(door, 1)[0], "quantity": 2}
    orders = (
        changed(MARKET, legs=leg(symbol="DIA", quantity=30), partition_key="mine"),
        changed(MARKET, legs=leg(symbol="DIA", quantity=20, action="Sell to Close")),
        changed(MARKET, legs=[option]),
    )
    ids = []
    async with listening(door) as ear:
        for order in orders:
            ids.append((await placed(door, order))["order"]["id"])
            await ear.status(ids[-1], "Filled")
    return ids


async def test_bookings_can_be_filtered_sorted_and_paged(alice: Door):
    bought, sold, option = await traded(alice)

    async def listed(**query: typing.Any) -> list[int]:
        items = (await alice.get(BOOKED, **query))["items"]
        return [item["order-id"] for item in items]

    everything = await listed()
    assert list(dict.fromkeys(everything)) == [option, sold, bought]
    assert await listed(sort="Asc") == everything[::-1]
    of_option, on_dia = [id for id in everything if id == option], [id for id in everything if id != option]
    (symbol,) = {item["symbol"] for item in (await alice.get(BOOKED, **{"underlying-symbol": "QQQ"}))["items"]}
    assert len(symbol) == 21
    assert await listed(symbol=symbol) == of_option
    assert await listed(**{"underlying-symbol": "DIA"}) == on_dia
    assert await listed(**{"instrument-type": "Equity"}) == on_dia
    assert await listed(**{"instrument-type": "Equity Option"}) == of_option
    assert set(await listed(action="Sell to Close")) == {sold}
    assert set(await listed(**{"sub-type[]": ["Sell to Close", "Buy to Open"]})) == {bought, sold, option}
    assert set(await listed(**{"sub-type[]": "Sell to Close"})) == {sold}
    assert await listed(type="Trade") == await listed(**{"types[]": "Trade"}) == everything
    assert await listed(type="Money Movement") == []
    assert set(await listed(**{"partition-key": "mine"})) == {bought}
    assert await listed(**{"futures-symbol": "/ESZ6"}) == []
    assert await listed(**{"per-page": 1, "page-offset": 0}) == everything[:1]
    page = (await alice.http.get(BOOKED, params={"per-page": 1, "page-offset": 1})).json()
    assert [item["order-id"] for item in page["data"]["items"]] == everything[1:2]
    assert page["pagination"]["total-items"] == page["pagination"]["total-pages"] == len(everything)


async def test_bookings_are_found_by_day_and_by_moment(alice: Door):
    await traded(alice)
    items = (await alice.get(BOOKED))["items"]
    moments = [datetime.datetime.fromisoformat(item["executed-at"]) for item in items]
    day, second = datetime.timedelta(days=1), datetime.timedelta(seconds=1)
    today = calendar.moment(int(moments[0].timestamp() * 1000)).date()

    async def count(**query: typing.Any) -> int:
        return len((await alice.get(BOOKED, **{key.replace("_", "-"): value for key, value in query.items()}))["items"])

    assert await count(start_at=min(moments).isoformat(), end_at=(max(moments) + second).isoformat()) == len(items)
    assert await count(start_at=(max(moments) + second).isoformat()) == 0
    assert await count(end_at=min(moments).isoformat()) == 0
    assert await count(start_date=str(today - day), end_date=str(today)) == len(items)
    assert await count(start_date=str(today + day)) == await count(end_date=str(today - day)) == 0


async def test_a_booking_is_told_by_its_id_and_its_fees_add_up(alice: Door):
    await traded(alice)
    items = (await alice.get(BOOKED))["items"]
    for item in items:
        assert await alice.get(f"{BOOKED}/{item['id']}") == item
        assert_booked_as_filled(item, await alice.get(f"{ORDERS}/{item['order-id']}"))
    fees = ("regulatory-fees", "clearing-fees", "commission", "proprietary-index-option-fees")
    paid = sum(signed(item, key) for item in items for key in fees)
    assert sum(signed(item, "net-value") - signed(item, "value") for item in items) == pytest.approx(paid)
    assert signed(await alice.get(f"{BOOKED}/total-fees"), "total-fees") == pytest.approx(paid)
    assert paid < 0
    assert signed(await alice.get(f"{BOOKED}/total-fees", date="2020-02-20"), "total-fees") == 0


def assert_booked_as_filled(item: Json, order: Json) -> None:
    """Compare a booking with the fill of the order that it books."""
    (fill,) = (fill for leg in order["legs"] for fill in leg["fills"] if fill["ext-exec-id"] == item["ext-exec-id"])
    assert float(item["price"]) == float(fill["fill-price"])
    assert float(item["quantity"]) == fill["quantity"]
    assert (item["executed-at"], item["destination-venue"]) == (fill["filled-at"], fill["destination-venue"])
    sign, multiplier = (
        (1 if item["action"].startswith("Sell") else -1),
        100 if "Option" in item["instrument-type"] else 1,
    )
    assert signed(item, "value") == pytest.approx(sign * multiplier * float(item["price"]) * float(item["quantity"]))


def signed(body: Json, key: str) -> float:
    """Return an amount with the sign of its effect."""
    return float(body[key]) * (-1 if body[f"{key}-effect"] == "Debit" else 1)
