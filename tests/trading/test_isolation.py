"""Alice's orders and fills are hers: Bob's ledger, book, stream and questions know nothing of them, nor change them."""

import asyncio

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from lib.clock import now_ms
from streaming.rpc.client import RpcError
from tests.support import databases
from tests.support.corridor import House, Info, Reader
from tests.trading.cast import ORDERS, Accounts, Quick, Venue, VenueLinks
from tests.trading.telling import activity, fill, order
from trading.models import Activity, Fill, Holding, Order
from trading.projection.projection import project
from trading.reconciliation import book

PEOPLE = (1, 2)
IDS = "abc"
"""Both venues name what happens alike."""

whats = st.sampled_from(["fill", "bust", "order", "activity"])
steps = st.lists(
    st.tuples(st.sampled_from(PEOPLE), whats, st.sampled_from(IDS), st.booleans()), min_size=4, max_size=12
)


def canary(person: int) -> str:
    return f"canary-of-{person}"


def made(person: int, what: str, id_: str, link: str):
    at = now_ms()
    symbol = f"P{person}"
    match what:
        case "fill":
            return fill(id_, str(person), link=link, at=at, symbol=symbol, order=canary(person))
        case "bust":
            words = {"kind": "bust", "of": id_, "order": canary(person)}
            return fill(f"bust {id_}", str(person), link=link, at=at, symbol=symbol, **words)
        case "order":
            return order(id_, 1, "working", link=link, at=at, symbol=symbol, reason=canary(person))
        case _:
            return activity(id_, link=link, at=at, symbol=symbol, text=canary(person))


def rows_of(person: int) -> str:
    """Everything the book has of a person, as text."""
    return str([list(model.objects.filter(person=person).values()) for model in (Order, Fill, Activity, Holding)])


async def play(script) -> None:
    infos = {person: Info() for person in PEOPLE}
    for info in infos.values():
        Venue.accounts[str(info.id)] = Accounts()
    links = VenueLinks(**{f"p{person}": [info] for person, info in infos.items()})
    async with House(links, sinks=[project], companions=[Quick]) as house:
        readers = {person: Reader(house, person, ORDERS).join() for person in PEOPLE}
        venues = {person: await links.live(info) for person, info in infos.items()}
        for person, what, id_, told in script:
            event = made(person, what, id_, str(infos[person].id))
            (venues[person].do if told else venues[person].swallow)(event)
        for person in PEOPLE:
            wanted = {event.slot[0::2] for event in events(venues[person])}
            link = str(infos[person].id)
            async with asyncio.timeout(20):
                while await house.ledger.read(book.known, person, link, wanted) != wanted:
                    await asyncio.sleep(0.01)
        for person, other in ((1, 2), (2, 1)):
            facts = [fact for fact in await house.ledger.page(person, 0, 1_000) if fact.kind != "notice"]
            assert {fact.link for fact in facts} <= {str(infos[person].id)}
            assert canary(other) not in "".join(readers[person].texts)
            assert canary(other) not in await house.ledger.read(rows_of, person)
            fills = await house.ledger.read(lambda p=person: list(Fill.objects.filter(person=p)))
            busted = {row.of for row in fills if row.kind == "bust"}
            assert all(row.stands == (row.venue_id not in busted) for row in fills if row.kind == "fill")
            with pytest.raises(RpcError, match="There is no such link"):
                await house.hub.enquiries.request(person, "reconcile", [str(infos[other].id)])
            answer = await house.hub.enquiries.request(person, "reconcile", [])
            assert [one["link"] for one in msgspec.json.decode(answer)] == [str(infos[person].id)]
            assert canary(other) not in answer


def events(venue: Venue):
    return [*venue.books.fills, *venue.books.orders.values(), *venue.books.activities]


@hypothesis.settings(
    phases=[hypothesis.Phase.reuse, hypothesis.Phase.generate],  # to shrink what lives for seconds takes too long
    max_examples=3,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(script=steps)
def test_two_people_whose_venues_name_everything_alike_share_nothing(ledger_database, script):
    databases.empty(ledger_database)
    asyncio.run(play(script))
