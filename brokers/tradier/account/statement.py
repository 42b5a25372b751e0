"""What the venue says when it is asked what happened: orders, their fills, what was booked, and positions.

Asking is cheap: two requests for each account, for the rate limit is of everything that reads accounts. The accounts
themselves, and what clearing writes overnight, are asked for much less often.
"""

import datetime
import itertools
import logging
import time
from collections.abc import Collection

from brokers.adapter.error_mapping import VenueRefused
from brokers.contract.broker import OrderKey, Statement
from brokers.contract.events import Position
from brokers.contract.reports import ActivityReport, FillReport, OrderReport
from brokers.tradier.account import sync
from brokers.tradier.account.executions import Executions, parts
from brokers.tradier.account.order_polling import another_page, read_order, read_orders
from brokers.tradier.account.state import to_position
from brokers.tradier.account.transactions import to_activities
from brokers.tradier.decoding import Raw, rows
from brokers.tradier.rest import TradierRest
from lib.clock import now_ms

logger = logging.getLogger(__name__)

PATIENCE_S = 30.0
"""How long a request of a statement may have to wait for the venue's rate limit."""
ACCOUNTS_S = 600.0
HISTORY_S = 3_600.0
HISTORY = datetime.timedelta(days=5)
"""A booking may come some days after its day."""
DEEP = datetime.timedelta(days=1)
FORGET_MS = 4 * 86_400_000
"""So long after its last fill an order that the venue does not show any more is over for certain."""
PAGE = 1000
MOST_ASKED = 30
"""So many orders that the list leaves out are asked for by themselves in one statement; the rest in those after it."""
NOT_FOUND = 404


class TradierStatements:
    """Gives statements of one link. `has_history`: the sandbox has none."""

    def __init__(self, executions: Executions, *, has_history: bool) -> None:
        self._executions = executions
        self._has_history = has_history
        self._numbers: tuple[str, ...] = ()
        self._numbers_at = self._history_at = float("-inf")

    async def read(self, rest: TradierRest, since: datetime.datetime, orders: Collection[OrderKey] = ()) -> Statement:
        """Return what happened since then in every open account, how `orders` stand, and what is held."""
        at, begin = now_ms(), int(since.timestamp() * 1000)
        numbers = await self._accounts(rest)
        told: list[OrderReport | FillReport] = []
        shown: list[Raw] = []
        positions: list[Position] = []
        for number in numbers:
            for raw in await read_orders(rest, number, PATIENCE_S):
                shown.append(raw)
                told += self._state(raw, number, begin)
            for held in await sync.read_positions(rest, number, PATIENCE_S):
                positions.append(to_position(held, number, self._executions.link, None, at))
        listed = {str(order.get("id")) for raw in shown for order in parts(raw)}
        for number, order in [key for key in orders if key[0] in numbers and key[1] not in listed][:MOST_ASKED]:
            for raw in await _read_unlisted(rest, number, order):
                told += self._state(raw, number, begin)
        self._executions.retire(shown, at - FORGET_MS)
        told.sort(key=lambda happening: happening.at)
        return Statement(
            accounts=numbers,
            since=begin,
            at=at,
            orders=tuple(each for each in told if isinstance(each, OrderReport)),
            fills=tuple(each for each in told if isinstance(each, FillReport)),
            activities=tuple(await self._history(rest, numbers, since)),
            positions=tuple(position for position in positions if position.quantity != 0),
        )

    def _state(self, raw: Raw, number: str, begin: int) -> list[OrderReport | FillReport]:
        """Return what an order tells. One that cannot be read takes no other along."""
        try:
            return self._executions.state(raw, number, begin)
        except (ValueError, TypeError, ArithmeticError) as error:
            logger.warning("an unreadable order in a statement: %s", type(error).__name__)
            return []

    async def _accounts(self, rest: TradierRest) -> tuple[str, ...]:
        now = time.monotonic()
        if now - self._numbers_at >= ACCOUNTS_S:
            found = await sync.accounts(rest, PATIENCE_S)
            self._numbers = tuple(account.number for account in found if not account.closed)
            self._numbers_at = now
        return self._numbers

    async def _history(
        self, rest: TradierRest, numbers: tuple[str, ...], since: datetime.datetime
    ) -> list[ActivityReport]:
        """Return what was booked, of whole days, some days before `since` too.

        Nothing where that was asked about a short time ago, unless somebody wants to know of more than a day.
        """
        now, is_deep = time.monotonic(), datetime.datetime.now(datetime.UTC) - since >= DEEP
        if not self._has_history or (now - self._history_at < HISTORY_S and not is_deep):
            return []
        found: list[ActivityReport] = []
        for number in numbers:
            found += to_activities(await _read_history(rest, number, since - HISTORY), number, self._executions.link)
        self._history_at = now
        return found


async def _read_unlisted(rest: TradierRest, number: str, order: str) -> list[Raw]:
    """Return an order of a former session; nothing where the venue knows it no more."""
    try:
        return await read_order(rest, number, order, patience=PATIENCE_S)
    except VenueRefused as refused:
        if refused.status != NOT_FOUND:
            raise
        return []


async def _read_history(rest: TradierRest, number: str, since: datetime.datetime) -> list[Raw]:
    found: list[Raw] = []
    last: list[Raw] = []
    for page in itertools.count(1):
        asked = {"start": f"{since:%Y-%m-%d}", "limit": str(PAGE), "page": str(page)}
        answer = await rest.get(f"/v1/accounts/{number}/history", PATIENCE_S, **asked)
        last = another_page(rows(answer, "history", "event"), last)
        found += last
        if len(last) < PAGE:
            break
    return found
