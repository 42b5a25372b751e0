"""What one manager could not write goes to the next one here, or is written as soon as it can be."""

import asyncio
import datetime
import logging

from brokers.contract.broker import Credentials
from streaming.facts import Entry
from streaming.manager.pending_writes import PendingRenewal, PendingWrites, Unsaved
from tests.support import virtual_time
from tests.support.corridor import Info, MemoryLinks

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
SECRET = "canary-token-4711"


def note(text: str) -> Entry:
    return Entry(kind="notice", at=1, link="l", payload={"code": "test", "text": text})


def renewal(info: Info, token: str = SECRET) -> PendingRenewal:
    return PendingRenewal(info, [Credentials(token="former")], Credentials(token=token))


class Broken(MemoryLinks):
    """Links that cannot be written."""

    tries = 0

    async def renewed(self, link, replaced, credentials, *, afresh):
        self.tries += 1
        raise OSError("no database")


class Gated(MemoryLinks):
    """Links whose credentials are written once a gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.writing = asyncio.Event(), asyncio.Event()

    async def renewed(self, link, replaced, credentials, *, afresh):
        self.writing.set()
        await self.gate.wait()
        await super().renewed(link, replaced, credentials, afresh=afresh)


async def test_the_next_manager_here_gets_what_was_not_stored_once():
    pending = PendingWrites(MemoryLinks())
    pending.retain(1, 5, Unsaved([note("a"), note("b")]))
    pending.claimed(1, 6)
    assert pending.pop(2) == ()
    assert pending.pop(1) == [note("a"), note("b")]
    assert pending.pop(1) == ()


async def test_what_waited_while_another_process_owned_the_person_is_dropped_and_logged(caplog):
    """That one read from the venue what happened, and may have found it in other parts."""
    pending = PendingWrites(MemoryLinks())
    pending.retain(1, 5, Unsaved([note("a")]))
    pending.claimed(2, 9)
    pending.claimed(1, 7)
    assert pending.pop(1) == ()
    assert [record.message for record in caplog.records] == ["not stored: notice at 1 of link l of user 1"]


async def test_several_claims_of_this_process_in_a_row_keep_what_waits():
    pending = PendingWrites(MemoryLinks())
    pending.retain(1, 5, Unsaved([note("a")]))
    for epoch in (6, 7, 8):
        pending.claimed(1, epoch)
    assert pending.pop(1) == [note("a")]


async def test_of_two_managers_the_later_one_leaves_what_counts_and_one_that_left_nothing_changes_nothing():
    pending = PendingWrites(MemoryLinks())
    pending.retain(1, 5, Unsaved([note("a")]))
    pending.retain(1, 6, Unsaved())
    assert pending.pop(1) == [note("a")]
    pending.retain(1, 6, Unsaved([note("b")]))
    pending.retain(1, 7, Unsaved([note("c")]))
    assert pending.pop(1) == [note("c")]


def test_renewed_credentials_are_tried_until_they_are_written_and_open_the_link_afresh():
    async def main(clock):
        info, links = Info(), MemoryLinks()
        links.failing = [OSError("no database"), OSError("no database")]
        pending = PendingWrites(links)
        pending.retain(1, 5, Unsaved(renewals=[renewal(info)]))
        await pending.written(1)
        assert links.stored == [(info.id, Credentials(token=SECRET))]
        assert (links.replaced, links.afresh) == ([Credentials(token="former")], True)
        await pending.written(1)
        await pending.written(2)
        await pending.close()

    virtual_time.run(AT, main)


def test_of_each_link_the_newest_credentials_are_written():
    async def main(clock):
        one, other, links = Info(), Info(), MemoryLinks()
        links.failing = [OSError("no database")]
        pending = PendingWrites(links)
        pending.retain(1, 5, Unsaved(renewals=[renewal(one, "older"), renewal(other, "of the other")]))
        pending.retain(1, 6, Unsaved(renewals=[renewal(one, "newer")]))
        await pending.written(1)
        assert dict(links.stored) == {
            one.id: Credentials(token="newer"),
            other.id: Credentials(token="of the other"),
        }

    virtual_time.run(AT, main)


async def test_credentials_that_come_while_older_ones_are_written_are_written_after_them():
    info, links = Info(), Gated()
    pending = PendingWrites(links)
    pending.retain(1, 5, Unsaved(renewals=[renewal(info, "older")]))
    await links.writing.wait()
    pending.retain(1, 6, Unsaved(renewals=[renewal(info, "newer")]))
    links.gate.set()
    await pending.written(1)
    assert [credentials for _, credentials in links.stored] == [Credentials(token="older"), Credentials(token="newer")]


def test_the_end_of_the_process_waits_a_moment_and_logs_what_is_lost_without_its_secrets(caplog):
    async def main(clock):
        info, links = Info(), Broken()
        pending = PendingWrites(links)
        pending.retain(1, 5, Unsaved([note("a")], [renewal(info)]))
        began = clock.monotonic
        await pending.close()
        assert 1.0 <= clock.monotonic - began < 2.0
        assert links.tries > 1
        lost = [record.message for record in caplog.records if record.levelno == logging.ERROR]
        assert lost == [
            "not stored: notice at 1 of link l of user 1",
            f"not stored: renewed credentials of link {info.id} of user 1; link it again",
        ]
        assert SECRET not in caplog.text

    virtual_time.run(AT, main)


def test_a_renewal_says_nothing_of_its_credentials():
    assert SECRET not in repr(renewal(Info()))
