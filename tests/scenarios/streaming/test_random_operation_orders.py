"""Whatever happens in whatever order, a client holds what the board holds and is told every fact once, in order."""

import asyncio
import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import random_scripts
from tests.support.corridor import House, Info, MemoryLinks
from tests.support.hub_clients import HubClient
from tests.support.random_scripts import SWIFT

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "25"))

steps = st.one_of(*random_scripts.steps, st.tuples(st.sampled_from(["cut", "turn", "pulse", "epoch", "fence"])))


async def do(house: House, clients: list[HubClient], info: Info, step) -> None:
    match step:
        case ("say", event):
            random_scripts.say(house.links, info, event)
        case ("facts", number):
            await random_scripts.record(house.host, number)
        case ("cut",):
            house.cut = not house.cut
        case ("turn",):
            await asyncio.sleep(0)
        case ("pulse",):
            await asyncio.sleep(0.002)  # time itself is what passes here
        case ("epoch",):
            if 1 in house.host.people:
                house.host._release(1, "a test says so")
        case ("fence",):
            await house.ledger.claim(1, house.lease.host or str(uuid.uuid4()))
        case _:
            await random_scripts.act(clients, step)


async def play(script) -> None:
    info = Info()
    async with House(MemoryLinks(p1=[info]), SWIFT) as house:
        clients = [client.open() for client in random_scripts.arrivals([house])]
        try:
            await house.links.live(info)
            for step in script:
                await do(house, clients, info, step)
            house.cut = False
            await random_scripts.settle(
                clients, house.ledger, lambda: house.host, lambda: random_scripts.told(house.host, house.ledger)
            )
            await random_scripts.assert_obeyed(clients, house.ledger)
        finally:
            for client in clients:
                await client.close()


@pytest.mark.long
@random_scripts.lived(max_examples=EXAMPLES)
@given(st.lists(steps, min_size=10, max_size=40))
def test_every_client_ends_up_with_what_the_board_holds_and_every_fact_once(script):
    asyncio.run(play(script))
