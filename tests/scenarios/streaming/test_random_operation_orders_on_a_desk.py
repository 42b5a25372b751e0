"""As test_random_operation_orders.py, at a desk's real endpoints: two tabs, server-sent events, polls of one person."""

import asyncio
import os
import random

import pytest

from streaming.wire.subscription import Subscription
from tests.support.desk_clients import DeskClient, Events, Polls, Tab, stored_facts
from tests.support.eventually import aeventually
from tests.support.people import ALICE

SYMBOLS = ("QQQ", "IWM", "DIA")
TOPICS = frozenset({"links"})
SEEDS = int(os.environ.get("STORM_SEEDS", "1"))
STEPS = int(os.environ.get("STORM_STEPS", "40"))
STEP_S = 0.05


@pytest.fixture(scope="module")
def desk(make_desk):
    """A desk whose market stands still, but for what a test orders."""
    with make_desk(venue=["--speed", "0"]) as running:
        yield running


def views(luck: random.Random) -> Subscription:
    return Subscription(quotes=frozenset(luck.sample(SYMBOLS, luck.randint(1, len(SYMBOLS)))), topics=TOPICS)


async def do(desk, clients: list[DeskClient], luck: random.Random) -> None:
    """Let one thing happen."""
    client = luck.choice(clients)
    what = luck.choice(["price"] * 4 + ["show", "drop", "resume", "gate", "hold", "link"])
    if what == "price":
        price = luck.randint(100, 900)
        await asyncio.to_thread(desk.order, "price", symbol=luck.choice(SYMBOLS), price=price)
    elif what == "show":
        await client.show(views(luck))
    elif what == "drop":
        await client.drop()
    elif what == "resume":
        await client.resume()
    elif what == "gate":
        client.gate.clear() if client.gate.is_set() else client.gate.set()
    elif what == "hold":
        client.quick = not client.quick
    else:
        await asyncio.to_thread(desk.fault, fault="drop")
    await asyncio.sleep(luck.random() * STEP_S)  # the next comes at any moment of this


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_happens_every_carrier_holds_the_same_and_tells_every_fact_once(desk, seed):
    luck, cookie = random.Random(seed), desk.cookie(ALICE)
    everything = Tab(desk, cookie, Subscription(quotes=frozenset(SYMBOLS), topics=TOPICS))
    clients: list[DeskClient] = [
        *(Tab(desk, cookie, views(luck)) for _ in range(2)),
        Events(desk, cookie, views(luck)),
        Polls(desk, cookie, views(luck)),
    ]
    for client in (everything, *clients):
        client.open()
    try:
        await aeventually(lambda: len(everything.slots) > len(SYMBOLS), within=20)
        for _ in range(STEPS):
            await do(desk, clients, luck)
        for client in clients:
            client.gate.set()
            client.quick = True
        desk.order("price", symbol="QQQ", price=123)
        await aeventually(lambda: is_live(everything), within=30)
        await aeventually(
            lambda: all(client.holds(everything) for client in clients),
            within=20, saying=lambda: [client.differs(everything) for client in clients],
        )  # fmt: skip
        facts = stored_facts(desk, ALICE)
        await aeventually(lambda: all(client.lives[-1].last >= facts[-1] for client in clients), within=10)
        facts = stored_facts(desk, ALICE)
    finally:
        for client in (everything, *clients):
            await client.close()
    assert facts == list(range(1, len(facts) + 1))
    assert [client for client in (everything, *clients) if not client.obeyed(facts)] == []


def is_live(client: DeskClient) -> bool:
    """Whether the link is live again, and has brought the price that was ordered last."""
    link = next((slot for slot in client.slots.values() if slot["type"] == "link"), {})
    return link.get("state") == "live" and 122 < client.slots.get(("quote", "QQQ"), {}).get("last", 0) < 124
