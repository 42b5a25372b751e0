"""One round of one link: what was missed is recorded once, and a link that is lost is not asked."""

import asyncio
import contextlib

import msgspec
import pytest

from brokers.contract.errors import LinkLost
from lib.clock import now_ms
from tests.support.corridor import House, Info, Reader
from tests.support.eventually import aeventually
from tests.trading.cast import ACCOUNT, ORDERS, Accounts, D, Venue, VenueLinks, kinds
from tests.trading.telling import fill
from trading.projection.projection import project
from trading.reconciliation.round import ReconciliationRun, RoundPace

PACE = RoundPace(grace_s=0.01, looks=3)


@contextlib.asynccontextmanager
async def linked(pace: RoundPace = PACE):
    """A run of a link that is live, its venue, and the house."""
    info = Info()
    Venue.accounts[str(info.id)] = Accounts()
    links = VenueLinks(p1=[info])
    async with House(links, sinks=[project]) as house:
        Reader(house, 1, ORDERS).join()
        venue = await links.live(info)
        manager = house.host.people[1].manager
        (runner,) = manager.runners.values()
        run = ReconciliationRun(manager, runner, pace)
        await aeventually(lambda: run.live)
        yield run, venue, house


def missed(run: ReconciliationRun, id_: str, at: int, quantity: str = "1"):
    return msgspec.structs.replace(fill(id_, quantity), link=run.link, at=at)


async def test_the_first_round_is_of_history_and_the_next_finds_what_was_missed_once():
    async with linked() as (run, venue, house):
        venue.swallow(missed(run, "old", now_ms() - 60_000))
        first = await run.reconcile()
        assert [(event.id, event.found) for event in first.found] == [("old", "history")]
        assert (first.accounts, first.fills, first.settled) == ((ACCOUNT,), 1, True)
        venue.swallow(missed(run, "new", now_ms()))
        second = await run.reconcile()
        assert [(event.id, event.found) for event in second.found] == [("new", "read")]
        assert second.since > first.since
        assert (await run.reconcile()).found == ()
        assert await kinds(house.ledger) == [("fill", "old", False), ("fill", "new", True)]


async def test_what_happened_on_the_stream_a_moment_ago_was_not_missed():
    async with linked() as (run, venue, _):
        await run.reconcile()
        event = missed(run, "seen", now_ms())
        venue.swallow(event)
        run.happened(event)
        assert (await run.reconcile()).found == ()


async def test_a_round_that_looks_deep_goes_further_back():
    async with linked() as (run, _, _house):
        await run.reconcile()
        usual, deep = await run.reconcile(), await run.reconcile(deep=True)
        assert deep.since < usual.since - (PACE.deep_s - PACE.overlap_s - 60) * 1_000


async def test_what_book_and_venue_differ_in_is_reported_once_it_was_seen_twice():
    async with linked() as (run, venue, _):
        await run.reconcile()
        venue.books.held["SPY"] = D(7)
        found = await run.reconcile()
        assert found.settled
        assert len(found.differences) == 1
        del venue.books.held["SPY"]
        assert (await run.reconcile()).differences == ()


async def test_a_link_that_is_lost_is_not_asked():
    async with linked() as (run, venue, _):
        venue.fail(LinkLost("cut"))
        await aeventually(lambda: not run.live)
        asked = len(venue.books.asked)
        with pytest.raises(LinkLost, match="not live"):
            await run.reconcile()
        assert len(venue.books.asked) == asked


async def test_two_who_ask_at_once_are_answered_one_after_another():
    async with linked() as (run, venue, _):
        venue.gate.clear()
        rounds = [asyncio.ensure_future(run.reconcile()) for _ in range(2)]
        venue.swallow(missed(run, "once", now_ms() - 60_000))
        venue.gate.set()
        async with asyncio.timeout(20):
            reports = await asyncio.gather(*rounds)
        assert [len(report.found) for report in reports] == [1, 0]


async def test_a_round_is_due_at_once_and_then_when_it_is_asked_for_or_its_time_has_come():
    async with linked() as (run, _, _house):
        loop = asyncio.get_running_loop()
        for wake in (lambda: None, run.turned_live, lambda: run.schedule(0.0)):
            wake()
            began = loop.time()
            await run.due(60)
            assert loop.time() - began < 30
        began = loop.time()
        async with asyncio.timeout(20):
            await run.due(0.02)
        assert loop.time() - began >= 0.02
