"""What every broker that tells executions promises of account events, shown against its loopback venue.

The second half of the contract suite: `test_broker.py` is the first. Orders are placed by another client.
"""

import asyncio
import collections
import datetime
import decimal
import itertools
import pathlib
import typing
from collections.abc import AsyncIterator, Iterable

import msgspec
import pytest

from brokers.catalogue import VENUES
from brokers.contract.broker import Broker, Ticket
from brokers.contract.errors import LinkLost, NotOwner, NotSupported
from brokers.contract.reports import ENDED, FillReport, OrderReport
from tests.brokers.elsewhere import Book, Elsewhere, elsewhere
from tests.brokers.stand import LINK, Recorder, Stand, stand, streaming
from tests.support.eventually import aeventually

ENDINGS = ("filled", "cancelled", "canceled", "rejected", "expired", "replaced")
Happened = typing.TypeVar("Happened", OrderReport, FillReport)
SEVEN = decimal.Decimal(7)


@pytest.fixture(params=sorted(VENUES))
async def venue(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> AsyncIterator[Stand]:
    async with stand(request.param, tmp_path, speed=2.0) as running:
        if not running.broker().capabilities.executions:
            pytest.skip("tells no executions")
        yield running


def last(told: Recorder, order: str) -> OrderReport | None:
    """The newest word on an order; of several of one moment the one that is furthest."""
    words = told.of(OrderReport, order=order)
    return max(words, key=_newness) if words else None


def _newness(word: OrderReport) -> tuple[int, bool, decimal.Decimal]:
    filled = sum((leg.filled or decimal.Decimal(0) for leg in word.legs), decimal.Decimal(0))
    return word.version, word.status in ENDED, filled


def status(told: Recorder, order: str) -> str:
    word = last(told, order)
    return word.status if word else "nothing"


async def test_an_order_placed_elsewhere_is_told_once_with_its_fill(venue: Stand):
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        order = await person.place("QQQ", 7)
        await run.told.until(lambda told: status(told, order) == "filled")
        fills = run.told.of(FillReport, order=order)
        assert sum(fill.quantity for fill in fills) == 7
        assert {fill.symbol for fill in fills} == {"QQQ"}
        assert len({fill.id for fill in fills}) == len(fills)
        word = last(run.told, order)
        assert word is not None
        assert (word.link, word.account, word.kind, word.found) == (LINK, person.account, "market", "stream")
        (leg,) = word.legs
        assert (leg.symbol, leg.side, leg.quantity, leg.filled) == ("QQQ", "buy", SEVEN, SEVEN)
        assert leg.average_price == sum(fill.quantity * fill.price for fill in fills) / SEVEN
        quoted = decimal.Decimal(str(venue.running.tastytrade.market.tapes["QQQ"].last))
        assert abs(fills[0].price - quoted) < quoted / 50


async def test_a_statement_says_the_same_with_the_same_ids(venue: Stand):
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        order = await person.place("QQQ", 7)
        await run.told.until(lambda told: status(told, order) == "filled")
        statement = await run.broker.statement(since)
        word = last(run.told, order)
        assert word is not None
        (said,) = [each for each in statement.orders if each.order == order]
        assert _alone(said) == _alone(msgspec.structs.replace(word, found="read"))
        fills = {fill.id: fill for fill in run.told.of(FillReport, order=order)}
        said_fills = {fill.id: fill for fill in statement.fills if fill.order == order}
        assert {id: _alone(fill) for id, fill in said_fills.items()} == {
            id: _alone(msgspec.structs.replace(fill, found="read")) for id, fill in fills.items()
        }
        assert set(statement.accounts) == set(venue.accounts())
        held = {(each.account, each.symbol): each.quantity for each in statement.positions}
        assert held == {(each.account, each.symbol): each.quantity for each in await run.broker.positions()}
        assert statement.since == int(since.timestamp() * 1000) <= statement.at


def _alone(happening: Happened) -> Happened:
    """What happened, without how far a stream was told with it, and what it alone tells of the time after it."""
    if isinstance(happening, FillReport):
        return msgspec.structs.replace(happening, cursors={}, position=None)
    return msgspec.structs.replace(happening, cursors={})


async def test_what_the_stream_swallowed_is_found_by_a_statement(venue: Stand):
    since = datetime.datetime.now(datetime.UTC)
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        await person.spoil("swallow")
        order = await person.place("QQQ", 7)
        said = await aeventually(lambda: _filled(run.broker, since, order))
        assert not run.told.of(FillReport)
        assert not run.told.of(OrderReport)
        assert {fill.found for fill in said} == {"read"}
        assert sum(fill.quantity for fill in said) == 7


async def _filled(broker: Broker, since: datetime.datetime, order: str) -> list[FillReport]:
    """The fills of a statement, once it says that the order is filled."""
    statement = await broker.statement(since)
    assert [each.status for each in statement.orders if each.order == order] == ["filled"]
    return [fill for fill in statement.fills if fill.order == order]


async def test_frames_that_come_twice_or_in_another_order_change_nothing(venue: Stand):
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        for name in ("duplicate", "reorder"):
            await person.spoil(name)
        order = await person.place("QQQ", 7)
        await run.told.until(lambda told: status(told, order) == "filled")
        again = await person.place("QQQ", -7)
        await run.told.until(lambda told: status(told, again) == "filled")
        for number, quantity in ((order, 7), (again, -7)):
            fills = run.told.of(FillReport, order=number)
            assert sum(fill.quantity for fill in fills) == quantity
            assert len({fill.id for fill in fills}) == len(fills)
        words = [word.id for word in run.told.of(OrderReport)]
        assert len(set(words)) == len(words)


async def test_orders_that_are_cancelled_replaced_rejected_or_filled_in_parts_are_told_so(venue: Stand):
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        far = await person.place("QQQ", 3, "50.00")
        await run.told.until(lambda told: status(told, far) == "working")
        word = last(run.told, far)
        assert word is not None
        assert (word.kind, word.price, word.time_in_force) == ("limit", decimal.Decimal(50), "day")
        new = await person.replace(far, "51.00")
        await run.told.until(lambda told: status(told, new) == "working" and _price(told, new) == 51)
        if new != far:
            await run.told.until(lambda told: status(told, far) == "replaced")
            replaced, replacing = last(run.told, far), last(run.told, new)
            assert replaced is not None
            assert replacing is not None
            assert (replaced.replaced_by, replacing.replaces) == (new, far)
        await person.cancel(new)
        await run.told.until(lambda told: status(told, new) == "canceled")
        refused = await person.place("QQQ", 3, "52.00", reject=True)
        await run.told.until(lambda told: status(told, refused) == "rejected")
        word = last(run.told, refused)
        assert word is not None
        assert word.reason or not person.says_why
        assert run.told.of(FillReport) == []


def _price(told: Recorder, order: str) -> decimal.Decimal | None:
    word = last(told, order)
    return word.price if word else None


async def test_parts_of_an_order_are_fills_that_add_up(venue: Stand):
    async with streaming(venue.broker()) as run, elsewhere(venue) as person:
        await run.told.until_live()
        order = await person.place("QQQ", 10, "50.00")
        await run.told.until(lambda told: status(told, order) == "working")
        for quantity, price, done in ((4, "50.01", 4), (1, "49.98", 5), (5, "49.99", 10)):
            person.fill(order, quantity, price)
            await _bought(run.told, order, done)
        await run.told.until(lambda told: status(told, order) == "filled")
        fills = run.told.of(FillReport, order=order)
        assert sum(fill.quantity for fill in fills) == 10
        assert sum(fill.quantity * fill.price for fill in fills) == decimal.Decimal("499.97")
        assert all(a.at <= b.at for a, b in itertools.pairwise(fills))
        assert "partially_filled" in {word.status for word in run.told.of(OrderReport, order=order)}


async def _bought(told: Recorder, order: str, quantity: int) -> None:
    """Wait until fills of an order add up to so much (sold < 0)."""
    await told.until(lambda told: sum(fill.quantity for fill in told.of(FillReport, order=order)) == quantity)


async def test_an_order_is_placed_and_cancelled_by_the_broker_itself(venue: Stand):
    if not venue.broker().capabilities.orders:
        pytest.skip("places no orders")
    account = venue.accounts()[0]
    async with streaming(venue.broker()) as run:
        await run.told.until_live()
        far = Ticket(account, "QQQ", decimal.Decimal(2), "a" * 32, decimal.Decimal("50.25"))
        order, twin = await asyncio.gather(run.broker.place(far), run.broker.place(far))
        assert twin == order, "also where it is given twice at once"
        await run.told.until(lambda told: status(told, order) == "working")
        word = last(run.told, order)
        assert word is not None
        assert (word.price, word.client, word.legs[0].quantity) == (far.price, far.client, far.quantity)
        assert await run.broker.place(far) == order, "one client id is one order"
        await run.broker.cancel(account, order)
        await run.told.until(lambda told: status(told, order) == "canceled")
        with pytest.raises(NotSupported):
            await run.broker.cancel(account, order)
        bought = await run.broker.place(Ticket(account, "QQQ", decimal.Decimal(3), "b" * 32))
        await _bought(run.told, bought, 3)
        sold = await run.broker.place(Ticket(account, "QQQ", decimal.Decimal(-3), "c" * 32))
        await _bought(run.told, sold, -3)
        with pytest.raises(NotSupported):
            await run.broker.place(Ticket(account, "NOSUCH", decimal.Decimal(3), "d" * 32))
        with pytest.raises(NotSupported):
            await run.broker.cancel(account, "../balances")


async def test_a_command_is_guarded_with_its_deadline_and_does_not_go_out_late(venue: Stand):
    if not venue.broker().capabilities.orders:
        pytest.skip("places no orders")
    account = venue.accounts()[0]
    broker = venue.broker()
    asked: list[int | None] = []

    def guard(deadline: int | None = None) -> None:
        asked.append(deadline)
        if deadline is not None:
            raise NotOwner("the command came too late")

    broker.guard = guard
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    with pytest.raises(NotOwner):
        await broker.place(Ticket(account, "QQQ", decimal.Decimal(2), "e" * 32), deadline=12_345)
    assert asked[-1] == 12_345
    with pytest.raises(NotOwner):
        await broker.cancel(account, "1", deadline=54_321)
    assert asked[-1] == 54_321
    assert [order for order in (await broker.statement(since)).orders if order.client == "e" * 32] == []
    await broker.close()


async def test_a_command_without_an_answer_means_link_lost_and_is_not_given_again(venue: Stand):
    if not venue.broker().capabilities.orders:
        pytest.skip("places no orders")
    account = venue.accounts()[0]
    broker = venue.broker()
    async with elsewhere(venue) as person:

        def guard(deadline: int | None = None) -> None:
            """Break off right before the command itself goes out."""
            if deadline is not None:
                person.break_off()

        broker.guard = guard
        with pytest.raises(LinkLost) as lost:
            await broker.place(Ticket(account, "QQQ", decimal.Decimal(2), "f" * 32), deadline=12_345)
        assert not isinstance(lost.value, NotOwner)
        assert person.given() == 1
    await broker.close()


class Ledger:
    """Keeps each fact once, by its id, and the cursors that came with them; as the desk's does."""

    def __init__(self) -> None:
        self.facts: dict[tuple[type, str], OrderReport | FillReport] = {}
        self.cursors: dict[str, str] = {}

    def store(self, happenings: Iterable[OrderReport | FillReport]) -> None:
        for each in happenings:
            self.facts.setdefault((type(each), each.id), each)
            self.cursors |= each.cursors

    def fills(self) -> list[FillReport]:
        """What was filled and stays: neither taken back nor corrected by another."""
        fills = [each for each in self.facts.values() if isinstance(each, FillReport)]
        void = {fill.of for fill in fills}
        return [fill for fill in fills if fill.id not in void and fill.kind != "bust"]

    def filled(self) -> dict[str, decimal.Decimal]:
        """What was filled of each order (sold < 0)."""
        totals: dict[str, decimal.Decimal] = collections.defaultdict(decimal.Decimal)
        for fill in self.fills():
            totals[fill.order or ""] += fill.quantity
        return dict(totals)

    def paid(self) -> dict[str, decimal.Decimal]:
        """What was paid for that."""
        totals: dict[str, decimal.Decimal] = collections.defaultdict(decimal.Decimal)
        for fill in self.fills():
            totals[fill.order or ""] += fill.quantity * fill.price
        return dict(totals)

    def statuses(self) -> dict[str, str]:
        """How each order stands in the venue's words, by its newest one."""
        words = sorted((each for each in self.facts.values() if isinstance(each, OrderReport)), key=_newness)
        return {word.order: word.venue_status for word in words}


async def _settled(person: Elsewhere, broker: Broker, since: datetime.datetime, ledger: Ledger) -> Book:
    """Store what a statement says. Returns the venue's book of that moment, once nothing happens meanwhile."""
    before = await person.book()
    statement = await broker.statement(since)
    ledger.store([*statement.orders, *statement.fills])
    book = await person.book()
    assert book == before
    return book


@pytest.mark.long
async def test_lives_of_orders_are_told_whole_over_a_spoiled_stream_and_a_restart(venue: Stand):
    """Frames are swallowed, come twice and late; another broker goes on, with no more than the cursors."""
    since = datetime.datetime.now(datetime.UTC)
    ledger = Ledger()
    async with elsewhere(venue) as person:
        for seed in (1, 2):
            broker = venue.broker()
            broker.cursors = ledger.cursors
            async with streaming(broker) as run:
                await run.told.until_live(within=15)
                await person.spoil("reorder")
                await person.spoil("duplicate")
                await person.live(100, seed)
                ledger.store(each for each in run.told.events if isinstance(each, OrderReport | FillReport))
                if seed == 1:
                    continue  # what was on its way then is nobody's any more
                book = await aeventually(lambda: _settled(person, run.broker, since, ledger), within=20)
        assert len(book.statuses) > 30
    ended = {order: status for order, status in book.statuses.items() if status.lower() in ENDINGS}
    assert {order: status for order, status in ledger.statuses().items() if order in ended} == ended
    filled, paid = ledger.filled(), ledger.paid()
    assert filled == book.quantities
    assert all(abs(paid[order] - book.values[order]) < decimal.Decimal("0.001") for order in book.values)
