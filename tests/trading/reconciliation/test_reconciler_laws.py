"""Whatever is lost, doubled, late or cut off, and whenever a process dies: every fact is in the ledger once, and right.

The venue's own account of what happened is what the ledger, the book and what a page was told are held against.
"""

import asyncio
import os
import typing

import hypothesis
import pytest
from hypothesis import strategies as st

from brokers.contract.errors import LinkLost
from brokers.contract.reports import Report
from lib.clock import now_ms
from tests.support import databases
from tests.support.corridor import Info
from tests.support.eventually import aeventually
from tests.trading.cast import Accounts, D, Desk, Venue
from tests.trading.telling import fill, order
from trading.models import Difference, Holding, Order
from trading.reconciliation import book

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "6"))

Step = tuple[typing.Any, ...]
WAYS = ("streamed", "swallowed", "doubled", "later", "with the next")
steps = st.one_of(
    st.tuples(st.just("fill"), st.sampled_from(WAYS), st.integers(-3, 3).filter(bool)),
    st.tuples(st.just("order"), st.sampled_from(WAYS), st.integers(0, 2)),
    st.tuples(st.sampled_from(["bust", "correction"]), st.sampled_from(WAYS), st.integers(-3, 3)),
    st.tuples(st.sampled_from(["cut", "end", "death", "round"])),
)


class Day:
    """One run of steps: what happened at the venue, and what was said of it when."""

    def __init__(self) -> None:
        self.info = Info()
        self.books = Accounts()
        self.link = str(self.info.id)
        self.streamed: set[str] = set()
        """What was told by the stream the moment it happened, to a process that did not die soon after."""
        self.late: list[Report] = []
        self._clock = now_ms()
        self._count = 0

    def made(self, step) -> Report | None:
        """Return what a step lets happen, each a millisecond after the one before at least."""
        self._clock = max(self._clock + 1, now_ms())
        self._count += 1
        if step[0] == "order":
            status = ("working", "partially_filled", "filled")[step[2]]
            return order("1", self._clock, status, str(step[2]), link=self.link)
        standing = [one for one in self.books.fills if one.kind != "bust" and not self._revised(one.id)]
        if step[0] != "fill" and not standing:
            return None
        words = {} if step[0] == "fill" else {"kind": step[0], "of": standing[-1].id}
        return fill(f"f{self._count}", str(step[2]), link=self.link, at=self._clock, order=None, **words)

    def _revised(self, id_: str) -> bool:
        return any(one.of == id_ for one in self.books.fills)

    def say(self, venue: Venue, event: Report, way: str) -> None:
        """Let it happen, and have it told in some way."""
        self.books.book(event)
        if way == "swallowed" or not venue.running.is_set():
            return
        if way in ("later", "with the next"):
            self.late.append(event)
            return
        venue.say(*([event] * (2 if way == "doubled" else 1)))
        self.streamed.add(event.id)
        if self.late and way == "streamed":
            venue.say(*reversed(self.late))
            self.late.clear()

    @property
    def happened(self) -> set[tuple[str, str]]:
        orders = {("order", one.id) for one in self.books.orders.values()}
        return {("fill", one.id) for one in self.books.fills} | orders


async def live(day: Day, script: list[Step]) -> list[Step]:
    """Go through the steps on one desk after another. Returns the rest of the script where a process died."""
    async with Desk(day.info, day.books) as desk:
        venue = await desk.open()
        for number, step in enumerate(script):
            if step[0] == "end":
                return script[number + 1 :]
            if step[0] == "death":  # what waited to be stored is lost with it
                recorder = desk.host.people[1].manager.recorder
                recorder.over = True
                known = await desk.ledger.read(book.known, 1, desk.link, day.happened)
                day.streamed &= {id_ for _, id_ in known}
                return script[number + 1 :]
            await take(day, desk, venue, step)
            venue = await desk.venues.live(day.info)
        await settle(day, desk)
    return []


async def take(day: Day, desk: Desk, venue: Venue, step) -> None:
    if step[0] == "cut":
        venue.fail(LinkLost("cut"))
        await aeventually(lambda: not venue.running.is_set())
    elif step[0] == "round":
        rounds = len(day.books.asked)
        await aeventually(lambda: len(day.books.asked) > rounds)
    elif (event := day.made(step)) is not None:
        day.say(venue, event, step[1])


async def settle(day: Day, desk: Desk) -> None:
    """Wait until everything that happened is known, and hold it against the venue."""
    await desk.until(lambda: book.known(1, desk.link, day.happened) == day.happened)
    rounds = len(day.books.asked)
    await aeventually(lambda: len(day.books.asked) > rounds + 1)
    facts = [fact for fact in await desk.ledger.page(1, 0, 10_000) if fact.kind in ("fill", "order")]
    keys = [(fact.kind, fact.venue_id) for fact in facts]
    assert len(keys) == len(set(keys)), "something was told twice"
    fills = {(fact.kind, fact.venue_id) for fact in facts if fact.kind == "fill"}
    assert fills == {("fill", one.id) for one in day.books.fills}
    assert not [fact for fact in facts if fact.recovered and fact.venue_id in day.streamed]
    found = [fact.at for fact in facts if fact.recovered]
    assert found == sorted(found), "what was missed is told in the order in which it happened"
    assert all(fact.late_ms is not None for fact in facts if fact.recovered)
    held = await desk.ledger.read(lambda: {row.symbol: row.held for row in Holding.objects.all() if row.held})
    assert held == {symbol: quantity for symbol, quantity in day.books.held.items() if quantity}
    orders = await desk.ledger.read(lambda: [(row.status, row.filled) for row in Order.objects.all()])
    assert orders == [(one.status, one.legs[0].filled) for one in day.books.orders.values()]
    assert await desk.ledger.read(lambda: list(Difference.objects.all())) == []
    assert not desk.told("book_differs"), "venue and book never differed for long"
    told = [fact["fact"] for fact in desk.told("fill", "order")]
    assert told == [fact.number for fact in facts][-len(told) :] if told else True


@pytest.mark.long
@hypothesis.settings(
    phases=[hypothesis.Phase.reuse, hypothesis.Phase.generate],  # to shrink what lives for seconds takes too long
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(script=st.lists(steps, min_size=4, max_size=16))
def test_every_fact_is_stored_once_and_right_and_what_was_missed_is_recovered_in_order(ledger_database, script):
    async def run() -> None:
        day = Day()
        day.books.held["QQQ"] = D(10)
        rest = list(script)
        while True:
            ended = bool([step for step in rest if step[0] in ("end", "death")])
            rest = await live(day, rest)
            if not ended:
                return

    databases.empty(ledger_database)
    asyncio.run(run())
