"""What an exchange and its accounts know, as records: money, positions, bookings, orders and those at work. Pure.

An order is compared with what was written of it for as long as it may change; then it is written once more and left.
"""

import itertools
import typing

import msgspec

from simulator.archive.archive import ArchiveRow, ArchiveTable, Records, Unreadable, find
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import Filled
from simulator.exchange.orders import ComplexOrder, ComplexType, Decimal, SimNews, SimOrder, Transaction
from simulator.exchange.working_order import Work


class WorkRecord(msgspec.Struct, frozen=True):
    """What the exchange knows of an order at work; the names are those of `Work`. Its place in a queue is not kept."""

    expires_at: int | None
    ratios: list[Decimal]
    reserve: Decimal
    filled: list[Filled]
    is_starter: bool
    after: float
    is_half: bool
    is_triggered: bool
    limit: Decimal | None
    spent: Decimal


class OrderRecord(msgspec.Struct, frozen=True):
    """An order, and how it is worked if it is."""

    order: SimOrder
    work: WorkRecord | None


class ComplexRecord(msgspec.Struct, frozen=True):
    """A complex order, its parts by their ids."""

    id: int
    account: str
    type: ComplexType
    orders: list[int]
    trigger: int | None
    terminal_at: int | None


class ExchangeState:
    """The records of one exchange. `name` is what their kinds begin with."""

    def __init__(self, name: str, exchange: Exchange) -> None:
        self.exchange = exchange
        self._blotter = exchange.blotter
        self._accounts = ArchiveTable(f"{name} account", SimAccount)
        self._transactions = ArchiveTable(f"{name} transaction", Transaction)
        self._orders = ArchiveTable(f"{name} order", OrderRecord)
        self._complexes = ArchiveTable(f"{name} complex order", ComplexRecord)
        self._news = ArchiveTable(f"{name} news", list[SimOrder])
        self._booked: dict[str, int] = {}
        self._entered: dict[str, int] = {}
        self._bound: dict[str, int] = {}
        self._open: dict[int, SimOrder] = {}
        self._unended: dict[int, ComplexOrder] = {}

    def changes(self, accounts: typing.Iterable[SimAccount]) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed."""
        for account in accounts:
            bare = msgspec.structs.replace(account, transactions=[])
            yield from self._accounts.put(account.number, bare)
            yield from self._bookings(account)
            self._open.update((each.id, each) for each in _new(self._blotter.orders, self._entered, account.number))
            bound = _new(self._blotter.complexes, self._bound, account.number)
            self._unended.update((each.id, each) for each in bound)
        yield from self._order_changes()
        yield from self._complex_changes()
        untold = [news.subject for news in self._blotter.untold if news.kind == "Order"]
        yield from self._news.put("", untold)

    def _bookings(self, account: SimAccount) -> typing.Iterator[ArchiveRow]:
        for booked in account.transactions[self._booked.get(account.number, 0) :]:
            yield from self._transactions.put(str(booked.id), booked)
            self._transactions.release(str(booked.id))
        self._booked[account.number] = len(account.transactions)

    def _order_changes(self) -> typing.Iterator[ArchiveRow]:
        for number, order in list(self._open.items()):
            work = self._blotter.works.get(number)
            yield from self._orders.put(str(number), OrderRecord(order, None if work is None else _work_record(work)))
            if order.is_final:
                del self._open[number]
                self._orders.release(str(number))

    def _complex_changes(self) -> typing.Iterator[ArchiveRow]:
        for number, complex_order in list(self._unended.items()):
            yield from self._complexes.put(str(number), _complex_record(complex_order))
            if complex_order.terminal_at is not None:
                del self._unended[number]
                self._complexes.release(str(number))

    def read_accounts(self, records: Records) -> dict[str, SimAccount]:
        """Return the accounts by number, with all that was booked in them. Raises Unreadable."""
        accounts = self._accounts.read(records)
        for key, booked in self._transactions.read(records).items():
            find(accounts, booked.account).transactions.append(booked)
            self._transactions.release(key)
            self._blotter.transactions.go_beyond(booked.id)
        self._booked = {number: len(account.transactions) for number, account in accounts.items()}
        return accounts

    def restore_orders(self, records: Records, accounts: typing.Mapping[str, SimAccount]) -> None:
        """Let the exchange have the orders of these accounts again. Raises Unreadable."""
        by_id: dict[int, SimOrder] = {}
        for key, record in self._orders.read(records).items():
            by_id[record.order.id] = record.order
            self._restore(record, accounts)
            if record.order.is_final:
                self._orders.release(key)
            else:
                self._open[record.order.id] = record.order
        for key, kept in self._complexes.read(records).items():
            self._restore_complex(key, kept, by_id)
        untold = [SimNews(order.account, "Order", order) for order in self._news.read(records).get("", [])]
        self._blotter.untold.extend(untold)
        self._entered = {number: len(orders) for number, orders in self._blotter.orders.items()}
        self._bound = {number: len(orders) for number, orders in self._blotter.complexes.items()}

    def _restore(self, record: OrderRecord, accounts: typing.Mapping[str, SimAccount]) -> None:
        order, blotter = record.order, self._blotter
        blotter.orders[order.account].append(order)
        blotter.order_ids.go_beyond(order.id)
        for fill in itertools.chain.from_iterable(leg.fills for leg in order.legs):
            self.exchange.fill_ids.go_beyond(int(fill.group))
        if record.work is not None:
            work = self._work(order, record.work, find(accounts, order.account))
            blotter.works[order.id] = work
            self.exchange.catch_up(work)

    def _work(self, order: SimOrder, record: WorkRecord, account: SimAccount) -> Work:
        books = self._blotter.books
        terms = [books.terms(leg.symbol) for leg in order.legs]
        known = [each for each in terms if each is not None]
        if len(known) < len(terms):
            raise Unreadable(f"order {order.id} is about something that never traded here")
        tapes = [books.market.tapes[each.underlying] for each in known]
        return Work(order=order, account=account, terms=known, tapes=tapes, **msgspec.structs.asdict(record))

    def _restore_complex(self, key: str, record: ComplexRecord, orders: typing.Mapping[int, SimOrder]) -> None:
        parts = [find(orders, number) for number in record.orders]
        trigger = None if record.trigger is None else find(orders, record.trigger)
        made = ComplexOrder(record.id, record.account, record.type, parts, trigger, record.terminal_at)
        self._blotter.adopt(made)
        if made.terminal_at is None:
            self._unended[made.id] = made
        else:
            self._complexes.release(key)


def _work_record(work: Work) -> WorkRecord:
    return WorkRecord(*(getattr(work, name) for name in WorkRecord.__struct_fields__))


def _complex_record(made: ComplexOrder) -> ComplexRecord:
    parts, trigger = [order.id for order in made.orders], made.trigger.id if made.trigger else None
    return ComplexRecord(made.id, made.account, made.type, parts, trigger, made.terminal_at)


E = typing.TypeVar("E")


def _new(lists: typing.Mapping[str, list[E]], seen: dict[str, int], number: str) -> list[E]:
    """Return what came to an account's list since this was last asked."""
    if number not in lists:
        return []
    found = lists[number][seen.get(number, 0) :]
    seen[number] = len(lists[number])
    return found
