"""The accounts of one link: subscribe, wait for the acknowledgement, read over REST, then apply what comes.

The account stream brings no first state and no replay, so every connection begins with a reading, and one follows
every half minute: it finds what was missed, and confirms what has not changed.
"""

import asyncio
import datetime
import time
from collections.abc import Sequence
from typing import Any

from brokers.adapter.seen_reports import SeenReports
from brokers.adapter.supervision import Up
from brokers.contract.broker import AccountIdentity
from brokers.contract.errors import LinkLost
from brokers.contract.events import Balance, Emit, Position
from brokers.tastytrade.account.executions import to_happenings
from brokers.tastytrade.account.state import TastytradeAccountState, to_balance, to_position
from brokers.tastytrade.account.stream import TastytradeAccountStream
from brokers.tastytrade.account.transactions import Bookings
from brokers.tastytrade.errors import run_isolated, translate
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import TastytradeTimeouts
from lib import backoff
from lib.clock import now_ms

SETTLE_S = 1.0
"""After a fill the whole account is read again, once this long has passed: several fills cost one reading."""
TRIES = 4
BOOKINGS_PAGE = 250
"""How many bookings come in one answer: the venue's own number."""
BOOKED = datetime.timedelta(hours=1)
"""How far back bookings are looked at: none is made much later than what it is of, but for what statements find."""
RECHECK_S = 600.0
"""How often a person without open accounts is looked at again."""


async def accounts(session: TastytradeSession) -> list[AccountIdentity]:
    """Return the accounts of these credentials, closed ones too."""
    found = []
    for item in await session.items("/customers/me/accounts"):
        account = item.get("account")
        if not isinstance(account, dict) or not isinstance(account.get("account-number"), str):
            continue
        found.append(
            AccountIdentity(
                number=account["account-number"],
                nickname=_text(account, "nickname"),
                kind=_text(account, "account-type-name"),
                authority=_text(item, "authority-level"),
                closed=account.get("is-closed") is True,
            )
        )
    return found


def _text(raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    return value if isinstance(value, str) else None


async def read_balance(session: TastytradeSession, account: str) -> dict[str, Any]:
    """Return an account's balances as the venue writes them."""
    raw = await session.get(f"/accounts/{account}/balances/USD")
    return raw | {"account-number": account}


async def read_positions(session: TastytradeSession, account: str) -> list[dict[str, Any]]:
    """Return an account's open positions, with the venue's marks, as the venue writes them."""
    items = await session.items(f"/accounts/{account}/positions", **{"include-marks": True})
    return [item | {"account-number": account} for item in items]


async def read_bookings(session: TastytradeSession, account: str, since: datetime.datetime) -> list[dict[str, Any]]:
    """Return what was booked in an account since then, as the venue writes it."""
    path = f"/accounts/{account}/transactions"
    items = await session.pages(path, BOOKINGS_PAGE, **{"start-at": iso(since)})
    return [item | {"account-number": account} for item in items]


def iso(moment: datetime.datetime) -> str:
    """Write a time as the venue reads it."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def all_balances(session: TastytradeSession, link: str) -> list[Balance]:
    """Return the money of every open account."""
    numbers = [account.number for account in await accounts(session) if not account.closed]
    raws = [await read_balance(session, number) for number in numbers]
    return [to_balance(raw, link, now_ms()) for raw in raws]


async def all_positions(session: TastytradeSession, link: str) -> list[Position]:
    """Return every open position of every open account."""
    numbers = [account.number for account in await accounts(session) if not account.closed]
    raws = [raw for number in numbers for raw in await read_positions(session, number)]
    told = [to_position(raw, link, now_ms(), None) for raw in raws]
    return [position for position in told if position.quantity != 0]


class TastytradeAccountSync:
    """Keeps the balances and positions of one run current."""

    def __init__(
        self, session: TastytradeSession, book: TastytradeAccountState, emit: Emit, limits: TastytradeTimeouts
    ) -> None:
        self.current: TastytradeAccountStream | None = None
        self._session = session
        self._book = book
        self._emit = emit
        self._limits = limits
        self._bad = 0
        self._numbers: list[str] = []
        self._again = asyncio.Event()
        self._told = SeenReports()
        self._bookings = Bookings(book.link)

    @property
    def bad(self) -> int:
        """How many messages and objects could not be read."""
        return self._bad + self._book.bad + self._bookings.bad + (self.current.bad if self.current else 0)

    async def run(self, up: Up) -> None:
        """Hold the account stream until it breaks; call `up` once everything was read."""
        self._numbers = [account.number for account in await accounts(self._session) if not account.closed]
        if not self._numbers:
            up()
            await asyncio.sleep(RECHECK_S)
            return
        async with TastytradeAccountStream(self._session, self._notify, self._limits) as stream:
            try:
                self.current = stream
                await stream.connect(self._numbers)
                await self._reconcile(self._numbers)
                up()
                while True:
                    await self._due()
                    await self._reconcile_in_time()
            finally:
                self._bad, self.current = self._bad + stream.bad, None

    async def _due(self) -> None:
        """Wait until the next reading is due, or something asks for one."""
        try:
            async with asyncio.timeout(self._limits.reconcile_s):
                await self._again.wait()
        except TimeoutError:
            return
        await asyncio.sleep(SETTLE_S)

    async def _reconcile_in_time(self) -> None:
        """Read everything; a venue that stumbles is asked again before the link is given up."""
        for tries, wait in enumerate(backoff.delays(1.0, 10.0), start=1):
            try:
                await run_isolated(self._reconcile(self._numbers))
                return
            except Exception as error:
                if tries == TRIES or not isinstance(translate(error), LinkLost):
                    raise
            await asyncio.sleep(wait)

    async def _reconcile(self, numbers: Sequence[str]) -> None:
        self._again.clear()
        async with asyncio.TaskGroup() as tasks:
            for number in numbers:
                tasks.create_task(self._read_balance(number))
                tasks.create_task(self._read_positions(number))
                tasks.create_task(self._read_bookings(number))

    async def _read_balance(self, number: str) -> None:
        asked = time.monotonic()
        raw = await read_balance(self._session, number)
        balance = self._book.balance(raw, now_ms(), time.monotonic(), asked)
        if balance is not None:
            self._emit(balance)

    async def _read_positions(self, number: str) -> None:
        asked = time.monotonic()
        raws = await read_positions(self._session, number)
        for position in self._book.positions(number, raws, now_ms(), time.monotonic(), asked):
            self._emit(position)

    async def _read_bookings(self, number: str) -> None:
        raws = await read_bookings(self._session, number, self._session.venue_time - BOOKED)
        for activity in self._bookings.news(number, raws):
            self._emit(activity)

    def _notify(self, kind: str, raw: dict[str, Any]) -> None:
        """Take one notification. What it leaves open is read again soon."""
        if raw.get("account-number") not in self._numbers:
            return
        if kind == "Order":
            self._bookings.note(raw)
            for happening in filter(self._told.is_news, to_happenings(raw, self._book.link, "stream")):
                self._emit(happening)
            return
        event: Balance | Position | None = None
        if kind == "AccountBalance":
            event = self._book.balance(raw, now_ms(), time.monotonic())
            again = event is not None and None in (event.balance, event.cash, event.buying_power)
        elif kind == "CurrentPosition":
            again = self._book.changes_quantity(raw)
            event = self._book.position(raw, now_ms(), time.monotonic())
        else:
            return
        if event is not None:
            self._emit(event)
        if again:
            self._again.set()
