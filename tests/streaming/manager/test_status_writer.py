"""Of each link the newest word is written, and what the database does not take is kept for the next try."""

import asyncio
import contextlib
import datetime
import uuid
from functools import partial

import pytest

from brokers.contract.broker import Credentials
from streaming.manager.status_writer import LinkStatusWriter
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually


class GatedLinks(MemoryLinks):
    """Links whose states are written once a gate is open, unless that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.writing = asyncio.Event()
        self.is_away = False
        self.at: list[tuple[uuid.UUID, datetime.datetime]] = []

    async def record(self, link, state, reason, delayed):
        self.writing.set()
        await self.gate.wait()
        if self.is_away:
            raise OSError("no database")
        await super().record(link, state, reason, delayed)

    async def refreshed(self, link, at):
        self.at.append((link, at))


async def test_only_the_newest_state_of_each_link_is_written_and_once():
    one, other, links = Info(), Info(), MemoryLinks()
    writer = LinkStatusWriter(links)
    for info, state in ((one, "connecting"), (other, "live"), (one, "waiting")):
        writer.note_state(info, state, f"it is {state}")
    await writer.write()
    await writer.write()
    assert links.recorded == [(one.id, "waiting"), (other.id, "live")]
    assert links.reasons == {one.id: "it is waiting", other.id: "it is live"}


async def test_a_state_that_comes_while_the_one_before_is_written_is_written_too():
    info, links = Info(), GatedLinks()
    writer = LinkStatusWriter(links)
    links.gate.clear()
    writer.note_state(info, "connecting")
    writing = asyncio.ensure_future(writer.write())
    await links.writing.wait()
    writer.note_state(info, "live")
    links.gate.set()
    await writing
    assert links.recorded == [(info.id, "connecting"), (info.id, "live")]


async def test_what_could_not_be_written_is_written_the_next_time():
    info, links = Info(), GatedLinks()
    writer = LinkStatusWriter(links)
    links.is_away = True
    writer.note_state(info, "live")
    with pytest.raises(OSError, match="no database"):
        await writer.write()
    links.is_away = False
    await writer.write()
    assert links.recorded == [(info.id, "live")]


async def test_states_that_are_for_another_owner_to_say_are_forgotten():
    info, links = Info(), MemoryLinks()
    writer = LinkStatusWriter(links)
    writer.note_state(info, "live")
    writer.forget_states()
    await writer.write()
    assert links.recorded == []


async def test_the_time_of_a_refresh_is_written_in_utc():
    link, links = uuid.uuid4(), GatedLinks()
    writer = LinkStatusWriter(links)
    writer.note_refresh(link, 1_700_000_000_000)
    writer.note_refresh(link, 1_700_000_060_000)
    await writer.write()
    assert links.at == [(link, datetime.datetime(2023, 11, 14, 22, 14, 20, tzinfo=datetime.UTC))]


async def test_credentials_that_are_renewed_twice_replace_all_before_them():
    """The first of them is stored, the others may be, where a commit was not heard of."""
    info, links = Info(), MemoryLinks()
    writer = LinkStatusWriter(links)
    first, second, third = (Credentials(token=token) for token in ("first", "second", "third"))
    writer.note_renewal(info, first, second)
    links.failing = [OSError("no database")]
    with pytest.raises(OSError, match="no database"):
        await writer.write()
    writer.note_renewal(info, second, third)
    assert [(one.replaced, one.credentials) for one in writer.unwritten] == [((first, second), third)]
    await writer.write(lost=True)
    assert (links.stored, links.replaced, links.afresh) == ([(info.id, third)], [first, second], True)
    assert writer.unwritten == []
    writer.note_renewal(info, third, first)
    await writer.write()
    assert (links.replaced, links.afresh) == ([third], False)


async def test_renewed_credentials_are_written_before_any_state():
    info, links = Info(), GatedLinks()
    writer = LinkStatusWriter(links)
    links.is_away = True
    writer.note_state(info, "live")
    writer.note_renewal(info, Credentials(token="a"), Credentials(token="b"))
    with pytest.raises(OSError, match="no database"):
        await writer.write()
    assert links.stored == [(info.id, Credentials(token="b"))]
    assert writer.unwritten == []


async def test_it_writes_what_comes_until_it_is_cancelled():
    info, links = Info(), MemoryLinks()
    writer = LinkStatusWriter(links)
    running = asyncio.ensure_future(writer.run())
    for state in ("connecting", "live"):
        writer.note_state(info, state)
        await aeventually(partial(links.recorded.__contains__, (info.id, state)))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
