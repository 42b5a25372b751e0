"""What the simulated Tradier knows, as records: its people and tokens, their accounts, orders and lists."""

import typing

import msgspec

from simulator.archive.archive import Records, Row, Table, find
from simulator.archive.exchange_state import ExchangeState
from simulator.exchange.account_status import Authority
from simulator.exchange.accounts import Account, Holding
from simulator.exchange.orders import Leg, Order
from simulator.tradier.customers import AccountType, Grant, Person, Token, new_token
from simulator.tradier.orders.order_book import Placed, Status
from simulator.tradier.orders.parsing import Draft, Part
from simulator.tradier.rate_limit import Environment
from simulator.tradier.venue import Tradier
from simulator.tradier.watchlists import Watchlist


class TokenRecord(msgspec.Struct, frozen=True):
    """A token, and whether it is good."""

    text: str
    is_revoked: bool
    is_expired: bool


class GrantRecord(msgspec.Struct, frozen=True):
    """A person, their accounts by number, and their tokens: without a second one the first does for both."""

    first_name: str
    last_name: str
    email: str
    accounts: list[str]
    level: str
    authorities: dict[str, Authority]
    environment: Environment
    types: dict[str, AccountType]
    data: TokenRecord
    trading: TokenRecord | None


class PlacedRecord(msgspec.Struct, frozen=True):
    """An order as the venue keeps it; the names are those of `Placed`, its parts by their ids."""

    id: int
    account: str
    draft: Draft
    part: Part
    created_at: int
    updated_at: int
    leg_ids: tuple[int, ...]
    parts: list[int]
    parent: int | None
    order: Order | None
    complex_id: int | None
    former: dict[int, list[Leg]]
    ended: Status | None
    reason: str | None


class TradierState:
    """The records of the simulated Tradier."""

    def __init__(self, venue: Tradier) -> None:
        self.venue = venue
        self.exchange = ExchangeState("tradier", venue.exchange)
        self._grants = Table("tradier grant", GrantRecord)
        self._began = Table("tradier opening", list[Holding])
        self._lists = Table("tradier watchlists", list[Watchlist])
        self._orders = PlacedState(venue)

    def changes(self) -> typing.Iterator[Row]:
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


class PlacedState:
    """The records of orders as the venue keeps them."""

    def __init__(self, venue: Tradier) -> None:
        self.venue = venue
        self._placed = Table("tradier placed", PlacedRecord)
        self._waiting = Table("tradier waiting", list[int])
        self._known = 0
        self._open: dict[int, Placed] = {}

    def changes(self) -> typing.Iterator[Row]:
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


def _is_over(placed: Placed) -> bool:
    return all(each.is_final for each in (placed, *placed.parts))


def _token_record(token: Token) -> TokenRecord:
    return TokenRecord(token.text, token.is_revoked, token.is_expired)


def _grant_record(grant: Grant) -> GrantRecord:
    person, is_one = grant.person, grant.trading is grant.data
    return GrantRecord(
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


def _grant(kept: GrantRecord, accounts: typing.Mapping[str, Account]) -> Grant:
    fields = msgspec.structs.asdict(kept)
    data, trading = fields.pop("data"), fields.pop("trading")
    person = Person(**(fields | {"accounts": [find(accounts, number) for number in kept.accounts]}))
    first = _token(data, person)
    return Grant(person, first, first if trading is None else _token(trading, person))


def _token(kept: TokenRecord, person: Person) -> Token:
    token = new_token(kept.text, person)
    token.is_revoked, token.is_expired = kept.is_revoked, kept.is_expired
    return token


def _placed_record(placed: Placed) -> PlacedRecord:
    own = {"account": placed.account.number, "parts": [part.id for part in placed.parts]}
    return PlacedRecord(**(msgspec.structs.asdict(placed) | own))


def _placed(kept: PlacedRecord, account: Account) -> Placed:
    """Make an order of its record; its parts are still to be found."""
    return Placed(**(msgspec.structs.asdict(kept) | {"account": account, "parts": []}))
