"""What the venue says when it is asked what happened: orders, their fills, bookings and positions of every account.

The list of today's orders has all that work and all that changed today; what is older is among all orders, which are
found by when they were taken: an old one that was filled meanwhile is found by its booking, one that ended without a
fill among all such ones, which is much to read and done once a day.
"""

import datetime
import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from brokers.contract.broker import Statement
from brokers.contract.events import Position
from brokers.contract.reports import ENDED, ActivityReport, FillReport, OrderReport, Report
from brokers.instruments.calendar import NEW_YORK
from brokers.tastytrade.account import sync
from brokers.tastytrade.account.executions import identity, to_happenings
from brokers.tastytrade.account.state import to_position
from brokers.tastytrade.account.transactions import Execution, executions, to_activity
from brokers.tastytrade.session import TastytradeSession
from lib.clock import now_ms

logger = logging.getLogger(__name__)

ORDERS_PAGE = 50
"""How many of a list come in one answer: the venue's own number."""
GOOD_TILL_CANCELED = datetime.timedelta(days=180)
"""No order works for longer, by far."""
AGAIN_S = 600.0
"""How soon old orders are read again on the same day, by whoever asks about the same time again."""
ENDS_UNFILLED = ("Cancelled", "Expired", "Rejected", "Removed", "Partially Removed")

Raw = dict[str, Any]


class TastytradeStatements:
    """Gives statements of one link."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._old: dict[str, _Old] = {}
        """The last reading of each account's orders that ended without a fill."""

    async def read(self, session: TastytradeSession, since: datetime.datetime) -> Statement:
        """Return what happened since then in every open account, and what they hold."""
        at, begin = now_ms(), int(since.timestamp() * 1000)
        numbers = tuple(account.number for account in await sync.accounts(session) if not account.closed)
        told: list[Report] = []
        positions: list[Position] = []
        read: dict[str, _Old] = {}
        for number in numbers:
            raws, bookings, old = await self._read_orders(session, number, since)
            read |= old
            fills: dict[Execution, str] = {}
            for raw in raws:
                told += _readable(functools.partial(to_happenings, raw, self._link, "read"))
                fills |= executions(raw)
            for raw in bookings:
                told += _readable(functools.partial(_booked, raw, self._link, fills))
            held = [to_position(raw, self._link, at, None) for raw in await sync.read_positions(session, number)]
            positions += [position for position in held if position.quantity != 0]
        self._old |= read  # only now: of a statement that is not given they are read again
        told.sort(key=lambda happening: happening.at)
        return Statement(
            accounts=numbers,
            since=begin,
            at=at,
            orders=tuple(each for each in told if isinstance(each, OrderReport) and _is_due(each, begin)),
            fills=tuple(each for each in told if isinstance(each, FillReport) and each.at >= begin),
            activities=tuple(each for each in told if isinstance(each, ActivityReport) and each.at >= begin),
            positions=tuple(positions),
        )

    async def _read_orders(
        self, session: TastytradeSession, number: str, since: datetime.datetime
    ) -> tuple[list[Raw], list[Raw], dict[str, "_Old"]]:
        """Return the orders of an account that may have changed since then, what was booked since then, and whether
        old orders were read.
        """
        path, today = f"/accounts/{number}/orders", session.venue_time.astimezone(NEW_YORK).date()
        raws = {identity(raw, "id"): raw for raw in await session.items(f"{path}/live")}
        read = {}
        if since.astimezone(NEW_YORK).date() < today:
            found = await session.pages(path, ORDERS_PAGE, **{"start-at": sync.iso(since)})
            raws = {identity(raw, "id"): raw for raw in found} | raws
            if self._is_old_due(number, today, since):
                old = {"start-at": sync.iso(since - GOOD_TILL_CANCELED), "end-at": sync.iso(since)}
                found = await session.pages(path, ORDERS_PAGE, **old, **{"status[]": list(ENDS_UNFILLED)})
                raws = {identity(raw, "id"): raw for raw in found} | raws
                read[number] = _Old(today, since, time.monotonic())
        bookings = await sync.read_bookings(session, number, since)
        for order in {order for raw in bookings if (order := identity(raw, "order-id")) is not None} - raws.keys():
            raws[order] = await session.get(f"{path}/{order}")
        return list(raws.values()), bookings, read

    def _is_old_due(self, number: str, today: datetime.date, since: datetime.datetime) -> bool:
        """Whether old orders are to be read: not yet today; or not since then, for what was told was not stored."""
        old = self._old.get(number)
        if old is None or old.day != today:
            return True
        return since <= old.since and time.monotonic() - old.read_at >= AGAIN_S


class _Old(msgspec.Struct, frozen=True):
    """A reading of orders that ended without a fill: on which day, since when, and in seconds of a monotonic clock."""

    day: datetime.date
    since: datetime.datetime
    read_at: float


def _is_due(order: OrderReport, begin: int) -> bool:
    return order.at >= begin or order.status not in ENDED


def _booked(raw: Raw, link: str, fills: Mapping[Execution, str]) -> list[ActivityReport]:
    activity = to_activity(raw, link, "read", fills)
    return [] if activity is None else [activity]


def _readable(read: Callable[[], Sequence[Report]]) -> Sequence[Report]:
    """Return what an object tells. One that cannot be read takes no other along."""
    try:
        return read()
    except (ValueError, TypeError, ArithmeticError) as error:
        logger.warning("an unreadable object in a statement: %s", type(error).__name__)
        return []
