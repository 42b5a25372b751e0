"""Whatever happens in whatever order, a client holds what the board holds and is told every fact once, in order."""

import asyncio
import os
import uuid

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from brokers.events import Quote
from streaming.facts import Entry
from streaming.limits import Limits
from streaming.watch import View
from tests.streaming.cast import House, Info, MemoryLinks
from tests.streaming.clients import Client, PlainClient, PollingClient

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "25"))
SYMBOLS = ("QQQ", "SPY", "IWM")
SWIFT = Limits(pulse_ms=1, beacon_s=0.004, deaf_s=5, sockets_per_person=100, views_per_person=100)
LINKS = frozenset({"links"})

shown = st.frozensets(st.sampled_from(SYMBOLS), min_size=1)
paces = st.sampled_from([0, 3, None])
whom = st.integers(0, 5)
ticks = st.builds(
    Quote, symbol=st.sampled_from(SYMBOLS), bid=st.integers(1, 9).map(float), ask=st.none() | st.just(1.5)
)
endings = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), gone=st.just(True))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.one_of(ticks, ticks, endings)),
        st.tuples(st.just("facts"), st.sampled_from([1, 1, 3, 250])),
        st.tuples(st.just("show"), whom, shown),
        st.tuples(st.just("pace"), whom, paces),
        st.tuples(st.sampled_from(["gate", "ack", "hold", "drop", "resume"]), whom),
        st.tuples(st.sampled_from(["cut", "turn", "pulse", "epoch", "fence"])),
    ),
    min_size=10,
    max_size=40,
)


def arrivals(house: House) -> list[Client]:
    """Two tabs that acknowledge, server-sent events, polls, the plain dialect; one tab watches no facts."""
    views = [View(quotes=frozenset(SYMBOLS[: n + 1]), topics=LINKS) for n in range(3)]
    return [
        Client(house, views[0], credit=True),
        Client(house, View(quotes=frozenset(SYMBOLS)), credit=True),
        Client(house, views[1], credit=False),
        PollingClient(house, views[2]),
        PlainClient(house, views[2]),
        Client(house, views[2], credit=True),
    ]


async def do(house: House, clients: list[Client], info: Info, step) -> None:
    match step:
        case ("say", event):
            if (broker := house.links.brokers.get(info.id)) is not None and broker.running.is_set():
                broker.say(event)
        case ("facts", number):
            await record(house, number)
        case ("show", number, symbols):
            view = View(quotes=symbols, topics=clients[number].view.topics, pace_ms=clients[number].view.pace_ms)
            await clients[number].show(view)
        case ("pace", number, pace_ms):
            view = clients[number].view
            await clients[number].show(View(quotes=view.quotes, topics=view.topics, pace_ms=pace_ms))
        case ("gate", number):
            gate = clients[number].gate
            gate.clear() if gate.is_set() else gate.set()
        case ("ack", number):
            clients[number].acknowledge()
        case ("hold", number):
            clients[number].quick = not clients[number].quick
        case ("drop", number):
            await clients[number].drop()
        case ("resume", number):
            await clients[number].resume()
        case ("cut",):
            house.cut = not house.cut
        case ("turn",):
            await asyncio.sleep(0)
        case ("pulse",):
            await asyncio.sleep(0.002)
        case ("epoch",):
            if 1 in house.host.people:
                house.host._release(1, "a test says so")
        case ("fence",):
            await house.ledger.claim(1, house.lease.host or str(uuid.uuid4()))


async def record(house: House, number: int = 1) -> None:
    """Let so many facts happen, if somebody holds the person's links now."""
    if (managed := house.host.people.get(1)) is not None and managed.owned:
        for at in range(number):
            await managed.manager.record(Entry(kind="notice", at=at, payload={"code": "test"}))


async def settle(house: House, clients: list[Client]) -> None:
    """Let everybody come to rest: nothing is lost, held back or paused any more, and one more fact happens."""
    house.cut = False
    for client in clients:
        client.gate.set()
        client.quick = True
        client.acknowledge()
        if client.view.pace_ms is None:
            await client.show(View(quotes=client.view.quotes, topics=client.view.topics))
    async with asyncio.timeout(10):
        head = await one_more(house, clients)
        while not all(client.level and caught_up(client, head) for client in clients):
            await asyncio.sleep(0.001)


async def one_more(house: House, clients: list[Client]) -> int:
    """Let a fact happen once everybody holds the board, so that everybody is told; return its number.

    It is not stored where another owner's claim was not noticed until now.
    """
    while True:
        while not (await told(house) and all(client.level for client in clients)):
            await asyncio.sleep(0.001)
        head = await house.ledger.head(1)
        await record(house)
        for _ in range(20):
            if (newest := await house.ledger.head(1)) > head:
                return newest
            await asyncio.sleep(0.005)


async def told(house: House) -> bool:
    """Whether the person is held here, and whatever is stored is announced."""
    managed = house.host.people.get(1)
    return managed is not None and managed.owned and managed.board.head == await house.ledger.head(1)


def caught_up(client: Client, head: int) -> bool:
    """Whether a client knows of the newest fact, if its view tells it."""
    return "links" not in client.view.topics or client.lives[-1].last >= head


async def stored(house: House) -> list[int]:
    """Return the numbers of all facts there are."""
    numbers: list[int] = []
    while page := await house.ledger.page(1, numbers[-1] if numbers else 0):
        numbers += [fact.number for fact in page]
    return numbers


async def play(script) -> None:
    info = Info()
    async with House(MemoryLinks(p1=[info]), SWIFT) as house:
        clients = [client.open() for client in arrivals(house)]
        try:
            await house.links.live(info)
            for step in script:
                await do(house, clients, info, step)
            await settle(house, clients)
            numbers = await stored(house)
            assert numbers == list(range(1, len(numbers) + 1))
            assert [client for client in clients if not client.obeyed(numbers)] == []
        finally:
            for client in clients:
                await client.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a script that hangs would be made smaller for minutes
)
@given(steps)
def test_every_client_ends_up_with_what_the_board_holds_and_every_fact_once(script):
    asyncio.run(play(script))
