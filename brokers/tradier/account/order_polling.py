"""Looks at orders: the account stream says which changed, and nothing else of use, so they are read.

One that changed is read by itself, several at once as the list that they are in, and no more often than the rate limit
bears: what happens meanwhile is read together.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from brokers.adapter.error_mapping import StreamDropped, report, translate
from brokers.adapter.rate_limits import Pace
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Emit
from brokers.contract.reports import FillReport, OrderReport
from brokers.tradier.account.executions import Executions, is_priced, parts
from brokers.tradier.decoding import Raw, rows
from brokers.tradier.rest import TradierRest

logger = logging.getLogger(__name__)

PAGE = 1000
"""Orders in one answer; the venue takes up to 1500."""
BURST, SHARE = 6, 0.4
"""So many looks in a row, then no more than this share of what the venue lets be asked about accounts."""
TRIES, AGAIN_S = 6, 0.25
"""So often an order is read until its prices are there, after so many seconds, twice as many each time."""

Key = tuple[str, str]
"""An account and one of its orders."""
EVERY = ""
"""In the place of an order: all of its account."""


async def read_order(rest: TradierRest, account: str, order: str, *, patience: float = float("inf")) -> list[Raw]:
    """Return one order as the venue writes it."""
    return rows(await rest.get(f"/v1/accounts/{account}/orders/{order}", patience, includeTags="true"), "order")


async def read_orders(rest: TradierRest, account: str, patience: float = float("inf")) -> list[Raw]:
    """Return the orders of an account as the venue writes them: those of this session, and older ones that work."""
    found: list[Raw] = []
    last: list[Raw] = []
    page, pages = 1, 1
    while page <= pages:
        asked = {"includeTags": "true", "limit": str(PAGE), "page": str(page)}
        answer = await rest.get(f"/v1/accounts/{account}/orders", patience, **asked)
        last = another_page(rows(answer, "orders", "order"), last)
        found += last
        orders = answer.get("orders")
        told = orders.get("total_pages") if isinstance(orders, dict) else None
        page, pages = page + 1, told if isinstance(told, int) else pages
    return found


def another_page(page: list[Raw], last: list[Raw]) -> list[Raw]:
    """Return a page. Raises StreamDropped where it is the last one again: so it would go on for ever."""
    if page and page == last:
        raise StreamDropped("the venue lists more pages, and they are all the same")
    return page


def _numbers(raw: Raw) -> set[str]:
    return {str(each.get("id")) for each in (raw, *parts(raw))}


class Looks:
    """Reads the orders of one run that changed, and tells what is new of them. `moved` is called after each fill.

    The first time that it reads all of an account it learns how things stand: what changed before is for statements.
    """

    def __init__(self, rest: TradierRest, executions: Executions, emit: Emit, moved: Callable[[], None]) -> None:
        self.bad = 0
        """How many orders could not be read."""
        self._rest = rest
        self._executions = executions
        self._emit = emit
        self._moved = moved
        self._due: set[Key] = set()
        self._tries: dict[Key, int] = {}
        self._noted = asyncio.Event()
        self._pace = Pace(BURST)
        self._learned: set[str] = set()

    def note(self, account: str, order: str = EVERY) -> None:
        """An order of an account changed, or any of them may have."""
        self._due.add((account, order))
        self._noted.set()

    async def run(self) -> None:
        """Read what changed, for ever."""
        while True:
            await self._wait()
            for account in sorted({account for account, _ in self._due | self._tries.keys()}):
                await asyncio.sleep(self._pace.reserve(time.monotonic(), self._rest.every_s(SHARE)))
                due = {key for key in self._due | self._tries.keys() if key[0] == account}
                self._due -= due  # what changed while this look had to wait is read with it
                await self._poll(account, {order for _, order in due})

    async def _wait(self) -> None:
        """Wait until something changed, or until something is to be tried again."""
        patience = min((AGAIN_S * 2**tries for tries in self._tries.values()), default=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._noted.wait()
        self._noted.clear()

    async def _poll(self, account: str, orders: set[str]) -> None:
        """Look at orders of an account; again soon where the venue stumbles, or has no prices yet."""
        is_one = len(orders) == 1 and EVERY not in orders
        try:
            raws = await (read_order(self._rest, account, *orders) if is_one else read_orders(self._rest, account))
        except Exception as error:
            if not isinstance(lost := translate(error), LinkLost) or isinstance(lost, NotOwner):
                raise
            report(error)
            logger.info("orders of link %s could not be read: %s", self._executions.link, lost.reason)
            again = orders
        else:
            again = self._look_at_all(raws, account, orders)
            if not is_one:
                self._learned.add(account)
                orders |= {order for number, order in self._tries if number == account}
        for order in orders | again:
            self._again((account, order), is_due=order in again)

    def _look_at_all(self, raws: list[Raw], account: str, orders: set[str]) -> set[str]:
        """Tell what is new; of orders that nobody named only once it is known how they stood. Returns what lacks."""
        named = orders | {order for number, order in self._due if number == account}
        is_new = account not in self._learned
        return {
            str(raw.get("id"))
            for raw in raws
            if self._look_at(raw, account, is_quiet=is_new and named.isdisjoint(_numbers(raw)))
        }

    def _look_at(self, raw: Raw, account: str, *, is_quiet: bool) -> bool:
        """Tell what is new of an order. Returns whether it must be read again: a price is missing."""
        news = self._news(raw, account, is_quiet=is_quiet)
        if not is_quiet:
            for happening in news:
                self._emit(happening)
            if any(isinstance(happening, FillReport) for happening in news):
                self._moved()
        return not (is_quiet or is_priced(raw))

    def _news(self, raw: Raw, account: str, *, is_quiet: bool) -> list[OrderReport | FillReport]:
        try:
            return (self._executions.learn if is_quiet else self._executions.news)(raw, account)
        except (ValueError, TypeError, ArithmeticError) as error:
            self.bad += 1
            logger.warning("an unreadable order: %s", type(error).__name__)
            return []

    def _again(self, key: Key, *, is_due: bool) -> None:
        """Note whether to try an order again. Tries end: then its account is read, and a statement finds the rest."""
        tries = self._tries.pop(key, 0) + 1
        if is_due and tries < TRIES:
            self._tries[key] = tries
        elif is_due:
            self._moved()
