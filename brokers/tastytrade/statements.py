"""What the venue says when it is asked what happened: orders, their fills, bookings and positions of every account.

The list of today's orders has all that work and all that changed today; what is older is among all orders, which are
found by when they were taken: an old one that was filled meanwhile is found by its booking, one that ended without a
fill among all such ones, which is much to read and done once a day.
"""

import datetime
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from brokers.clock import now_ms
from brokers.contract import Statement
from brokers.events import Position
from brokers.freshness import NEW_YORK
from brokers.happenings import ENDED, Activity, Fill, Happening, Order
from brokers.tastytrade import holdings
from brokers.tastytrade.book import to_position
from brokers.tastytrade.bookings import Execution, executions, to_activity
from brokers.tastytrade.executions import identity, to_happenings
from brokers.tastytrade.session import Session

logger = logging.getLogger(__name__)

ORDERS_PAGE = 50
"""How many of a list come in one answer: the venue's own number."""
GOOD_TILL_CANCELED = datetime.timedelta(days=180)
"""No order works for longer, by far."""
ENDS_UNFILLED = ("Cancelled", "Expired", "Rejected", "Removed", "Partially Removed")

Raw = dict[str, Any]


class Statements:
    """Gives statements of one link."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._asked_for_old: dict[str, datetime.date] = {}

    async def read(self, session: Session, since: datetime.datetime) -> Statement:
        """Return what happened since then in every open account, and what they hold."""
        at, begin = now_ms(), int(since.timestamp() * 1000)
        numbers = tuple(account.number for account in await holdings.accounts(session) if not account.closed)
        told: list[Happening] = []
        positions: list[Position] = []
        for number in numbers:
            raws, bookings = await self._read_orders(session, number, since)
            fills: dict[Execution, str] = {}
            for raw in raws:
                told += _readable(functools.partial(to_happenings, raw, self._link, "read"))
                fills |= executions(raw)
            for raw in bookings:
                told += _readable(functools.partial(_booked, raw, self._link, fills))
            held = [to_position(raw, self._link, at, None) for raw in await holdings.read_positions(session, number)]
            positions += [position for position in held if position.quantity != 0]
        told.sort(key=lambda happening: happening.at)
        return Statement(
            accounts=numbers,
            since=begin,
            at=at,
            orders=tuple(each for each in told if isinstance(each, Order) and _is_due(each, begin)),
            fills=tuple(each for each in told if isinstance(each, Fill) and each.at >= begin),
            activities=tuple(each for each in told if isinstance(each, Activity) and each.at >= begin),
            positions=tuple(positions),
        )

    async def _read_orders(
        self, session: Session, number: str, since: datetime.datetime
    ) -> tuple[list[Raw], list[Raw]]:
        """Return the orders of an account that may have changed since then, and what was booked since then."""
        path, today = f"/accounts/{number}/orders", session.venue_time.astimezone(NEW_YORK).date()
        raws = {identity(raw, "id"): raw for raw in await session.items(f"{path}/live")}
        if since.astimezone(NEW_YORK).date() < today:
            found = await session.pages(path, ORDERS_PAGE, **{"start-at": holdings.iso(since)})
            raws = {identity(raw, "id"): raw for raw in found} | raws
            if self._asked_for_old.get(number) != today:
                old = {"start-at": holdings.iso(since - GOOD_TILL_CANCELED), "end-at": holdings.iso(since)}
                found = await session.pages(path, ORDERS_PAGE, **old, **{"status[]": list(ENDS_UNFILLED)})
                raws = {identity(raw, "id"): raw for raw in found} | raws
                self._asked_for_old[number] = today
        bookings = await holdings.read_bookings(session, number, since)
        for order in {order for raw in bookings if (order := identity(raw, "order-id")) is not None} - raws.keys():
            raws[order] = await session.get(f"{path}/{order}")
        return list(raws.values()), bookings


def _is_due(order: Order, begin: int) -> bool:
    return order.at >= begin or order.status not in ENDED


def _booked(raw: Raw, link: str, fills: Mapping[Execution, str]) -> list[Activity]:
    activity = to_activity(raw, link, "read", fills)
    return [] if activity is None else [activity]


def _readable(read: Callable[[], Sequence[Happening]]) -> Sequence[Happening]:
    """Return what an object tells. One that cannot be read takes no other along."""
    try:
        return read()
    except (ValueError, TypeError, ArithmeticError) as error:
        logger.warning("an unreadable object in a statement: %s", type(error).__name__)
        return []
