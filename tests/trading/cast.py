"""A venue whose accounts a test moves: what it streams of it is the test's choice, what it states is the truth."""

import asyncio
import decimal
import typing

import msgspec

from brokers.contract.broker import Capabilities, Statement
from brokers.contract.events import Position
from brokers.contract.reports import ENDED, ActivityReport, FillReport, OrderReport, Report
from lib.clock import now_ms
from streaming.ledger.ledger import Ledger
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker
from trading.projection.projection import project
from trading.reconciliation import book
from trading.reconciliation.reconciler import Reconciler
from trading.reconciliation.round import RoundPace

D = decimal.Decimal
ACCOUNT = "5WX1"


NONE = book.BookMark(0, 0, False)


class Quick(Reconciler):
    """A reconciler for which a minute is half a second."""

    pace = RoundPace(every_s=0.5, again_s=0.05, grace_s=0.05, stay_s=1.0)


class Accounts:
    """What happened at a venue, whoever was told of it. It outlives the broker that is connected."""

    def __init__(self) -> None:
        self.fills: list[FillReport] = []
        self.orders: dict[str, OrderReport] = {}
        self.activities: list[ActivityReport] = []
        self.held: dict[str, decimal.Decimal] = {}
        self.asked: list[int] = []
        """Since when (ms) a statement was asked for, each time."""
        self.wanted: list[tuple[str, str]] = []
        """The orders that were asked for by themselves, by account and id."""
        self.session = 0
        """From when on (ms) orders are listed that work no more."""

    def book(self, event: Report) -> None:
        """Let it happen, without a word."""
        if isinstance(event, FillReport):
            before = sum((one.quantity for one in self.fills if one.id == event.of), D(0))
            self.fills.append(event)
            after = event.quantity if event.kind != "bust" else D(0)
            self.held[event.symbol] = self.held.get(event.symbol, D(0)) + after - before
        elif isinstance(event, OrderReport):
            known = self.orders.get(event.order)
            if known is None or event.version > known.version:
                self.orders[event.order] = event
        elif isinstance(event, ActivityReport):
            self.activities.append(event)

    def statement(self, since: int, wanted: typing.Collection[tuple[str, str]] = ()) -> Statement:
        self.asked.append(since)
        self.wanted += wanted
        read: typing.Any = msgspec.structs.replace
        orders = [
            one
            for one in self.orders.values()
            if one.status not in ENDED or one.version >= max(since, self.session) or (ACCOUNT, one.order) in wanted
        ]
        link = (*self.fills, *orders, *self.activities)[0].link if (self.fills or orders or self.activities) else "l"
        return Statement(
            accounts=(ACCOUNT,),
            since=since,
            at=now_ms(),
            orders=tuple(read(one, found="read") for one in orders),
            fills=tuple(read(one, found="read") for one in self.fills if one.at >= since),
            activities=tuple(read(one, found="read") for one in self.activities if one.at >= since),
            positions=tuple(
                Position(link=link, account=ACCOUNT, symbol=symbol, quantity=quantity)
                for symbol, quantity in self.held.items()
                if quantity
            ),
        )


class Venue(TalkingBroker):
    """A broker of these accounts."""

    capabilities = Capabilities(accounts=True, executions=True)
    accounts: dict[str, Accounts] = {}

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.books = self.accounts.setdefault(str(info.id), Accounts())
        self.gate = asyncio.Event()
        self.gate.set()
        """Closed, nothing that is asked is answered."""

    async def statement(self, since, orders=()):
        await self.gate.wait()
        return self.books.statement(round(since.timestamp() * 1000), orders)

    def do(self, *events: Report) -> None:
        """Let things happen, and stream them."""
        for event in events:
            self.books.book(event)
            self.say(event)

    def swallow(self, *events: Report) -> None:
        """Let things happen that the stream says nothing of."""
        for event in events:
            self.books.book(event)


class VenueLinks(MemoryLinks):
    """Links to such venues."""

    make = Venue

    async def live(self, info: Info) -> Venue:
        broker = await super().live(info)
        assert isinstance(broker, Venue)
        return broker


async def kinds(ledger: Ledger, person: int = 1) -> list[tuple[str, str | None, bool]]:
    """What the ledger has of a person but for notices on links: kind, the venue's id, whether it was recovered."""
    page = await ledger.page(person, 0, 10_000)
    told = [fact for fact in page if not fact.payload.get("code", "").startswith("link")]
    return [(fact.kind, fact.venue_id, fact.recovered) for fact in told]


ORDERS = Subscription(topics=frozenset({"orders", "links"}))


class Desk(House):
    """A house with one link of person 1 to a venue, their book, and somebody who looks."""

    def __init__(self, info: Info, books: Accounts | None = None) -> None:
        self.info = info
        Venue.accounts[str(info.id)] = books or Accounts()
        self.venues = VenueLinks(p1=[info])
        super().__init__(self.venues, sinks=[project], companions=[Quick])
        self.reader = Reader(self, 1, ORDERS)

    @property
    def link(self) -> str:
        return str(self.info.id)

    async def open(self) -> Venue:
        """Look, and wait until what the account held is known."""
        self.reader.join()
        venue = await self.venues.live(self.info)
        await self.until(lambda: book.marks(1, self.link).get(ACCOUNT, NONE).opened)
        return venue

    async def until(self, holds: typing.Callable[[], object]) -> None:
        """Wait until `holds()` is true of what is stored."""
        async with asyncio.timeout(20):
            while not await self.ledger.read(holds):
                await asyncio.sleep(0.01)

    def told(self, *kinds_: str) -> list[dict[str, typing.Any]]:
        """The facts that the reader was told, by type or code."""
        facts = [fact for frame in self.reader.of("frame") for fact in frame.get("facts", [])]
        return [fact for fact in facts if fact["type"] in kinds_ or fact.get("code") in kinds_]
