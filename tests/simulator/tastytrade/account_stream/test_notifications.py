"""The account stream tells what becomes of orders: in order, in full, and replayed from empty it is what REST says."""

import asyncio
import contextlib
import decimal
import random
import typing

import pytest

from simulator.asgi import Json
from tests.simulator.conftest import Alerts, Door
from tests.simulator.replay import Replay
from tests.simulator.tastytrade.orders.test_orders_errors import (
    COMPLEX,
    LIMIT,
    MARKET,
    OCO,
    ORDERS,
    OTO,
    changed,
    leg,
    placed,
)

Decimal = decimal.Decimal
ACCOUNT = "5WX00001"
BALANCE, POSITIONS = f"/accounts/{ACCOUNT}/balances", f"/accounts/{ACCOUNT}/positions"
BUY = changed(MARKET, legs=leg(symbol="DIA", quantity=3))
SELL = changed(MARKET, legs=leg(symbol="DIA", quantity=3, action="Sell to Close"))
OTOCO = changed(OCO, type="OTOCO", trigger_order=LIMIT)
STABLE = (
    "symbol",
    "quantity",
    "quantity-direction",
    "average-open-price",
    "instrument-type",
    "multiplier",
    "created-at",
)
"""What a position says of itself whatever the market does."""


class Ear:
    """An account-stream client that remembers each notification and what they amount to."""

    def __init__(self, stream: Alerts) -> None:
        self.stream = stream
        self.notices: list[Json] = []
        self.replay = Replay()

    async def until(self, is_enough: typing.Callable[[Replay], bool]) -> list[Json]:
        """Listen until the replay is as wanted; return every notification so far."""
        while not is_enough(self.replay):
            message = await self.stream.hear()
            self.notices += message.get("results", [message])
            self.replay.hear(message)
        return self.notices

    async def status(self, id: int, *wanted: str) -> list[str]:
        """Listen until an order is told to be in one of these states; return every status it was told to have."""
        await self.until(lambda replay: id in replay.orders and replay.orders[id]["status"] in wanted)
        return [notice["data"]["status"] for notice in self.notices if is_of(notice, id)]


def is_of(notice: Json, id: int) -> bool:
    """Whether a notification is about this order."""
    return bool(notice["type"] == "Order" and notice["data"]["id"] == id)


@contextlib.asynccontextmanager
async def listening(door: Door, seconds: float = 10) -> typing.AsyncIterator[Ear]:
    """Alice's ear at the account stream, for so long at most."""
    token = await door.sign_in()
    async with door.alerts(token, ACCOUNT) as stream, asyncio.timeout(seconds):
        yield Ear(stream)


def spent(order: Json) -> Decimal:
    """Return what the fills of an order of one leg cost or brought, without fees."""
    fills = order["legs"][0]["fills"]
    return sum((Decimal(fill["fill-price"]) * fill["quantity"] for fill in fills), Decimal(0))


async def test_an_order_is_told_from_its_route_to_its_fill_and_what_it_bought(alice: Door):
    before = await alice.get(BALANCE)
    async with listening(alice) as ear:
        id = (await placed(alice, BUY))["order"]["id"]
        statuses = await ear.status(id, "Filled")
        notices = await ear.until(
            lambda replay: "DIA" in replay.positions and replay.balance["cash-balance"] != before["cash-balance"]
        )
    assert list(dict.fromkeys(statuses)) == ["Routed", "In Flight", "Live", "Filled"]
    assert ear.replay.orders[id] == await alice.get(f"{ORDERS}/{id}")
    assert all(set(notice) == {"type", "data", "timestamp"} for notice in notices)
    at = next(at for at, notice in enumerate(notices) if notice["data"].get("symbol") == "DIA")
    assert [notice["type"] for notice in notices[at : at + 2]] == ["CurrentPosition", "AccountBalance"]
    assert notices[at]["data"]["quantity"] == 3
    paid = Decimal(before["cash-balance"]) - Decimal(notices[at + 1]["data"]["cash-balance"])
    assert 0 <= paid - spent(ear.replay.orders[id]) < 1  # the fees
    assert set(notices[at + 1]["data"]) == set(before)


async def test_a_position_that_is_closed_is_told_as_zero_with_what_it_made_this_year(alice: Door):
    async with listening(alice) as ear:
        bought = (await placed(alice, BUY))["order"]["id"]
        await ear.status(bought, "Filled")
        sold = (await placed(alice, SELL))["order"]["id"]
        await ear.status(sold, "Filled")
        notices = await ear.until(lambda replay: bool(replay.gains) and "DIA" not in replay.positions)
        await ear.until(lambda replay: replay.kinds[-1] == "AccountBalance")
    at = next(at for at, notice in enumerate(notices) if notice["data"].get("quantity-direction") == "Zero")
    assert (notices[at]["data"]["symbol"], notices[at]["data"]["quantity"]) == ("DIA", 0)
    told = [notice["type"] for notice in notices[at : at + 3]]
    assert told == ["CurrentPosition", "UnderlyingYearGainSummary", "AccountBalance"]
    (gain,) = ear.replay.gains
    made = spent(ear.replay.orders[sold]) - spent(ear.replay.orders[bought])
    sign = -1 if gain["realized-lot-gain-effect"] == "Debit" else 1
    assert abs(sign * Decimal(gain["realized-lot-gain"]) - made) <= Decimal("0.01")
    assert (gain["symbol"], gain["instrument-type"]) == ("DIA", "Equity")


async def test_an_answer_comes_before_or_after_the_first_notification(alice: Door):
    seen: set[str] = set()
    async with listening(alice) as ear, asyncio.TaskGroup() as group:
        while seen != {"answer first", "notification first"}:
            posting = group.create_task(placed(alice, LIMIT))
            message = await ear.stream.until("Order")
            while message["data"]["status"] != "Routed":
                message = await ear.stream.until("Order")
            seen.add("answer first" if posting.done() else "notification first")
            assert (await posting)["order"]["id"] == message["data"]["id"]


async def act(door: Door, dice: random.Random) -> None:
    """Do something that somebody who trades might do; the venue may refuse it."""
    symbol, quantity = dice.choice(("DIA", "AAPL", "TSLA", "SPY")), dice.randint(1, 20)
    action = dice.choice(("Buy to Open", "Sell to Close"))
    effect = "Debit" if action.startswith("Buy") else "Credit"
    legs = leg(symbol=symbol, quantity=quantity, action=action)
    price = str(dice.choice((1, 100, 240, 600)))
    limit = changed(LIMIT, legs=legs, price=price, price_effect=effect, time_in_force=dice.choice(("Day", "GTC")))
    order, complex_order = [
        dice.choice((await door.get(path, **{"per-page": 30}))["items"] or [{"id": 1}])["id"]
        for path in (ORDERS, COMPLEX)
    ]
    method, path, body = dice.choice(
        (
            ("POST", ORDERS, limit),
            ("POST", ORDERS, limit),
            ("POST", ORDERS, changed(MARKET, legs=legs)),
            ("POST", COMPLEX, OCO),
            ("POST", COMPLEX, changed(OTO, trigger_order=limit)),
            ("POST", COMPLEX, changed(OTOCO, trigger_order=limit)),
            ("PUT", f"{ORDERS}/{order}", changed(limit, legs=None)),
            ("DELETE", f"{ORDERS}/{order}", None),
            ("DELETE", f"{COMPLEX}/{complex_order}", None),
        )
    )
    answer = await door.http.request(method, path, json=body)
    assert answer.status_code in (200, 201, 404, 422), answer.text


async def amounts(door: Door) -> Replay:
    """Return what REST says of the account."""
    told = Replay()
    told.orders = {order["id"]: order for order in (await door.get(ORDERS))["items"]}
    told.complexes = {order["id"]: order for order in (await door.get(COMPLEX))["items"]}
    told.positions = {position["symbol"]: position for position in (await door.get(POSITIONS))["items"]}
    told.balance = await door.get(BALANCE)
    return told


def stable(replay: Replay) -> tuple[typing.Any, ...]:
    """Return what of a replay does not move with the market."""
    positions = {symbol: [body[key] for key in STABLE] for symbol, body in replay.positions.items()}
    return replay.orders, replay.complexes, positions, replay.balance.get("cash-balance")


@pytest.mark.parametrize("is_batched", [False, True], ids=["single", "batched"])
async def test_notifications_replayed_from_empty_are_what_rest_says(alice: Door, is_batched: bool):
    if is_batched:
        alice.venue.fault("results", account=ACCOUNT, seconds=60)
    dice = random.Random(11)
    async with listening(alice, 40) as ear, asyncio.TaskGroup() as group:
        heard = asyncio.Event()

        async def hear() -> None:
            while True:
                message = await ear.stream.hear()
                assert ("results" in message) == is_batched
                ear.replay.hear(message)
                heard.set()

        hearing = group.create_task(hear())
        for body, path in ((BUY, ORDERS), (LIMIT, ORDERS), (OCO, COMPLEX), (OTO, COMPLEX), (OTOCO, COMPLEX)):
            await placed(alice, body, path)
        for _ in range(40):
            await act(alice, dice)
        for order in (await amounts(alice)).orders:
            await alice.http.delete(f"{ORDERS}/{order}")
        while stable(told := await amounts(alice)) != stable(ear.replay):
            heard.clear()
            await heard.wait()
        hearing.cancel()
    assert len(told.orders) > 9  # those of the five that were taken for sure
    assert {"Filled", "Cancelled"} <= {order["status"] for order in told.orders.values()}
    assert {order["type"] for order in told.complexes.values()} == {"OCO", "OTO", "OTOCO"}
    assert set(told.balance) == set(ear.replay.balance)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("swallow_notice", ["In Flight", "Live"]),
        ("duplicate_notice", ["Routed", "Routed", "In Flight", "Live"]),
        ("reorder_notices", ["In Flight", "Routed", "Live"]),
        ("unknown_status", ["Awaiting Review", "In Flight", "Live"]),
    ],
)
async def test_the_next_notification_of_an_order_may_go_wrong(alice: Door, fault: str, told: list[str]):
    async with listening(alice) as ear:
        alice.venue.fault(fault, account=ACCOUNT)
        id = (await placed(alice, LIMIT))["order"]["id"]
        assert await ear.status(id, "Live") == told
        assert await alice.get(f"{ORDERS}/{id}") == ear.replay.orders[id]
        other = (await placed(alice, LIMIT))["order"]["id"]
        assert await ear.status(other, "Live") == ["Routed", "In Flight", "Live"]


async def test_a_notification_may_come_too_late(alice: Door):
    async with listening(alice) as ear:
        alice.venue.fault("late_notice", account=ACCOUNT, delay=1)
        id = (await placed(alice, LIMIT))["order"]["id"]
        assert await ear.status(id, "Live") == ["In Flight", "Live"]
        assert await ear.status(id, "Routed") == ["In Flight", "Live", "Routed"]


async def test_faults_of_orders_strike_nobody_else(alice: Door):
    async with listening(alice) as ear:
        alice.venue.fault("swallow_notice", account="5WX00003", times=5)
        id = (await placed(alice, LIMIT))["order"]["id"]
        assert await ear.status(id, "Live") == ["Routed", "In Flight", "Live"]
