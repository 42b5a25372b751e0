"""What the simulated tastytrade knows, as records: its people, what they granted, their accounts, lists and alerts.

Tokens are good until a moment of a clock that only goes on; records have it by the wall clock, in ms since the epoch.
"""

import typing

import msgspec

from simulator.archive.archive import ArchiveRow, ArchiveTable, Records, find
from simulator.archive.exchange_state import ExchangeState
from simulator.archive.net_liq_state import HistoryState
from simulator.exchange.account_status import Authority
from simulator.exchange.accounts import Customer, SimAccount
from simulator.tastytrade.oauth.grants import Application, Code, Grants, SimTastytradeGrant
from simulator.tastytrade.oauth.tokens import Granted
from simulator.tastytrade.quote_alerts import Alert
from simulator.tastytrade.venue import SimTastytrade, now
from simulator.tastytrade.watchlists import SimTastytradeWatchlist


class CustomerRecord(msgspec.Struct, frozen=True):
    """A person, their accounts by number."""

    first_name: str
    last_name: str
    email: str
    accounts: list[str]
    level: str
    authorities: dict[str, Authority]


class ApplicationRecord(msgspec.Struct, frozen=True):
    """An OAuth client, its owner by their id."""

    id: str
    secret: str
    owner: str | None
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]


class TastytradeGrantRecord(msgspec.Struct, frozen=True):
    """What a customer granted an application; `tokens` are all that are good, `refresh_token` is the newest."""

    application: str
    customer: str
    refresh_token: str
    tokens: list[str]
    scopes: tuple[str, ...]
    revoked: bool


class CodeRecord(msgspec.Struct, frozen=True):
    """An authorization code's terms; `grant` is the place of what it was exchanged for among the grants."""

    application: str
    redirect_uri: str
    customer: str
    scopes: tuple[str, ...]
    until: int
    grant: int | None


class TastytradeTokenRecord(msgspec.Struct, frozen=True):
    """Whose a token is, and until when it is good: a customer's id, or the place of a grant among them."""

    holder: str | int
    until: int


class ListRecord(msgspec.Struct, frozen=True):
    """A watchlist and whose it is: a customer's, or the venue's own."""

    customer: str
    made: SimTastytradeWatchlist


class TastytradeState:
    """The records of the simulated tastytrade."""

    def __init__(self, venue: SimTastytrade) -> None:
        self.venue = venue
        self.exchange = ExchangeState("tastytrade", venue.exchange)
        self._people = PeopleState(venue)
        self._tokens = TokenState(venue)
        self._histories = HistoryState("tastytrade", venue.histories)
        self._lists = ArchiveTable("tastytrade watchlist", ListRecord)
        self._alerts = ArchiveTable("tastytrade alert", Alert)
        self._listed: dict[str, SimTastytradeWatchlist] = {}
        self._triggered: dict[str, int | None] = {}

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed."""
        customers = self.venue.customers
        yield from self.exchange.changes({a.number: a for each in customers for a in each.accounts}.values())
        yield from self._people.changes()
        yield from self._tokens.changes()
        yield from self._histories.changes()
        yield from self._list_changes()
        yield from self._alert_changes()

    def _list_changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield the watchlists that are not the same objects as before: a list is replaced, never changed."""
        private, public = self.venue.watchlists.private, self.venue.watchlists.public
        lists = {f"{owner} {name}": made for owner, kept in private.items() for name, made in kept.items()}
        lists |= {f" {name}": made for name, made in public.items()}
        for key, made in lists.items():
            if self._listed.get(key) is not made:
                yield from self._lists.put(key, ListRecord(key.partition(" ")[0], made))
        for key in self._listed.keys() - lists.keys():
            yield self._lists.remove(key)
        self._listed = lists

    def _alert_changes(self) -> typing.Iterator[ArchiveRow]:
        alerts = {alert.id: alert for alert in self.venue.alerts.all()}
        for key, alert in alerts.items():
            if key not in self._triggered or self._triggered[key] != alert.triggered_at:
                yield from self._alerts.put(key, alert)
        for key in self._triggered.keys() - alerts.keys():
            yield self._alerts.remove(key)
        self._triggered = {key: alert.triggered_at for key, alert in alerts.items()}

    def restore(self, records: Records) -> None:
        """Let the venue know all this again, and nothing else. Raises Unreadable."""
        accounts = self.exchange.read_accounts(records)
        self._people.restore(records, accounts)
        self._tokens.restore(records)
        self.exchange.restore_orders(records, accounts)
        self._histories.restore(records, accounts, self.venue.market.seed)
        self._restore_lists(records)
        for alert in self._alerts.read(records).values():
            self.venue.alerts.adopt(alert)
        self._triggered = {alert.id: alert.triggered_at for alert in self.venue.alerts.all()}

    def _restore_lists(self, records: Records) -> None:
        lists = self.venue.watchlists
        lists.public.clear()
        for key, kept in self._lists.read(records).items():
            mine = lists.private.setdefault(kept.customer, {}) if kept.customer else lists.public
            mine[kept.made.name] = kept.made
            self._listed[key] = kept.made


class PeopleState:
    """The records of people, OAuth clients and what those were granted."""

    def __init__(self, venue: SimTastytrade) -> None:
        self.venue = venue
        self._customers = ArchiveTable("tastytrade customer", CustomerRecord)
        self._applications = ArchiveTable("tastytrade application", ApplicationRecord)
        self._grants = ArchiveTable("tastytrade grants", list[TastytradeGrantRecord])
        self._met = 0

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed. A person stays as they were when they were added."""
        for customer in self.venue.customers[self._met :]:
            yield from self._customers.put(customer.id, _customer_record(customer))
        self._met = len(self.venue.customers)
        for application in self.venue.grants.applications.values():
            yield from self._applications.put(application.id, _application_record(application))
        yield from self._grants.put("", [_grant_record(grant, self.venue.grants) for grant in self.venue.grants])

    def restore(self, records: Records, accounts: typing.Mapping[str, SimAccount]) -> None:
        """Let these people have these accounts again. Raises Unreadable."""
        customers = {key: _customer(kept, accounts) for key, kept in self._customers.read(records).items()}
        self.venue.customers[:] = customers.values()
        self._met = len(customers)
        grants = self.venue.grants
        grants.applications.clear()
        for kept in self._applications.read(records).values():
            owner = None if kept.owner is None else find(customers, kept.owner)
            fields = msgspec.structs.asdict(kept) | {"owner": owner}
            grants.register(Application(**fields))
        grants.by_token.clear()
        for each in self._grants.read(records).get("", []):
            application, customer = find(grants.applications, each.application), find(customers, each.customer)
            grant = SimTastytradeGrant(application, customer, each.refresh_token, each.scopes, each.revoked)
            grants.by_token |= dict.fromkeys(each.tokens, grant)


class TokenState:
    """The records of what is good for a while only: access tokens, quote tokens and codes."""

    def __init__(self, venue: SimTastytrade) -> None:
        self.venue = venue
        self._access = ArchiveTable("tastytrade access token", TastytradeTokenRecord)
        self._quotes = ArchiveTable("tastytrade quote token", TastytradeTokenRecord)
        self._codes = ArchiveTable("tastytrade code", CodeRecord)

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed, and what is gone."""
        access, quotes, codes = self.venue.access.known, self.venue.quotes.known, self.venue.codes.known
        for token in [token for token in access if token not in self._access]:
            place = self._place(access[token].holder)
            yield from self._access.put(token, TastytradeTokenRecord(place, self._wall(access[token])))
        for token in [token for token in quotes if token not in self._quotes]:
            yield from self._quotes.put(
                token, TastytradeTokenRecord(quotes[token].holder.id, self._wall(quotes[token]))
            )
        for text, code in codes.items():
            if text not in self._codes or code.grant is not None:
                yield from self._codes.put(text, self._code_record(code, self._codes.written(text)))
        for table, known in ((self._access, access), (self._quotes, quotes), (self._codes, codes)):
            yield from table.remove_all_but(known)

    def _place(self, grant: SimTastytradeGrant) -> int:
        return next(place for place, known in enumerate(self.venue.grants) if known is grant)

    def _wall(self, granted: Granted[typing.Any] | Code) -> int:
        return self.venue.wall_ms() + round(1000 * (granted.until - now()))

    def _code_record(self, code: Code, before: CodeRecord | None) -> CodeRecord:
        until = self._wall(code) if before is None else before.until
        place = None if code.grant is None else self._place(code.grant)
        return CodeRecord(code.application.id, code.redirect_uri, code.customer.id, code.scopes, until, place)

    def restore(self, records: Records) -> None:
        """Let what was handed out be good until its end. Raises Unreadable."""
        venue, grants = self.venue, dict(enumerate(self.venue.grants))
        customers = {customer.id: customer for customer in venue.customers}
        for token, kept in self._access.read(records).items():
            venue.access.known[token] = Granted(find(grants, kept.holder), self._until(kept.until))
        for token, kept in self._quotes.read(records).items():
            venue.quotes.known[token] = Granted(find(customers, kept.holder), self._until(kept.until))
        for text, code in self._codes.read(records).items():
            application, customer = find(venue.grants.applications, code.application), find(customers, code.customer)
            grant = None if code.grant is None else find(grants, code.grant)
            until = self._until(code.until)
            venue.codes.known[text] = Code(application, code.redirect_uri, customer, code.scopes, until, grant)

    def _until(self, wall: int) -> float:
        return now() + (wall - self.venue.wall_ms()) / 1000


def _customer_record(customer: Customer) -> CustomerRecord:
    numbers = [account.number for account in customer.accounts]
    return CustomerRecord(
        customer.first_name, customer.last_name, customer.email, numbers, customer.level, customer.authorities
    )


def _customer(kept: CustomerRecord, accounts: typing.Mapping[str, SimAccount]) -> Customer:
    own = [find(accounts, number) for number in kept.accounts]
    return Customer(kept.first_name, kept.last_name, kept.email, own, kept.level, kept.authorities)


def _application_record(application: Application) -> ApplicationRecord:
    owner = None if application.owner is None else application.owner.id
    return ApplicationRecord(**(msgspec.structs.asdict(application) | {"owner": owner}))


def _grant_record(grant: SimTastytradeGrant, grants: Grants) -> TastytradeGrantRecord:
    tokens = [token for token, known in grants.by_token.items() if known is grant]
    return TastytradeGrantRecord(
        grant.application.id, grant.customer.id, grant.refresh_token, tokens, grant.scopes, grant.revoked
    )
