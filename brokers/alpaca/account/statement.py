"""What happened in the account, asked for: orders, executions and activities, and a stretch of past trade events."""

import asyncio
import collections
import datetime
import math
from collections.abc import Iterable, Set

import msgspec

from brokers.adapter.error_mapping import StreamDropped
from brokers.adapter.http import parse
from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.state import to_position
from brokers.alpaca.decoding import Raw, objects
from brokers.alpaca.rest import AlpacaRest, Refused
from brokers.alpaca.sse import SseLines
from brokers.alpaca.timestamps import millis, written
from brokers.contract.broker import Statement
from brokers.contract.reports import ENDED, ActivityReport, FillReport, Found, OrderReport

ORDERS, POSITIONS, ACTIVITIES, TRADES = "/v2/orders", "/v2/positions", "/v2/account/activities", "/v2/events/trades"
PAGE, ACTIVITY_PAGE, PAGES = 500, 100, 50
"""Rows of a page, and how many pages at most: nobody has more in the time that is asked for. Who has is told so."""
LONGEST_DAYS = 91
"""How long an order can have worked before it ends: 90 days."""
LATELY_DAYS = 2
"""How far back is looked for orders that ended, where those that worked are known one by one."""
REPLAY_S = 8.0
_DAY_MS = 86_400_000
_UNREADABLE = (ValueError, TypeError, KeyError, ArithmeticError)


class HistoryItem(msgspec.Struct, frozen=True):
    """What was found. `working` are the ids of orders that are listed as open."""

    orders: list[OrderReport]
    fills: list[FillReport]
    activities: list[ActivityReport]


class AccountHistory:
    """Asks for what happened in one account. `found` of all is what the caller says. `bad` is what was unreadable."""

    def __init__(self, rest: AlpacaRest, told: SeenExecutions) -> None:
        self.bad = 0
        self.has_replay = True
        """Whether the venue lets these credentials ask for past trade events, as far as is known."""
        self._rest = rest
        self._told = told

    async def statement(
        self, since: datetime.datetime, working: Set[str], knows_working: bool, patience: float
    ) -> Statement:
        """Return all that happened since then (aware), and what is held.

        `working` are orders that were known to work; where those are not all (`knows_working`) it is looked back for as
        long as an order can work.
        """
        since_ms = int(since.timestamp() * 1000)
        back = LATELY_DAYS if knows_working else LONGEST_DAYS
        at = self._rest.venue_ms
        orders = await self.open_orders(patience) + await self.ended_orders(since_ms - back * _DAY_MS, patience)
        replayed = await self.replayed(since_ms)
        fills, activities = await self.activities(since_ms, patience)
        fills = joined(replayed, fills)
        orders = await self._with_missing(orders, working | {fill.order for fill in fills if fill.order}, patience)
        newest = {order.order: order for order in sorted(orders, key=lambda order: order.version)}
        positions = [
            to_position(raw, self._told.link, self._told.account, at)
            for raw in objects(await self._rest.get(POSITIONS, patience))
        ]
        return Statement(
            accounts=(self._told.account,),
            since=since_ms,
            at=at,
            orders=tuple(order for order in newest.values() if order.status not in ENDED or order.version >= since_ms),
            fills=tuple(sorted((fill for fill in fills if fill.at >= since_ms), key=lambda fill: fill.at)),
            activities=tuple(sorted((each for each in activities if each.at >= since_ms), key=lambda each: each.at)),
            positions=tuple(positions),
        )

    async def open_orders(self, patience: float = math.inf, found: Found = "read") -> list[OrderReport]:
        """Return every order that works."""
        return await self._orders(patience, found, status="open")

    async def ended_orders(self, after_ms: int, patience: float = math.inf, found: Found = "read") -> list[OrderReport]:
        """Return every order that was placed after then and has ended."""
        return await self._orders(patience, found, status="closed", after=written(after_ms))

    async def recent_orders(
        self, after_ms: int, patience: float = math.inf, found: Found = "read"
    ) -> list[OrderReport]:
        """Return every order that was placed after then."""
        return await self._orders(patience, found, status="all", after=written(after_ms))

    async def order(self, order: str, patience: float = math.inf, found: Found = "read") -> list[OrderReport]:
        """Return one order; none where the venue does not know it."""
        try:
            raw = await self._rest.get(f"{ORDERS}/{order}", patience, nested="true")
        except Refused as refused:
            if refused.status != 404:
                raise
            return []
        return self._read([raw], found)

    async def _orders(self, patience: float, found: Found, **query: str) -> list[OrderReport]:
        """Return all pages of orders, by when they were submitted."""
        rows: dict[str, Raw] = {}
        for _ in range(PAGES):
            options = {"limit": str(PAGE), "direction": "asc", "nested": "true"} | query
            page = objects(await self._rest.get(ORDERS, patience, **options))
            fresh = {raw["id"]: raw for raw in page if isinstance(raw.get("id"), str) and raw["id"] not in rows}
            rows |= fresh
            last = millis(page[-1].get("submitted_at")) if page else None
            if len(page) < PAGE or last is None:
                return self._read(rows.values(), found)
            if not fresh:
                break
            query["after"] = written(last - 1)  # others that were submitted with the last one may be on the next page
        raise _endless("orders")

    def _read(self, raws: Iterable[Raw], found: Found) -> list[OrderReport]:
        orders: list[OrderReport] = []
        for raw in raws:
            try:
                orders += self._told.orders(raw, found)
            except _UNREADABLE:
                self.bad += 1
        return orders

    async def _with_missing(self, orders: list[OrderReport], wanted: Set[str], patience: float) -> list[OrderReport]:
        """Return orders with those that were named and are not among them."""
        missing = wanted - {order.order for order in orders}
        for each in sorted(missing):
            orders = orders + await self.order(each, patience)
        return orders

    async def activities(
        self, after_ms: int, patience: float = math.inf, found: Found = "read", kinds: str = ""
    ) -> tuple[list[FillReport], list[ActivityReport]]:
        """Return all executions and all else that happened after then, oldest first. `kinds`: those of the venue."""
        fills, others = [], []
        query = {"after": written(after_ms), "direction": "asc", "page_size": str(ACTIVITY_PAGE)}
        if kinds:
            query["activity_types"] = kinds
        for _ in range(PAGES):
            page = objects(await self._rest.get(ACTIVITIES, patience, **query))
            for raw in page:
                try:
                    if raw.get("activity_type") == "FILL":
                        fills.append(self._told.fill_of_activity(raw, found))
                    else:
                        others.append(self._told.activity(raw, found))
                except _UNREADABLE:
                    self.bad += 1
            if len(page) < ACTIVITY_PAGE or not isinstance(page[-1].get("id"), str):
                return fills, others
            query["page_token"] = page[-1]["id"]
        raise _endless("activities")

    async def replayed(self, since_ms: int) -> list[FillReport]:
        """Return the executions among past trade events, busts and corrections too; none where they are not offered."""
        fills: list[FillReport] = []
        until = self._rest.venue_ms
        if not self.has_replay or since_ms >= until:
            return fills
        try:
            async with (
                asyncio.timeout(REPLAY_S),
                self._rest.stream(TRADES, REPLAY_S, since=written(since_ms), until=written(until)) as response,
            ):
                lines = SseLines()
                async for chunk in response.aiter_raw():
                    for kind, text in lines.feed(chunk):
                        if kind in ("loss", "broken"):
                            raise StreamDropped("the venue broke off its trade events")
                        if kind == "data":
                            fills += self._fills(text)
        except Refused as refused:
            if refused.kind in ("passing", "quota"):
                raise
            self.has_replay = False
        return fills

    def _fills(self, text: str) -> list[FillReport]:
        try:
            return self._told.fills(parse(text.encode()), "read")
        except (*_UNREADABLE, AttributeError):
            self.bad += 1
            return []


def _endless(what: str) -> StreamDropped:
    """Return the error that is better than a list without its end, which is what happened last."""
    return StreamDropped(f"the venue lists more than {PAGES} pages of {what}")


def joined(replayed: list[FillReport], listed: list[FillReport]) -> list[FillReport]:
    """Return executions once; what the trade events tell has their ids, and busts and corrections.

    That both ways name an execution alike is not promised by the venue: where they do not, one that is in both by its
    order, quantity and price is the same.
    """
    known, ids = {fill.id for fill in replayed}, {fill.id for fill in listed}
    unlisted = collections.Counter(_likeness(fill) for fill in replayed if fill.kind == "fill" and fill.id not in ids)
    only_listed = []
    for fill in listed:
        if fill.id in known:
            continue
        if unlisted[_likeness(fill)]:
            unlisted[_likeness(fill)] -= 1
        else:
            only_listed.append(fill)
    return replayed + only_listed


def _likeness(fill: FillReport) -> tuple[object, ...]:
    return fill.order, fill.symbol, fill.quantity, fill.price
