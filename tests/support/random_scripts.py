"""Scripts for laws of streaming: what people, feeds and clients may do in any order, and what holds in the end."""

import functools
import itertools
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from brokers.contract.events import Event, Quote
from brokers.contract.reports import OrderReport
from streaming.facts import Entry, Fact
from streaming.host.host import Host
from streaming.ledger.ledger import Ledger
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually
from tests.support.hub_clients import HubClient, Place, PlainClient, PollingClient

SYMBOLS = ("QQQ", "SPY", "IWM")
SWIFT = Limits(pulse_ms=1, beacon_s=0.004, deaf_s=5, sockets_per_person=100, views_per_person=100)
TELLS = frozenset({"links", "orders"})
"""The topics of all facts there are here: notices, and orders that a venue tells of."""
SETTLE_S = 10.0
"""How long everybody may take to agree at most; it takes milliseconds."""

ticks = st.builds(
    Quote, symbol=st.sampled_from(SYMBOLS), bid=st.integers(1, 9).map(float), ask=st.none() | st.just(1.5)
)
endings = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), gone=st.just(True))
orders = st.builds(
    OrderReport, link=st.just(""), account=st.just("A"), id=st.integers(1, 12).map(str), at=st.integers(0, 9),
    order=st.just("1"), version=st.just(1), status=st.just("working"), venue_status=st.just("Live"),
)  # fmt: skip
"""Words of a venue on orders: of few ids, for venues say many things twice."""
whom = st.integers(0, 5)
steps = (
    st.tuples(st.just("say"), st.one_of(ticks, ticks, endings)),
    st.tuples(st.just("say"), orders),
    st.tuples(st.just("facts"), st.sampled_from([1, 1, 3, 250])),
    st.tuples(st.just("show"), whom, st.frozensets(st.sampled_from(SYMBOLS), min_size=1)),
    st.tuples(st.just("pace"), whom, st.sampled_from([0, 3, None])),
    st.tuples(st.sampled_from(["gate", "ack", "hold", "drop", "resume"]), whom),
)
"""What a feed says, what happens to the person, and what their clients do."""

lived = functools.partial(
    settings,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a script that hangs would be made smaller for minutes
)
"""The settings of a law whose scripts are lived through, in real time."""


def arrivals(places: Sequence[Place]) -> list[HubClient]:
    """Two tabs that acknowledge, server-sent events, polls, the plain dialect; one tab watches no facts.

    They live in `places` in turn.
    """
    views = [Subscription(quotes=frozenset(SYMBOLS[: n + 1]), topics=TELLS) for n in range(3)]
    at = itertools.cycle(places)
    return [
        HubClient(next(at), views[0], credit=True),
        HubClient(next(at), Subscription(quotes=frozenset(SYMBOLS)), credit=True),
        HubClient(next(at), views[1], credit=False),
        PollingClient(next(at), views[2]),
        PlainClient(next(at), views[2]),
        HubClient(next(at), views[2], credit=True),
    ]


async def act(clients: Sequence[HubClient], step: tuple) -> None:
    """Let a client do what a step says."""
    client = clients[step[1]]
    match step:
        case ("show", _, symbols):
            await client.show(Subscription(quotes=symbols, topics=client.view.topics, pace_ms=client.view.pace_ms))
        case ("pace", _, pace_ms):
            await client.show(Subscription(quotes=client.view.quotes, topics=client.view.topics, pace_ms=pace_ms))
        case ("gate", _):
            client.gate.clear() if client.gate.is_set() else client.gate.set()
        case ("ack", _):
            client.acknowledge()
        case ("hold", _):
            client.quick = not client.quick
        case ("drop", _):
            await client.drop()
        case ("resume", _):
            await client.resume()
        case _:
            raise AssertionError(f"no client does that: {step}")


def say(links: MemoryLinks, info: Info, event: Event) -> None:
    """Let the feed of a link say something, if it runs."""
    if isinstance(event, OrderReport):
        event = msgspec.structs.replace(event, link=str(info.id))
    if (broker := links.brokers.get(info.id)) is not None and broker.running.is_set():
        broker.say(event)


async def record(host: Host | None, number: int = 1) -> None:
    """Let so many facts happen to the person, if this host has them."""
    managed = None if host is None else host.people.get(1)
    if managed is not None and managed.owned:
        for at in range(number):
            await managed.manager.record(Entry(kind="notice", at=at, payload={"code": "test"}))


async def told(host: Host, ledger: Ledger) -> bool:
    """Whether this host has the person, and announced everything that is stored."""
    managed = host.people.get(1)
    return managed is not None and managed.owned and managed.board.head == await ledger.head(1)


async def settle(
    clients: Sequence[HubClient],
    ledger: Ledger,
    owner: Callable[[], Host | None],
    agreed: Callable[[], Awaitable[bool]],
) -> None:
    """Let every client come to rest and be level with what the `owner` holds, once those who may own have `agreed`.

    One more fact happens when everybody holds the board, so that everybody is told; it happens again where it was not
    stored because another owner's claim was not noticed until then.
    """
    for client in clients:
        client.gate.set()
        client.quick = True
        client.acknowledge()
        if client.view.pace_ms is None:
            await client.show(Subscription(quotes=client.view.quotes, topics=client.view.topics))
    heads: list[int] = []

    async def one_more() -> int:
        if not (level(clients) and await agreed()):
            return 0
        head = await ledger.head(1)
        if heads and head > heads[-1]:
            return head
        heads.append(head)
        await record(owner())
        return 0

    head = await aeventually(one_more, within=SETTLE_S)
    await aeventually(lambda: level(clients, head), within=SETTLE_S)


def level(clients: Sequence[HubClient], head: int = 0) -> bool:
    """Whether every client holds the board and knows of the fact `head`, if its view tells it."""
    return all(
        client.level and ("links" not in client.view.topics or client.lives[-1].last >= head) for client in clients
    )


async def stored(ledger: Ledger) -> list[Fact]:
    """Return all facts there are."""
    facts: list[Fact] = []
    while page := await ledger.page(1, facts[-1].number if facts else 0):
        facts += page
    return facts


async def assert_obeyed(clients: Sequence[HubClient], ledger: Ledger) -> None:
    """Every fact has its number, a venue's word is stored once, and every client was told each once, in order."""
    facts = await stored(ledger)
    numbers = [fact.number for fact in facts]
    assert numbers == list(range(1, len(numbers) + 1))
    words = [(fact.link, fact.venue_id) for fact in facts if fact.kind == "order"]
    assert len(words) == len(set(words))
    assert [client for client in clients if not client.obeyed(numbers)] == []
