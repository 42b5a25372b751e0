"""Alpaca behind the broker contract: accounts and executions. Its prices are none of this desk's."""

import datetime
from collections.abc import Collection, Mapping
from typing import ClassVar

from brokers.adapter.error_mapping import map_errors, run_isolated
from brokers.adapter.execution_only import NoMarketData
from brokers.alpaca.account import orders
from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.reporter import Memory
from brokers.alpaca.account.state import AlpacaAccountState, to_balance, to_identity, to_position
from brokers.alpaca.account.statement import POSITIONS, AccountHistory
from brokers.alpaca.decoding import objects
from brokers.alpaca.reference import watchlists
from brokers.alpaca.rest import ACCOUNT, AlpacaRest
from brokers.alpaca.run import AlpacaRun
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.broker import (
    Capabilities,
    Credentials,
    Endpoints,
    Guard,
    Identity,
    OrderKey,
    Renewed,
    Statement,
    SymbolList,
    Ticket,
    VenueAlert,
    Watch,
    unguarded,
)
from brokers.contract.errors import CredentialsRejected, NotSupported
from brokers.contract.events import Balance, Emit, Position
from lib.clock import now_ms

PATIENCE_S = 8.0
"""How long somebody who asks for something may have to wait for the venue's rate limit."""
STATEMENT_S = 30.0


class Alpaca(NoMarketData):
    """One link to Alpaca by a key and its secret: one account.

    Times are the venue's own. Everything of one link happens on one event loop. `limits` is how long it waits for what;
    tests shorten that.
    """

    venue = "alpaca"
    capabilities: ClassVar[Capabilities] = Capabilities(accounts=True, executions=True, orders=True, watchlists=True)
    limits: ClassVar[AlpacaTimeouts] = AlpacaTimeouts()

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None:
        self.link = link
        self.environment = environment
        self.renewed: Renewed | None = None
        self.guard: Guard = unguarded
        self.cursors: Mapping[str, str] = {}
        self._credentials = credentials
        self._endpoints = endpoints
        self._book = AlpacaAccountState(link, self.limits.late_s)
        self._memory = Memory()
        self._rest: AlpacaRest | None = None
        self._looked_back = False

    def __repr__(self) -> str:
        return f"<Alpaca {self.link} {self.environment}>"

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream until cancelled, or raise one of the three errors. What is watched does not concern this venue.

        Between runs it keeps its connections, which positions and working orders it has told of, and what it told
        lately.
        """
        with map_errors(self._secrets):
            rest = self._opened()
            rest.rejected = None
            run = AlpacaRun(
                rest,
                self._endpoints.account_stream,
                self._key(),
                self._book,
                self._memory,
                emit,
                self.cursors,
                self.limits,
            )
            await run_isolated(run.go())

    async def verify(self) -> Identity:
        """Ask the venue whose key this is."""
        with map_errors(self._secrets):
            rest = self._opened()
            rest.rejected = None
            return Identity((to_identity(await rest.get(ACCOUNT, PATIENCE_S)),))

    async def balances(self) -> list[Balance]:
        """The money of the account."""
        with map_errors(self._secrets):
            return [to_balance(await self._opened().get(ACCOUNT, PATIENCE_S), self.link, now_ms())]

    async def positions(self) -> list[Position]:
        """Every open position, without prices."""
        with map_errors(self._secrets):
            rest = self._opened()
            number = await self._number(rest)
            held = objects(await rest.get(POSITIONS, PATIENCE_S))
            return [to_position(raw, self.link, number, now_ms()) for raw in held]

    async def watchlists(self) -> list[SymbolList]:
        """The person's lists of symbols, thirty at most."""
        with map_errors(self._secrets):
            return await watchlists.read(self._opened(), PATIENCE_S)

    async def quote_alerts(self) -> list[VenueAlert]:
        """Not offered: the venue keeps none. Raises NotSupported."""
        raise NotSupported("alerts")

    async def statement(self, since: datetime.datetime, orders: Collection[OrderKey] = ()) -> Statement:
        """What happened since then (aware), and what is held. The venue lists every order, also without being asked."""
        with map_errors(self._secrets):
            rest = self._opened()
            reading = AccountHistory(rest, SeenExecutions(self.link, await self._number(rest)))
            statement = await reading.statement(since, frozenset(self._memory.working), self._looked_back, STATEMENT_S)
            for order in statement.orders:
                self._memory.apply(order)
            self._looked_back = True
            return statement

    async def place(self, ticket: Ticket, deadline: int | None = None) -> str:
        """Place an order and return the venue's id of it. What becomes of it is told by `run`."""
        with map_errors(self._secrets):
            return await orders.place(self._opened(), ticket, deadline, PATIENCE_S)

    async def cancel(self, account: str, order: str, deadline: int | None = None) -> None:
        """Ask the venue to cancel an order. Raises NotSupported where it is too late, or there is no such order."""
        with map_errors(self._secrets):
            await orders.cancel(self._opened(), order, deadline, PATIENCE_S)

    async def close(self) -> None:
        """Give back the HTTP client. Safe to call twice; a later call opens another."""
        rest, self._rest = self._rest, None
        if rest is not None:
            await rest.close()

    async def _number(self, rest: AlpacaRest) -> str:
        return to_identity(await rest.get(ACCOUNT, PATIENCE_S)).number

    def _key(self) -> tuple[str, str]:
        """Return the key's id and its secret. Raises CredentialsRejected where one is missing."""
        for name in ("key_id", "secret_key"):
            if not self._credentials.get(name):
                raise CredentialsRejected(f"the credentials lack {name}")
        return self._credentials["key_id"], self._credentials["secret_key"]

    def _opened(self) -> AlpacaRest:
        key = self._key()
        if self._rest is None:
            self._rest = AlpacaRest(*key, self._endpoints.rest, self._ask_guard)
        return self._rest

    def _ask_guard(self, deadline: int | None = None) -> None:
        self.guard(deadline)

    def _secrets(self) -> list[str]:
        return [secret for secret in self._credentials.values() if secret]
