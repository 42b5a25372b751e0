"""What happened goes to the recorder in order, none of it is lost, and an adapter is told its own cursors again."""

import asyncio
import contextlib

from streaming.board.board import Board
from streaming.facts import Entry, Fact
from streaming.ledger.ledger import Ledger
from streaming.ledger.recorder import WAITING, Recorder
from streaming.links.state import LinkState
from streaming.manager.outbox import Outbox
from tests.support import corridor
from tests.support.eventually import aeventually


def note(text: object, **fields) -> Entry:
    return Entry(kind="notice", at=1, payload={"code": "test", "text": str(text)}, **fields)


def texts(entries) -> list[str]:
    return [entry.payload["text"] for entry in entries]


@contextlib.asynccontextmanager
async def outbox():
    """An outbox, and the recorder behind it, which stores nothing until it runs."""
    ledger = Ledger((), corridor.database)
    recorder = Recorder(1, ledger, Board("1-a"), lambda: None, lambda: None)
    try:
        yield Outbox(recorder), recorder
    finally:
        await ledger.close()


@contextlib.asynccontextmanager
async def running(work):
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_is_told_is_passed_on_in_order():
    async with outbox() as (box, recorder):
        box.publish(note("before"))
        async with running(box.run()):
            await aeventually(lambda: recorder.waiting == 1)
            box.publish(note("then"))
            box.publish(note("at last"))
            await aeventually(lambda: recorder.waiting == 3)
        assert texts(recorder.left()) == ["before", "then", "at last"]
        assert box.rest() == []


async def test_a_full_recorder_holds_nobody_up_and_nothing_is_dropped():
    async with outbox() as (box, recorder):
        async with running(box.run()):
            for number in range(WAITING + 5):
                box.publish(note(number))
            await aeventually(lambda: recorder.waiting == WAITING)
        assert texts([*recorder.left(), *box.rest()]) == [str(number) for number in range(WAITING + 5)]


async def test_everything_is_stored_once_all_that_was_told_is_passed_on_and_recorded():
    async with outbox() as (box, recorder):
        await asyncio.wait_for(box.stored(), 20)
        recorder.epoch = await recorder.ledger.claim(1, "00000000-0000-0000-0000-000000000001")
        box.publish(note("a"))
        waiting = asyncio.ensure_future(box.stored())
        async with running(box.run()):
            await aeventually(lambda: recorder.waiting == 1)
            assert not waiting.done()
            async with running(recorder.run()):
                await asyncio.wait_for(waiting, 20)
        assert texts(await recorder.ledger.page(1, 0)) == ["a"]


async def test_an_adapter_is_told_the_newest_of_its_own_cursors():
    async with outbox() as (box, _):
        box.start([], {"l": {"trades": "1", "orders": "1"}})
        assert box.cursors_of("m") == {}
        box.publish(note("a", link="l", cursors={"trades": "2"}))
        box.publish(note("b", link="m", cursors={"trades": "7"}))
        box.resume([note("c", link="l", cursors={"activities": "3"})])
        assert box.cursors_of("l") == {"trades": "2", "orders": "1", "activities": "3"}
        box.cursors_of("l").clear()
        assert box.cursors_of("m") == {"trades": "7"}
        assert len(box.cursors_of("l")) == 3, "whoever is told them may change them"
        assert texts(box.rest()) == ["a", "b"], "the recorder has what is resumed"


async def test_a_loss_that_is_held_back_comes_out_at_the_end():
    async with outbox() as (box, recorder):
        box.note_state("l", "Main", LinkState.LIVE, "")
        async with running(box.run()):
            box.note_state("l", "Main", LinkState.WAITING, "cut")
            await aeventually(lambda: recorder.waiting == 1)
            box.note_state("l", "Main", LinkState.LIVE, "")
            await aeventually(lambda: recorder.waiting == 2)
            box.note_state("l", "Main", LinkState.WAITING, "cut again")
            box.publish(note("after"))
            await aeventually(lambda: recorder.waiting == 3)
        codes = [entry.payload["code"] for entry in recorder.left()]
        assert codes == ["link_lost", "link_back", "test"], "the next loss may be over in a moment"
        held = box.rest()
        assert [entry.payload["code"] for entry in held] == ["link_lost"]
        assert box.rest() == []


async def test_a_link_that_was_lost_before_is_told_to_be_back():
    lost = Fact(
        person=1, number=3, kind="notice", link="l", venue_id=None, at=1, recorded=1, recovered=False, late_ms=None,
        payload={"code": "link_lost", "text": "Main broke off"},
    )  # fmt: skip
    async with outbox() as (box, _):
        box.start([lost], {})
        box.note_state("l", "Main", LinkState.LIVE, "")
        assert [entry.payload["code"] for entry in box.rest()] == ["link_back"]


async def test_nothing_is_told_of_a_link_that_was_removed():
    async with outbox() as (box, _):
        box.note_state("l", "Main", LinkState.LIVE, "")
        box.note_state("l", "Main", LinkState.WAITING, "cut")
        box.forget("l")
        assert box.rest() == []
