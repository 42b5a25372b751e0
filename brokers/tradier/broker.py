"""Tradier behind the broker contract."""

import asyncio
import datetime
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from brokers.adapter.error_mapping import map_errors, run_isolated
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
from brokers.contract.errors import CredentialsRejected, NotSupported
from brokers.contract.events import Balance, Candle, Emit, Position
from brokers.tradier.account import orders, sync
from brokers.tradier.account.executions import Executions
from brokers.tradier.account.state import TradierAccountState
from brokers.tradier.account.statement import TradierStatements
from brokers.tradier.market_data.candle_polling import read_bars
from brokers.tradier.market_data.candles import oldest_first
from brokers.tradier.reference import watchlists
from brokers.tradier.reference.chains import to_chain
from brokers.tradier.reference.hours import to_hours, to_session
from brokers.tradier.rest import TradierRest
from brokers.tradier.run import CLOCK, TradierAccess, TradierRun
from brokers.tradier.stream_sessions import TradierStreamSessions
from brokers.tradier.symbols import is_listable
from brokers.tradier.timeouts import TradierTimeouts
from lib.clock import now_ms

PATIENCE_S = 8.0
"""How long somebody who asks for something may have to wait for the venue's rate limit."""
MONTHS = 12
"""Of the venue's calendar, from this one on."""


class Tradier:
    """One link to Tradier by access tokens: `data_token`, and `trading_token` where accounts have another.

    Times and prices are the venue's own. Everything of one link happens on one event loop. `limits` is how long it
    waits for what; tests shorten that.
    """

    venue = "tradier"
    capabilities: ClassVar[Capabilities] = Capabilities(
        quotes=True,
        greeks=True,
        accounts=True,
        candles=True,
        chains=True,
        hours=True,
        executions=True,
        orders=True,
        watchlists=True,
    )
    limits: ClassVar[TradierTimeouts] = TradierTimeouts()

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None:
        self.link = link
        self.environment = environment
        self.renewed: Renewed | None = None
        self.guard: Guard = unguarded
        self.cursors: Mapping[str, str] = {}
        self._credentials = credentials
        self._endpoints = endpoints
        self._book = TradierAccountState(link)
        self._executions = Executions(link)
        self._statements = TradierStatements(self._executions, has_history=environment != "sandbox")
        self._access: TradierAccess | None = None
        self._chains = asyncio.Lock()
        self._placing = asyncio.Lock()
        self._months: dict[tuple[int, int], Any] = {}

    def __repr__(self) -> str:
        return f"<Tradier {self.link} {self.environment}>"

    @property
    def _delayed(self) -> bool:
        """Whether quotes are late: those of the sandbox are, by a quarter of an hour."""
        return self.environment == "sandbox"

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream until cancelled, or raise one of the three errors.

        Between runs it keeps its connections, a session it did not use, and which positions it has told of.
        """
        with map_errors(self._secrets):
            access, always_open = self._opened(), self.environment == "simulated"
            access.data.rejected = access.trading.rejected = None
            self._executions.restore(self.cursors)
            run = TradierRun(
                access,
                watch,
                emit,
                self._book,
                self._executions,
                self.limits,
                delayed=self._delayed,
                always_open=always_open,
            )
            await run_isolated(run.go())

    async def verify(self) -> Identity:
        """Ask the venue who these credentials are. Both tokens must be good; the one for accounts tells of them."""
        with map_errors(self._secrets):
            access = self._opened()
            access.data.rejected = access.trading.rejected = None
            found = await sync.accounts(access.trading, PATIENCE_S)
            if access.data is not access.trading:
                await access.data.get(CLOCK, PATIENCE_S)
            return Identity(tuple(found), delayed=self._delayed)

    async def balances(self) -> list[Balance]:
        """The money of every open account, whole."""
        with map_errors(self._secrets):
            return await sync.all_balances(self._opened().trading, self.link, PATIENCE_S)

    async def positions(self) -> list[Position]:
        """Every open position of every open account, whole, marked at the venue's quotes."""
        with map_errors(self._secrets):
            access = self._opened()
            return await sync.all_positions(access.trading, access.data, self.link, PATIENCE_S)

    async def candles(self, series: Series, start: datetime.datetime) -> list[Candle]:
        """The candles of a series from `start` (aware) until now, oldest first; the last one may still change.

        Of less than a day the venue keeps 10 days (of one minute) or 18.
        """
        with map_errors(self._secrets):
            bars, _ = await read_bars(self._opened().data, series, start, self._delayed, PATIENCE_S)
            return oldest_first(bars, start, now_ms())

    async def chain(self, underlying: str) -> Chain:
        """Every option listed on `underlying`. A symbol without options has no expirations."""
        with map_errors(self._secrets):
            if not is_listable(underlying):
                return Chain(underlying, ())
            async with self._chains:  # a chain takes two requests: of many, some should have both
                return await self._read_chain(underlying)

    async def _read_chain(self, underlying: str) -> Chain:
        data = self._opened().data
        symbols = await data.get("/v1/markets/options/lookup", PATIENCE_S, underlying=underlying)
        details = await data.get(
            "/v1/markets/options/expirations",
            PATIENCE_S,
            symbol=underlying,
            includeAllRoots="true",
            contractSize="true",
            expirationType="true",
        )
        return to_chain(underlying, symbols, details)

    async def metrics(self, symbols: Collection[str]) -> list[Metrics]:
        """Not offered: the venue computes nothing of an underlying. Raises NotSupported."""
        raise NotSupported("metrics")

    async def hours(self) -> Hours:
        """When the market trades: the session that is on, and the days of a year on which it is closed."""
        with map_errors(self._secrets):
            data = self._opened().data
            session = to_session(await data.get(CLOCK, PATIENCE_S), data.venue_time)
            now = data.venue_time
            wanted = [divmod(now.year * 12 + now.month - 1 + ahead, 12) for ahead in range(MONTHS)]
            self._months = {key: self._months[key] for key in wanted if key in self._months}
            for year, month in wanted:
                if (year, month) not in self._months:
                    params = {"month": str(month + 1), "year": str(year)}
                    self._months[year, month] = await data.get("/v1/markets/calendar", PATIENCE_S, **params)
            return to_hours(session, self._months.values(), now)

    async def watchlists(self) -> list[SymbolList]:
        """The person's lists of symbols, thirty at most."""
        with map_errors(self._secrets):
            return await watchlists.read(self._opened().trading, PATIENCE_S)

    async def quote_alerts(self) -> list[VenueAlert]:
        """Not offered: the venue keeps none. Raises NotSupported."""
        raise NotSupported("alerts")

    async def statement(self, since: datetime.datetime, orders: Collection[OrderKey] = ()) -> Statement:
        """What happened since then (aware), and what is held, without marks. `found` of all is `read`.

        The venue shows orders of the present session, and older ones that work: of what is older only these `orders`
        are told. What clearing booked overnight is told about once an hour.
        """
        with map_errors(self._secrets):
            return await self._statements.read(self._opened().trading, since, orders)

    async def place(self, ticket: Ticket, deadline: int | None = None) -> str:
        """Place an order and return the venue's id of it. One with the same client id is not placed again.

        Raises NotSupported with the venue's words where it refuses, and for what it does not list.
        """
        with map_errors(self._secrets):
            async with self._placing:  # two of one client id: the second must see the first
                return await orders.place(self._opened().trading, ticket, deadline)

    async def cancel(self, account: str, order: str, deadline: int | None = None) -> None:
        """Ask the venue to cancel an order. Raises NotSupported with its words where it refuses."""
        with map_errors(self._secrets):
            await orders.cancel(self._opened().trading, account, order, deadline)

    async def close(self) -> None:
        """Give back the HTTP clients. Safe to call twice; a later call opens others."""
        access, self._access = self._access, None
        if access is not None:
            access.market.forget()
            access.account.forget()
            await asyncio.gather(access.data.close(), access.trading.close())

    def _opened(self) -> TradierAccess:
        data = self._credentials.get("data_token")
        if not data:
            raise CredentialsRejected("the credentials lack data_token")
        if self._access is None:
            trading = self._credentials.get("trading_token") or data
            first = TradierRest(data, self._endpoints.rest, self._ask_guard)
            second = first if trading == data else TradierRest(trading, self._endpoints.rest, self._ask_guard)
            self._access = TradierAccess(
                first,
                second,
                TradierStreamSessions(first, "market"),
                TradierStreamSessions(second, "account"),
                self._endpoints,
            )
        return self._access

    def _ask_guard(self, deadline: int | None = None) -> None:
        self.guard(deadline)

    def _secrets(self) -> list[str]:
        sessions = (self._access.market, self._access.account) if self._access else ()
        return [secret for secret in self._credentials.values() if secret] + [
            id for kept in sessions for id in kept.secrets
        ]
