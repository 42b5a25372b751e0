"""What the simulated Tradier knows, as records: its people and tokens, their accounts, orders and lists."""

import typing

import msgspec

from simulator.archive.archive import ArchiveRow, ArchiveTable, Records, find
from simulator.archive.exchange_state import ExchangeState
from simulator.exchange.account_status import Authority
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.orders import SimLeg, SimOrder
from simulator.tradier.customers import AccountType, Person, SimTradierGrant, Token, new_token
from simulator.tradier.orders.order_book import SimTradierPlaced, Status
from simulator.tradier.orders.parsing import SimTradierDraft, SimTradierPart
from simulator.tradier.rate_limit import Environment
from simulator.tradier.venue import SimTradier
from simulator.tradier.watchlists import SimTradierWatchlist


class TradierTokenRecord(msgspec.Struct, frozen=True):
    """A token, and whether it is good."""

    text: str
    is_revoked: bool
    is_expired: bool


class TradierGrantRecord(msgspec.Struct, frozen=True):
    """A person, their accounts by number, and their tokens: without a second one the first does for both."""

    first_name: str
    last_name: str
    email: str
    accounts: list[str]
    level: str
    authorities: dict[str, Authority]
    environment: Environment
    types: dict[str, AccountType]
    data: TradierTokenRecord
    trading: TradierTokenRecord | None


class TradierPlacedRecord(msgspec.Struct, frozen=True):
    """An order as the venue keeps it; the names are those of `SimTradierPlaced`, its parts by their ids."""

    id: int
    account: str
    draft: SimTradierDraft
    part: SimTradierPart
    created_at: int
    updated_at: int
    leg_ids: tuple[int, ...]
    parts: list[int]
    parent: int | None
    order: SimOrder | None
    complex_id: int | None
    former: dict[int, list[SimLeg]]
    ended: Status | None
    reason: str | None


class TradierState:
    """The records of the simulated Tradier."""

    def __init__(self, venue: SimTradier) -> None:
        self.venue = venue
        self.exchange = ExchangeState("tradier", venue.exchange)
        self._grants = ArchiveTable("tradier grant", TradierGrantRecord)
        self._began = ArchiveTable("tradier opening", list[SimHolding])
        self._lists = ArchiveTable("tradier watchlists", list[SimTradierWatchlist])
        self._orders = TradierPlacedState(venue)

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed."""
        venue = self.venue
        yield from self.exchange.changes(venue.accounts.values())
        for grant in venue.grants:
            yield from self._grants.put(grant.data.text, _grant_record(grant))
        for number, held in venue.began.items():
            if number not in self._began:
                yield from self._began.put(number, held)
        for person, lists in venue.watchlists.items():
            yield from self._lists.put(person, lists.all())
        yield from self._orders.changes()

    def restore(self, records: Records) -> None:
        """Let the venue know all this again, and nothing else. Raises Unreadable."""
        venue = self.venue
        accounts = self.exchange.read_accounts(records)
        for known in (venue.grants, venue.people, venue.tokens, venue.accounts, venue.began):
            known.clear()
        for kept in self._grants.read(records).values():
            venue.admit(_grant(kept, accounts))
        venue.began |= self._began.read(records)
        for person, lists in self._lists.read(records).items():
            venue.watchlists[person].adopt(lists)
        self.exchange.restore_orders(records, accounts)
        self._orders.restore(records)


class TradierPlacedState:
    """The records of orders as the venue keeps them."""

    def __init__(self, venue: SimTradier) -> None:
        self.venue = venue
        self._placed = ArchiveTable("tradier placed", TradierPlacedRecord)
        self._waiting = ArchiveTable("tradier waiting", list[int])
        self._known = 0
        self._open: dict[int, SimTradierPlaced] = {}

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed: an order is compared for as long as it may change."""
        orders = self.venue.orders
        self._open.update(orders.since(self._known))
        self._known = len(orders.known)
        for number, placed in list(self._open.items()):
            yield from self._placed.put(str(number), _placed_record(placed))
            if _is_over(placed):
                del self._open[number]
                self._placed.release(str(number))
        yield from self._waiting.put("", [placed.id for placed in orders.waiting])

    def restore(self, records: Records) -> None:
        """Let the venue have these orders again. Raises Unreadable."""
        venue, kept = self.venue, self._placed.read(records)
        made = {each.id: _placed(each, find(venue.accounts, each.account)) for each in kept.values()}
        for each in kept.values():
            placed = made[each.id]
            placed.parts = [find(made, number) for number in each.parts]
            venue.orders.adopt(placed)
        for key, each in kept.items():
            if _is_over(made[each.id]):
                self._placed.release(key)
            else:
                self._open[each.id] = made[each.id]
        venue.orders.waiting = [find(made, number) for number in self._waiting.read(records).get("", [])]
        self._known = len(venue.orders.known)


def _is_over(placed: SimTradierPlaced) -> bool:
    return all(each.is_final for each in (placed, *placed.parts))


def _token_record(token: Token) -> TradierTokenRecord:
    return TradierTokenRecord(token.text, token.is_revoked, token.is_expired)


def _grant_record(grant: SimTradierGrant) -> TradierGrantRecord:
    person, is_one = grant.person, grant.trading is grant.data
    return TradierGrantRecord(
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        accounts=[account.number for account in person.accounts],
        level=person.level,
        authorities=person.authorities,
        environment=person.environment,
        types=person.types,
        data=_token_record(grant.data),
        trading=None if is_one else _token_record(grant.trading),
    )


def _grant(kept: TradierGrantRecord, accounts: typing.Mapping[str, SimAccount]) -> SimTradierGrant:
    fields = msgspec.structs.asdict(kept)
    data, trading = fields.pop("data"), fields.pop("trading")
    person = Person(**(fields | {"accounts": [find(accounts, number) for number in kept.accounts]}))
    first = _token(data, person)
    return SimTradierGrant(person, first, first if trading is None else _token(trading, person))


def _token(kept: TradierTokenRecord, person: Person) -> Token:
    token = new_token(kept.text, person)
    token.is_revoked, token.is_expired = kept.is_revoked, kept.is_expired
    return token


def _placed_record(placed: SimTradierPlaced) -> TradierPlacedRecord:
    own = {"account": placed.account.number, "parts": [part.id for part in placed.parts]}
    return TradierPlacedRecord(**(msgspec.structs.asdict(placed) | own))


def _placed(kept: TradierPlacedRecord, account: SimAccount) -> SimTradierPlaced:
    """Make an order of its record; its parts are still to be found."""
    return SimTradierPlaced(**(msgspec.structs.asdict(kept) | {"account": account, "parts": []}))
