"""What a stream did not tell is found by asking: once, in order, as recovered; and what still differs is told."""

import msgspec
import pytest

from brokers.contract.errors import LinkLost
from lib.clock import now_ms
from tests.support.corridor import Info
from tests.support.eventually import aeventually
from tests.trading.cast import ACCOUNT, Accounts, D, Desk, kinds
from tests.trading.telling import activity, fill, order
from trading.models import Difference, Holding
from trading.reconciliation import book


def at(desk: Desk, event, ms: int):
    """The same on this desk's link, at `ms`."""
    fields = {"link": desk.link, "at": ms} | ({"version": ms} if hasattr(event, "version") else {})
    return msgspec.structs.replace(event, **fields)


async def test_what_was_there_before_is_history_and_what_is_missed_afterwards_is_recovered_in_order():
    now = now_ms()
    info = Info()
    books = Accounts()
    async with Desk(info, books) as desk:
        old = [at(desk, fill("h1", "2"), now - 86_400_000), at(desk, activity("h2"), now - 80_000_000)]
        for event in old:
            books.book(event)
        books.held["SPY"] = D(7)
        venue = await desk.open()
        assert await kinds(desk.ledger) == [("fill", "h1", False), ("activity", "h2", False)]
        venue.swallow(at(desk, fill("m2", "3"), now + 2), at(desk, fill("m1"), now + 1))
        venue.do(at(desk, fill("live"), now + 3))
        await desk.reader.until(lambda r: len(desk.told("fill")) == 4)
        shown = [(fact["quantity"], fact.get("recovered", False)) for fact in desk.told("fill")]
        assert shown == [(2, False), (1, False), (1, True), (3, True)]
        assert all(fact["late_s"] > 0 for fact in desk.told("fill")[2:])
        held = await desk.ledger.read(lambda: {row.symbol: row.held for row in Holding.objects.filter(person=1)})
        assert held == {"QQQ": 7, "SPY": 7}
        assert await desk.ledger.read(lambda: Difference.objects.count()) == 0


async def test_after_a_time_away_everything_is_found_at_once_in_order_and_nothing_twice():
    """The process ends, ten minutes go by at the venue, another one begins."""
    info = Info()
    then = now_ms() - 600_000
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, order("1", 0, "working"), then))
        await desk.until(lambda: book.known(1, desk.link, {("order", venue.books.orders["1"].id)}))
    books = venue.books
    away = [
        event for minute in range(1, 10) for event in (at(desk, fill(f"f{minute}", "0.3"), then + minute * 60_000),)
    ]
    for event in reversed(away):
        books.book(event)
    books.book(at(desk, order("1", 0, "filled", "3"), then + 9 * 60_000 + 1))
    async with Desk(info, books) as desk:
        desk.reader.join()
        await desk.reader.until(lambda r: len(desk.told("fill", "order")) >= 1)
        await desk.until(lambda: book.known(1, desk.link, {("order", books.orders["1"].id)}))
        page = [fact for fact in await desk.ledger.page(1, 0) if fact.kind in ("fill", "order")][1:]
        assert [fact.venue_id for fact in page] == [*(f"f{minute}" for minute in range(1, 10)), books.orders["1"].id]
        assert all(fact.recovered for fact in page)
        assert [round((fact.late_ms or 0) / 60_000) for fact in page] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 1]


async def test_a_reconnect_is_followed_by_a_reconciliation():
    info = Info()
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.fail(LinkLost("cut"))
        venue.swallow(at(desk, fill("x"), now_ms()))
        await desk.reader.until(lambda r: desk.told("fill"))
        assert desk.told("fill")[0]["recovered"] is True


async def test_what_the_stream_tells_a_moment_after_the_venue_was_asked_is_not_recovered():
    info = Info()
    async with Desk(info) as desk:
        venue = await desk.open()
        event = at(desk, fill("x"), now_ms())
        asked = len(venue.books.asked)
        venue.books.book(event)
        await aeventually(lambda: len(venue.books.asked) > asked)  # it is in the answer, and not told yet
        venue.say(event)
        await desk.reader.until(lambda r: desk.told("fill"))
        assert "recovered" not in desk.told("fill")[0]


async def test_a_difference_is_told_once_with_both_numbers_and_its_end_too():
    info = Info()
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, fill("x", "2"), now_ms()))
        venue.books.held["QQQ"] = D(5)
        await desk.reader.until(lambda r: desk.told("book_differs"))
        (notice,) = desk.told("book_differs")
        assert (notice["subject"], notice["of"], notice["book"], notice["venue"]) == ("position", "QQQ", 2, 5)
        assert notice["text"] == "venue, main …X1: QQQ is 2 by the book and 5 by the venue"
        rounds = len(venue.books.asked)
        await aeventually(lambda: len(venue.books.asked) > rounds + 2)
        assert len(desk.told("book_differs")) == 1
        assert await desk.ledger.read(lambda: [str(row) for row in Difference.objects.all()]) == [
            "position QQQ: 2 by the book, 5 by the venue"
        ]
        venue.books.held["QQQ"] = D(2)
        await desk.reader.until(lambda r: desk.told("book_agrees"))
        assert await desk.ledger.read(lambda: Difference.objects.count()) == 0


async def test_an_order_that_the_venue_does_not_know_any_more_is_looked_for_further_back_and_then_told():
    info = Info()
    ago = now_ms() - 40 * 86_400_000
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, order("1", 0, "working"), ago))
        await aeventually(lambda: desk.told("order"))
        venue.swallow(at(desk, order("1", 0, "canceled"), ago + 1_000))
        await desk.reader.until(lambda r: len(desk.told("order")) == 2)
        assert desk.told("order")[1]["status"] == "canceled"
        venue.do(at(desk, order("2", 0, "working"), ago))
        await aeventually(lambda: len(desk.told("order")) == 3)
        del venue.books.orders["2"]
        await desk.reader.until(lambda r: desk.told("book_differs"))
        (notice,) = desk.told("book_differs")
        assert (notice["of"], notice["book"], notice.get("venue")) == ("2", "working", None)


async def test_an_order_of_a_former_session_that_is_listed_no_more_is_asked_for_by_itself():
    info = Info()
    ago = now_ms() - 2 * 86_400_000
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, order("1", 0, "working"), ago))
        await aeventually(lambda: desk.told("order"))
        assert venue.books.wanted == []
        venue.books.session = now_ms()
        venue.swallow(at(desk, order("1", 0, "expired"), ago + 1_000))
        await desk.reader.until(lambda r: len(desk.told("order")) == 2)
        assert desk.told("order")[1]["status"] == "expired"
        assert {*venue.books.wanted} == {(ACCOUNT, "1")}
        assert await desk.ledger.read(lambda: Difference.objects.count()) == 0


async def test_reconciliation_on_demand_answers_what_it_looked_at_and_what_it_found():
    info = Info()
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, fill("a"), now_ms()))
        await desk.reader.until(lambda r: desk.told("fill"))
        venue.swallow(at(desk, fill("b"), now_ms() - 3_000))
        (answer,) = msgspec.json.decode(await desk.hub.enquiries.request(1, "reconcile", []))
        report = answer["report"]
        assert (answer["link"], answer["venue"], report["fills"], report["settled"]) == (desk.link, "venue", 2, True)
        assert [one["id"] for one in report["found"]] in (["b"], [])  # a minute may be over just now
        assert ("fill", "b", True) in await kinds(desk.ledger)


@pytest.mark.long
async def test_while_an_order_works_the_streams_go_on_without_a_page():
    info = Info()
    async with Desk(info) as desk:
        venue = await desk.open()
        venue.do(at(desk, order("1", 0, "working"), now_ms()))
        await aeventually(lambda: 1 in desk.host.people and desk.host.people[1].needed, within=10)
        desk.hub.leave(desk.reader.socket)
        rounds = len(venue.books.asked)
        await aeventually(lambda: len(venue.books.asked) > rounds + 1)  # many times the linger
        assert 1 in desk.host.people, "it let go of an order that works"
        venue.do(at(desk, order("1", 0, "canceled"), now_ms()))
        await aeventually(lambda: venue.closed, within=10)
