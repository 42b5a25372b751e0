"""Keeps what an execution-only venue says of the market away from everybody.

Prices a person is shown come from venues they chose for market data. One that only carries out orders has prices too,
of another kind and quality, and one of them beside the others would be believed. The catalogue opens every broker, and
those of such venues through here: what is not listed as a matter of accounts never leaves.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec import UNSET

from brokers.contract.broker import (
    Broker,
    Capabilities,
    Chain,
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
)
from brokers.contract.errors import NotSupported
from brokers.contract.events import Balance, Candle, Emit, Event, Link, Position
from brokers.contract.reports import Report

_PRICED = (
    "mark", "mark_source", "mark_at", "mark_link", "close_price", "value", "day_pl", "realised_pl", "open_pl",
    "delta", "gamma", "theta", "vega",
)  # fmt: skip
"""What a position has from the venue's own prices."""
_OF_ACCOUNTS = ("accounts", "executions", "orders", "watchlists", "quote_alerts")
"""The capabilities that are no matter of market data."""


def of_accounts(event: Event) -> Event | None:
    """Return what `event` says of accounts: a position without its prices, None where it says nothing of them."""
    if isinstance(event, Position):
        priced = {name: None for name in _PRICED if getattr(event, name) is not UNSET}
        return msgspec.structs.replace(event, **priced) if priced else event
    return event if isinstance(event, Balance | Link | Report) else None


class NoMarketData:
    """What a broker answers that has no market data."""

    async def candles(self, series: Series, start: datetime.datetime) -> list[Candle]:
        """Raise NotSupported: candles are market data."""
        raise NotSupported("candles")

    async def chain(self, underlying: str) -> Chain:
        """Raise NotSupported: what is listed where is asked of venues for market data."""
        raise NotSupported("chains")

    async def metrics(self, symbols: Collection[str]) -> list[Metrics]:
        """Raise NotSupported: metrics are market data."""
        raise NotSupported("metrics")

    async def hours(self) -> Hours:
        """Raise NotSupported: the market's hours are told by venues for market data."""
        raise NotSupported("hours")


class ExecutionOnly(NoMarketData):
    """The broker of an execution-only venue as the desk has it: accounts and orders, nothing of the market."""

    def __init__(self, broker: Broker) -> None:
        self.venue = broker.venue
        self._broker = broker

    def __repr__(self) -> str:
        return f"<ExecutionOnly {self._broker!r}>"

    @property
    def capabilities(self) -> Capabilities:
        """What the adapter offers but market data."""
        offered = self._broker.capabilities
        return Capabilities(**{name: getattr(offered, name) for name in _OF_ACCOUNTS})

    @property
    def renewed(self) -> Renewed | None:
        """Called when the venue put other credentials in the place of those it was shown."""
        return self._broker.renewed

    @renewed.setter
    def renewed(self, told: Renewed | None) -> None:
        self._broker.renewed = told

    @property
    def guard(self) -> Guard:
        """Asked before every call with an effect."""
        return self._broker.guard

    @guard.setter
    def guard(self, guard: Guard) -> None:
        self._broker.guard = guard

    @property
    def cursors(self) -> Mapping[str, str]:
        """What it is told again when it begins anew."""
        return self._broker.cursors

    @cursors.setter
    def cursors(self, cursors: Mapping[str, str]) -> None:
        self._broker.cursors = cursors

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream accounts. What somebody watches does not concern this venue: it is not told."""

        def emit_account_event(event: Event) -> None:
            if (told := of_accounts(event)) is not None:
                emit(told)

        await self._broker.run(Watch(), emit_account_event)

    async def verify(self) -> Identity:
        """Ask the venue who these credentials are."""
        return await self._broker.verify()

    async def balances(self) -> list[Balance]:
        """The money of every open account, whole."""
        return await self._broker.balances()

    async def positions(self) -> list[Position]:
        """Every open position of every open account, without prices."""
        return _unpriced(await self._broker.positions())

    async def watchlists(self) -> list[SymbolList]:
        """The lists that the person keeps there: names, not prices."""
        return await self._broker.watchlists()

    async def quote_alerts(self) -> list[VenueAlert]:
        """The thresholds that the person set there."""
        return await self._broker.quote_alerts()

    async def statement(self, since: datetime.datetime, orders: Collection[OrderKey] = ()) -> Statement:
        """What happened since then, how these orders stand, and what is held, without prices."""
        statement = await self._broker.statement(since, orders)
        return msgspec.structs.replace(statement, positions=tuple(_unpriced(statement.positions)))

    async def place(self, ticket: Ticket, deadline: int | None = None) -> str:
        """Place an order and return the venue's id of it."""
        return await self._broker.place(ticket, deadline)

    async def cancel(self, account: str, order: str, deadline: int | None = None) -> None:
        """Ask the venue to cancel an order."""
        await self._broker.cancel(account, order, deadline)

    async def close(self) -> None:
        """Give back sockets and pools. Safe to call twice."""
        await self._broker.close()


def _unpriced(positions: Iterable[Position]) -> list[Position]:
    told = [of_accounts(position) for position in positions]
    return [position for position in told if isinstance(position, Position)]
