"""tastytrade behind the broker contract."""

import asyncio
import datetime
from collections.abc import Collection, Mapping
from typing import ClassVar

from brokers.contract.broker import (
    Capabilities,
    Chain,
    Credentials,
    Endpoints,
    Guard,
    Hours,
    Identity,
    Metrics,
    OrderKey,
    Renewed,
    Series,
    Statement,
    SymbolList,
    Ticket,
    VenueAlert,
    Watch,
    unguarded,
)
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Balance, Candle, Emit, Position
from brokers.tastytrade.account import orders, sync
from brokers.tastytrade.account.state import TastytradeAccountState
from brokers.tastytrade.account.statement import TastytradeStatements
from brokers.tastytrade.errors import VenueRefused, map_errors, run_isolated
from brokers.tastytrade.market_data.quote_token import is_delayed
from brokers.tastytrade.reference import queries, quote_alerts, watchlists
from brokers.tastytrade.run import TastytradeRun
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import TastytradeTimeouts


class Tastytrade:
    """One link to tastytrade by a personal OAuth grant (`client_secret`, `refresh_token`).

    Times and prices are the venue's own. Everything of one link happens on one event loop. `limits` are the
    freshness rules; tests shorten them.
    """

    venue = "tastytrade"
    capabilities: ClassVar[Capabilities] = Capabilities(
        quotes=True,
        greeks=True,
        accounts=True,
        candles=True,
        chains=True,
        metrics=True,
        hours=True,
        executions=True,
        orders=True,
        watchlists=True,
        quote_alerts=True,
    )
    limits: TastytradeTimeouts = TastytradeTimeouts()

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None:
        self.link = link
        self.environment = environment
        self.renewed: Renewed | None = None
        self.guard: Guard = unguarded
        self.cursors: Mapping[str, str] = {}
        self._given = self._credentials = credentials
        self._endpoints = endpoints
        self._book = TastytradeAccountState(link)
        self._session: TastytradeSession | None = None
        self._run: TastytradeRun | None = None
        self._statements = TastytradeStatements(link)
        self._placing = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Tastytrade {self.link} {self.environment}>"

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream until cancelled, or raise one of the three errors.

        Between runs it keeps its tokens, and which positions it has told of, so that closed ones can be said gone.
        """
        with map_errors(self._secrets):
            session = self._opened()
            session.rejected = None
            always_open = self.environment == "simulated"
            self._run = TastytradeRun(session, watch, emit, self._book, self.limits, always_open=always_open)
            try:
                await run_isolated(self._run.go())
            finally:
                self._run = None

    async def verify(self) -> Identity:
        """Ask the venue who these credentials are, and whether their quotes are delayed."""
        with map_errors(self._secrets):
            session = self._opened()
            session.rejected = None
            found = await sync.accounts(session)
            delayed = await self._delayed(session)
            renewed = None if self._credentials is self._given else self._credentials
            return Identity(tuple(found), scopes=session.scopes, delayed=delayed, renewed=renewed)

    async def _delayed(self, session: TastytradeSession) -> bool | None:
        try:
            return is_delayed(await session.get("/api-quote-tokens"))
        except VenueRefused as refused:
            if refused.status not in (403, 404):
                raise
            return None

    async def balances(self) -> list[Balance]:
        """The money of every open account, whole."""
        with map_errors(self._secrets):
            return await sync.all_balances(self._opened(), self.link)

    async def positions(self) -> list[Position]:
        """Every open position of every open account, whole."""
        with map_errors(self._secrets):
            return await sync.all_positions(self._opened(), self.link)

    async def candles(self, series: Series, start: datetime.datetime) -> list[Candle]:
        """The candles of a series from `start` (aware) until now, oldest first; the last one may still change.

        They come over the connection of the running stream; without one, over one of their own.
        """
        with map_errors(self._secrets):
            feed = self._run.feed if self._run else None
            return await queries.read_candles(self._opened(), feed, self.link, series, start)

    async def chain(self, underlying: str) -> Chain:
        """Every option listed on `underlying`. A symbol without options has no expirations."""
        with map_errors(self._secrets):
            return await queries.read_chain(self._opened(), underlying)

    async def metrics(self, symbols: Collection[str]) -> list[Metrics]:
        """What the venue computes of these underlyings; those it does not know are left out."""
        with map_errors(self._secrets):
            return await queries.read_metrics(self._opened(), symbols)

    async def hours(self) -> Hours:
        """When the market trades: the session that is on, and the days it is closed."""
        with map_errors(self._secrets):
            return await queries.read_hours(self._opened())

    async def watchlists(self) -> list[SymbolList]:
        """The person's lists of symbols, then those that the venue publishes."""
        with map_errors(self._secrets):
            return await watchlists.read(self._opened())

    async def quote_alerts(self) -> list[VenueAlert]:
        """The person's thresholds on quotes, which the venue checks."""
        with map_errors(self._secrets):
            return await quote_alerts.read(self._opened())

    async def statement(self, since: datetime.datetime, orders: Collection[OrderKey] = ()) -> Statement:
        """What happened since then (aware), and what is held. `found` of all is `read`.

        The venue lists every order, so that none has to be asked for by itself.
        """
        with map_errors(self._secrets):
            return await self._statements.read(self._opened(), since)

    async def place(self, ticket: Ticket, deadline: int | None = None) -> str:
        """Place an order and return the venue's id of it. One with the same client id is not placed again.

        Raises NotSupported with the venue's words where it refuses, and for futures and coins.
        """
        with map_errors(self._secrets):
            async with self._placing:  # two of one client id: the second must see the first
                return await orders.place(self._opened(), ticket, deadline)

    async def cancel(self, account: str, order: str, deadline: int | None = None) -> None:
        """Ask the venue to cancel an order. Raises NotSupported with its words where it refuses."""
        with map_errors(self._secrets):
            await orders.cancel(self._opened(), account, order, deadline)

    async def close(self) -> None:
        """Give back the HTTP client. Safe to call twice; a later call opens another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            session.forget()

    def _opened(self) -> TastytradeSession:
        missing = [name for name in ("client_secret", "refresh_token") if not self._credentials.get(name)]
        if missing:
            raise CredentialsRejected(f"the credentials lack {' and '.join(missing)}")
        if self._session is None:
            self._session = TastytradeSession(self._credentials, self._endpoints, self.environment)
            self._session.rotated = self._renew
            self._session.guard = self._ask_guard
        return self._session

    def _ask_guard(self, deadline: int | None = None) -> None:
        self.guard(deadline)

    def _renew(self, refresh_token: str) -> None:
        former = self._credentials
        self._credentials = Credentials({**former, "refresh_token": refresh_token})
        if self.renewed is not None:
            self.renewed(former, self._credentials)

    def _secrets(self) -> list[str]:
        return self._session.secrets if self._session else [secret for secret in self._credentials.values() if secret]
