"""The owner of a person keeps what their board knows: at an interval, at the end, and only while it is the owner."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from brokers.contract.errors import NotOwner
from brokers.contract.events import Quote
from streaming.board.board import Board
from streaming.last_known import store
from streaming.last_known.keeper import LastKnownKeeper
from streaming.ledger.ledger import Ledger
from tests.accounts.conftest import make_link
from tests.support.eventually import aeventually
from tests.support.people import ALICE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


class OwnedBoard:
    """A person's board in a process that owns them until it is told otherwise."""

    def __init__(self, person: User, link: str) -> None:
        self.person = person.pk
        self.link = link
        self.board = Board("1-a")
        self.ledger = Ledger()
        self.is_owned = True

    def guard(self, deadline: int | None = None) -> None:
        if not self.is_owned:
            raise NotOwner("another process owns this person")

    def tell(self, symbol: str, at: int) -> None:
        self.board.apply(Quote(symbol=symbol, at=at), self.link)

    async def kept(self) -> list[str]:
        items, _ = await sync_to_async(store.load)(self.person)
        return [item["symbol"] for item in items]


@pytest.fixture
async def desk():
    alice = await sync_to_async(User.objects.create_user)(ALICE, PASSWORD)
    link = await sync_to_async(make_link)(alice, "Main", environment="simulated")
    owned = OwnedBoard(alice, str(link.pk))
    yield owned
    await owned.ledger.close()


async def test_it_is_kept_at_an_interval_so_that_a_kill_costs_no_more(desk, settings):
    settings.STREAM = {"last_known_s": 0.06}
    running = asyncio.create_task(LastKnownKeeper(desk).run())
    desk.tell("QQQ", 1)
    await aeventually(lambda: desk.kept())
    desk.tell("SPY", 2)

    async def both() -> bool:
        return sorted(await desk.kept()) == ["QQQ", "SPY"]

    await aeventually(both)
    running.cancel()
    await asyncio.wait([running])


async def test_it_is_kept_when_the_streams_end(desk):
    running = asyncio.create_task(LastKnownKeeper(desk).run())
    await asyncio.sleep(0)
    desk.tell("QQQ", 1)
    running.cancel()
    await asyncio.wait([running])
    assert await desk.kept() == ["QQQ"]


async def test_a_process_that_lost_the_person_writes_nothing(desk):
    keeper = LastKnownKeeper(desk)
    desk.tell("QQQ", 1)
    desk.is_owned = False
    await keeper.save()
    assert await desk.kept() == []


async def test_nothing_is_written_where_nothing_changed(desk):
    keeper = LastKnownKeeper(desk)
    desk.tell("QQQ", 1)
    await keeper.save()
    await sync_to_async(_drop)(desk.person)
    await keeper.save()
    assert await desk.kept() == []
    desk.board.flush(1)
    desk.tell("QQQ", 2)
    await keeper.save()
    assert await desk.kept() == ["QQQ"]


def _drop(person: int) -> None:
    User.objects.get(pk=person).last_known.delete()
