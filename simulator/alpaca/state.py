"""What the simulated Alpaca knows, as records: its people and keys, accounts, orders and lists, and all it told."""

import collections
import typing

import msgspec

from simulator.alpaca.activities import SimActivity
from simulator.alpaca.customers import SimAlpacaKey, new_key
from simulator.alpaca.orders.order import SimAlpacaExecution, SimAlpacaPlaced, Status
from simulator.alpaca.orders.parsing import SimAlpacaDraft
from simulator.alpaca.streams.event_log import KEPT, EventLogEntry, Record
from simulator.alpaca.venue import SimAlpaca
from simulator.alpaca.watchlists import SimAlpacaWatchlist
from simulator.archive.archive import ArchiveRow, ArchiveTable, Records, find
from simulator.archive.exchange_state import ExchangeState
from simulator.archive.net_liq_state import HistoryState
from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.exchange.orders import Decimal, SimOrder


class KeyRecord(msgspec.Struct, frozen=True):
    """A pair of keys, and whose it is; their account by its number."""

    id: str
    secret: str
    first_name: str
    last_name: str
    account: str
    is_revoked: bool


class AlpacaPlacedRecord(msgspec.Struct, frozen=True):
    """An order as the venue keeps it; the names are those of `SimAlpacaPlaced`.

    Its legs have the exchange's order in common.
    """

    id: str
    account: str
    draft: SimAlpacaDraft
    created_at: int
    updated_at: int
    order: SimOrder | None
    executions: list[SimAlpacaExecution]
    expires_at: int | None
    heard: int
    told: str
    filled_at: int | None
    cancel_requested_at: int | None
    replaces: str | None
    replaced_by: str | None
    ended: Status | None
    legs: list["AlpacaPlacedRecord"]
    index: int


class AlpacaState:
    """The records of the simulated Alpaca."""

    def __init__(self, venue: SimAlpaca) -> None:
        self.venue = venue
        self.exchange = ExchangeState("alpaca", venue.exchange)
        self._keys = ArchiveTable("alpaca key", KeyRecord)
        self._orders = AlpacaPlacedState(venue)
        self._past = {topic: RecordState(topic, record) for topic, record in venue.records.items()}
        self._activities = ArchiveTable("alpaca activity", tuple[str, SimActivity])
        self._histories = HistoryState("alpaca", venue.histories)
        self._owed = ArchiveTable("alpaca fees owed", dict[str, Decimal])
        self._lists = ArchiveTable("alpaca watchlists", list[SimAlpacaWatchlist])
        self._configurations = ArchiveTable("alpaca configurations", dict[str, Json])
        self._booked: dict[str, int] = {}

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed."""
        venue = self.venue
        yield from self.exchange.changes(venue.accounts.values())
        for key in venue.keys.values():
            yield from self._keys.put(key.id, _key_record(key))
        yield from self._orders.changes()
        for past in self._past.values():
            yield from past.changes()
        yield from self._activity_changes()
        yield from self._histories.changes()
        yield from self._owed.put("", dict(venue.activities.owed))
        for number, lists in venue.watchlists.items():
            yield from self._lists.put(number, [*lists.known.values()])
        yield from self._configurations.put("", dict(venue.configurations))

    def _activity_changes(self) -> typing.Iterator[ArchiveRow]:
        for number, activities in self.venue.activities.known.items():
            for activity in activities[self._booked.get(number, 0) :]:
                yield from self._activities.put(activity.id, (number, activity))
                self._activities.release(activity.id)
            self._booked[number] = len(activities)

    def restore(self, records: Records) -> None:
        """Let the venue know all this again, and nothing else. Raises Unreadable."""
        venue = self.venue
        accounts = self.exchange.read_accounts(records)
        for known in (venue.keys, venue.people, venue.accounts):
            known.clear()
        for kept in self._keys.read(records).values():
            venue.admit(_key(kept, find(accounts, kept.account)))
        self.exchange.restore_orders(records, accounts)
        self._orders.restore(records)
        for past in self._past.values():
            past.restore(records)
        for id, (number, activity) in self._activities.read(records).items():
            venue.activities.known[number].append(activity)
            self._activities.release(id)
        self._booked = {number: len(activities) for number, activities in venue.activities.known.items()}
        self._histories.restore(records, accounts, venue.market.seed)
        venue.activities.owed |= self._owed.read(records).get("", {})
        for number, lists in self._lists.read(records).items():
            venue.watchlists[number].known = {each.id: each for each in lists}
        venue.configurations |= self._configurations.read(records).get("", {})


class AlpacaPlacedState:
    """The records of orders as the venue keeps them."""

    def __init__(self, venue: SimAlpaca) -> None:
        self.venue = venue
        self._placed = ArchiveTable("alpaca placed", AlpacaPlacedRecord)
        self._entered: dict[str, int] = {}
        self._open: dict[str, SimAlpacaPlaced] = {}

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed: an order is compared for as long as it may change, or after it was revised."""
        orders = self.venue.orders
        for account in self.venue.accounts.values():
            placed = orders.of(account)
            self._open.update((each.id, each) for each in placed[self._entered.get(account.number, 0) :])
            self._entered[account.number] = len(placed)
        self._open.update((each.id, each) for each in orders.take_revised())
        for id, each in list(self._open.items()):
            yield from self._placed.put(id, _placed_record(each))
            if each.is_final:
                del self._open[id]
                self._placed.release(id)

    def restore(self, records: Records) -> None:
        """Let the venue have these orders again. Raises Unreadable."""
        orders = self.venue.orders
        for id, kept in self._placed.read(records).items():
            placed = _placed(kept, find(self.venue.accounts, kept.account), kept.order)
            orders.adopt(placed)
            if placed.is_final:
                self._placed.release(id)
            else:
                self._open[id] = placed
        self._entered = {account.number: len(orders.of(account)) for account in self.venue.accounts.values()}


class RecordState:
    """The records of the events of one topic."""

    def __init__(self, topic: str, record: Record) -> None:
        self.record = record
        self._entries = ArchiveTable(f"alpaca {topic}", EventLogEntry)
        self._numbers: collections.deque[int] = collections.deque()

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield the events that are new, and remove those that are so old that nobody can ask for them."""
        for entry in self.record.after(self._numbers[-1] if self._numbers else 0):
            yield from self._entries.put(str(entry.number), entry)
            self._entries.release(str(entry.number))
            self._numbers.append(entry.number)
        while len(self._numbers) > KEPT:
            yield self._entries.remove(str(self._numbers.popleft()))

    def restore(self, records: Records) -> None:
        """Let these be what was told. Raises Unreadable."""
        for key, entry in self._entries.read(records).items():
            self._entries.release(key)
            self._numbers.append(entry.number)
            self.record.adopt(entry)


def _key_record(key: SimAlpacaKey) -> KeyRecord:
    person = key.person
    return KeyRecord(key.id, key.secret, person.first_name, person.last_name, key.account.number, key.is_revoked)


def _key(kept: KeyRecord, account: SimAccount) -> SimAlpacaKey:
    key = new_key(kept.id, kept.secret, kept.first_name, kept.last_name, account)
    key.is_revoked = kept.is_revoked
    return key


def _placed_record(placed: SimAlpacaPlaced, *, is_leg: bool = False) -> AlpacaPlacedRecord:
    own = {
        "account": placed.account.number,
        "order": None if is_leg else placed.order,
        "legs": [_placed_record(leg, is_leg=True) for leg in placed.legs],
    }
    return AlpacaPlacedRecord(**(msgspec.structs.asdict(placed) | own))


def _placed(kept: AlpacaPlacedRecord, account: SimAccount, order: SimOrder | None) -> SimAlpacaPlaced:
    own = {"account": account, "order": order, "legs": [_placed(leg, account, order) for leg in kept.legs]}
    return SimAlpacaPlaced(**(msgspec.structs.asdict(kept) | own))
