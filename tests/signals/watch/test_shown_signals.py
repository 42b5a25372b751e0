"""The confidence of what is said is on the board as soon as it is shown, and goes when it is due. Others see none."""

import asyncio
import contextlib
import typing

import pytest
import time_machine
from asgiref.sync import sync_to_async

from accounts.models import User
from brokers.contract.events import Insight
from signals.predictors.rules import AlwaysUp
from signals.statements import read_shown
from signals.watch import shown_signals
from signals.watch.shown_signals import ShownSignals
from streaming.board.board import Board
from streaming.ledger.errors import AwayError
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature
from tests.signals.stored_course import StoredCourse
from tests.support.eventually import aeventually


class Reading:
    """A ledger that reads, and is away as often as it is told."""

    away = 0

    async def read(self, work: typing.Any, *about: typing.Any) -> typing.Any:
        if self.away:
            self.away -= 1
            raise AwayError("away")
        return await sync_to_async(work)(*about)


class Desk:
    """What it needs of a person's manager. QQQ is looked at, and of the market's symbols S0 and S1."""

    def __init__(self, person: int) -> None:
        self.person, self.board, self.ledger = person, Board("1-x"), Reading()
        for symbol in ("S0", "S1", "QQQ"):
            self.board.apply(Insight(symbol=symbol, confidence=None, version="regime-1"))

    async def stored(self) -> None:
        """Wait for nothing: all is stored."""

    def put(self, event: typing.Any) -> None:
        self.board.apply(event)

    def confidence(self, symbol: str) -> typing.Any:
        item = self.board.whole(("insight", symbol))
        assert item is None or item["version"] == "regime-1", "nothing else of it changes"
        return item and item["confidence"]


@pytest.fixture(scope="module")
def course():
    return StoredCourse(make_tape(1, 21, 4, planted=0.2), [AlwaysUp(), PlantedFeature(planted=0.2)])


@contextlib.asynccontextmanager
async def runs(desk: Desk) -> typing.AsyncIterator[ShownSignals]:
    shown = ShownSignals(typing.cast(typing.Any, desk))
    running = asyncio.ensure_future(shown.run())
    try:
        yield shown
    finally:
        running.cancel()
        await asyncio.wait([running])


async def person_of(course: StoredCourse, email: str, *, follows: bool) -> int:
    person = await User.objects.acreate(email=email)
    if follows:
        await sync_to_async(course.store)(person.pk, 40)
    return person.pk


@pytest.mark.django_db(transaction=True)
async def test_a_confidence_comes_with_what_is_said_and_goes_when_it_is_due(course, monkeypatch):
    monkeypatch.setattr(shown_signals, "RETRY_S", 0.01)
    with time_machine.travel(course.newest_at / 1000, tick=True) as clock:
        desk = Desk(await person_of(course, "alice@example.com", follows=True))
        expected = await sync_to_async(read_shown)(desk.person, course.newest_at)
        desk.ledger.away = 1
        async with runs(desk) as shown:
            assert desk.confidence("S0") is None
            shown.refresh()
            await aeventually(lambda: desk.confidence("S0") == expected["S0"].confidence)
            assert desk.confidence("S1") == expected["S1"].confidence
            assert desk.confidence("QQQ") is None
            assert desk.board.whole(("insight", "S2")) is None, "nobody looks at it"
            assert shown.confidence_of("S2", course.newest_at) == expected["S2"].confidence
            assert shown.confidence_of("S2", expected["S2"].due) is None
            clock.move_to(expected["S0"].due / 1000)
            shown.refresh()
            await aeventually(lambda: desk.confidence("S0") is None)


@pytest.mark.django_db(transaction=True)
async def test_bob_has_none_of_alices(course):
    await person_of(course, "alice@example.com", follows=True)
    with time_machine.travel(course.newest_at / 1000, tick=True):
        desk = Desk(await person_of(course, "bob@example.com", follows=False))
        async with runs(desk) as shown:
            shown.refresh()
            await aeventually(lambda: not shown._changed.is_set())
            await shown._read()
            assert [desk.confidence(symbol) for symbol in ("S0", "S1", "QQQ")] == [None] * 3
