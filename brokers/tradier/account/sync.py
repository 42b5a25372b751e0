"""The accounts of one link: read over REST again and again, and at once when the account stream tells of a fill.

The stream has neither symbols nor prices, no first state and no replay: it says when to read, REST says what is true.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Iterable

from brokers.adapter.error_mapping import iter_leaves, report, run_isolated, translate
from brokers.adapter.rate_limits import LOW_PRIORITY, Pace
from brokers.adapter.supervision import Up
from brokers.contract.broker import AccountIdentity, Endpoints
from brokers.contract.errors import LinkLost, NotOwner
from brokers.contract.events import Balance, Emit, Position
from brokers.tradier.account.executions import Executions
from brokers.tradier.account.order_polling import Looks
from brokers.tradier.account.state import Notice, TradierAccountState, TradierMark, to_accounts, to_balance, to_mark
from brokers.tradier.account.stream import TradierAccountStream, account_stream
from brokers.tradier.decoding import Raw, rows
from brokers.tradier.errors import TooManySessions
from brokers.tradier.market_data.rest_quotes import AT_ONCE, QUOTES
from brokers.tradier.rate_limits import stream_turn
from brokers.tradier.rest import TradierRest, joined
from brokers.tradier.stream_sessions import MOST_PATIENT, TradierStreamSessions
from brokers.tradier.timeouts import TradierTimeouts
from lib import backoff
from lib.clock import now_ms

logger = logging.getLogger(__name__)

TRIES = 4
BURST = 4
"""So many requests about money and positions in a row, then no more than their share of the rate limit."""
RECHECK_S = 600.0
"""How often a person without open accounts is looked at again."""
STEADY_S = 60.0


async def accounts(rest: TradierRest, patience: float = float("inf")) -> list[AccountIdentity]:
    """Return the accounts of a token, closed ones too."""
    return to_accounts(await rest.get("/v1/user/profile", patience))


async def read_balance(
    rest: TradierRest, account: str, link: str, patience: float = float("inf"), share: float = 1.0
) -> Balance:
    """Return an account's money."""
    return to_balance(await rest.read(f"/v1/accounts/{account}/balances", patience, share), account, link, now_ms())


async def read_positions(
    rest: TradierRest, account: str, patience: float = float("inf"), share: float = 1.0
) -> list[Raw]:
    """Return an account's positions as the venue writes them."""
    return rows(await rest.read(f"/v1/accounts/{account}/positions", patience, share), "positions", "position")


async def read_marks(
    rest: TradierRest, symbols: Collection[str], patience: float = float("inf")
) -> dict[str, TradierMark]:
    """Return what these symbols are worth, by the venue's names of them."""
    ordered = sorted(symbols)
    marks: dict[str, TradierMark] = {}
    for start in range(0, len(ordered), AT_ONCE):
        form = {"symbols": ",".join(ordered[start : start + AT_ONCE]), "greeks": "false"}
        answer = await rest.query(QUOTES, form, patience)
        marks |= {name: to_mark(row) for name, row in joined(rows(answer, "quotes", "quote"), "symbol").items()}
    return marks


def symbols_of(raws: Iterable[Raw]) -> set[str]:
    """Return the symbols of positions."""
    return {raw["symbol"] for raw in raws if isinstance(raw.get("symbol"), str)}


async def all_balances(rest: TradierRest, link: str, patience: float) -> list[Balance]:
    """Return the money of every open account."""
    numbers = [account.number for account in await accounts(rest, patience) if not account.closed]
    return [await read_balance(rest, number, link, patience) for number in numbers]


async def all_positions(trading: TradierRest, data: TradierRest, link: str, patience: float) -> list[Position]:
    """Return every open position of every open account."""
    numbers = [account.number for account in await accounts(trading, patience) if not account.closed]
    raws = {number: await read_positions(trading, number, patience) for number in numbers}
    marks = await read_marks(data, symbols_of(raw for each in raws.values() for raw in each), patience)
    return [
        event
        for number in numbers
        for event in TradierAccountState(link).positions(number, raws[number], marks, now_ms())
    ]


class TradierAccountSync:
    """Keeps the balances and positions of one run current. `last_received_at` is the last word of an account."""

    def __init__(
        self,
        trading: TradierRest,
        data: TradierRest,
        sessions: TradierStreamSessions,
        endpoints: Endpoints,
        book: TradierAccountState,
        executions: Executions,
        emit: Emit,
        limits: TradierTimeouts,
    ) -> None:
        self.current: TradierAccountStream | None = None
        self.read_at = 0.0
        """When accounts were last read, on the monotonic clock."""
        self._trading = trading
        self._data = data
        self._sessions = sessions
        self._endpoints = endpoints
        self._book = book
        self._emit = emit
        self._limits = limits
        self._bad = 0
        self._numbers: list[str] = []
        self._again = asyncio.Event()
        self._looks = Looks(trading, executions, emit, self._again.set)
        self._pace = Pace(BURST)

    @property
    def bad(self) -> int:
        """How many messages and objects could not be read."""
        return self._bad + self._book.bad + self._looks.bad + (self.current.bad if self.current else 0)

    @property
    def last_received_at(self) -> float:
        """The last proof of life, on the monotonic clock."""
        return max(self.read_at, self.current.last_received_at if self.current else 0.0)

    async def run(self, up: Up) -> None:
        """Keep everything current until that breaks; call `up` once everything was read."""
        self._numbers = [account.number for account in await accounts(self._trading) if not account.closed]
        if not self._numbers:
            self.read_at = time.monotonic()
            up()
            await asyncio.sleep(RECHECK_S)
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_stream())
            tasks.create_task(self._looks.run())
            await self._read(is_whole=True, share=1.0)
            up()
            whole_at = time.monotonic()
            while True:
                await self._due()
                is_whole = self._again.is_set() or self.current is None
                is_whole = is_whole or time.monotonic() - whole_at >= self._limits.reconcile_s
                if self.current is None:
                    self._look_at_all()
                if self._again.is_set():
                    await self._settle()
                whole_at = time.monotonic() if is_whole else whole_at
                await self._read_in_time(is_whole)

    async def _due(self) -> None:
        """Wait until the next reading is due, or something asks for one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.poll_s):
                await self._again.wait()

    async def _settle(self) -> None:
        """After fills: let others come."""
        await asyncio.sleep(self._limits.settle_s)
        self._again.clear()

    def _look_at_all(self) -> None:
        """Have every order read: one may have changed without a word."""
        for number in self._numbers:
            self._looks.note(number)

    async def _read_in_time(self, is_whole: bool) -> None:
        """Read; a venue that stumbles is asked again before the link is given up."""
        for tries, wait in enumerate(backoff.delays(1.0, 10.0), start=1):
            try:
                await self._read(is_whole)
                return
            except Exception as error:
                if tries == TRIES or not isinstance(translate(error), LinkLost) or isinstance(error, NotOwner):
                    raise
            await asyncio.sleep(wait)

    async def _read(self, is_whole: bool, share: float = LOW_PRIORITY) -> None:
        """Read all balances, and where `is_whole` all positions with their marks: what else is asked goes first."""
        every_s, rest = self._trading.every_s(self._limits.share), self._trading
        await asyncio.sleep(self._pace.reserve(time.monotonic(), every_s, len(self._numbers) * (1 + is_whole)))
        for number in self._numbers:
            self._emit(await read_balance(rest, number, self._book.link, share=share))
        if is_whole:
            raws = {number: await read_positions(rest, number, share=share) for number in self._numbers}
            symbols = symbols_of(raw for each in raws.values() for raw in each)
            marks = await read_marks(self._data, symbols)
            for number in self._numbers:
                for position in self._book.positions(number, raws[number], marks, now_ms()):
                    self._emit(position)
        self.read_at = time.monotonic()

    async def _keep_stream(self) -> None:
        """Hold the account stream, and try again and again where it cannot be had: reading goes on without it."""
        waits = backoff.delays(self._limits.events_s, MOST_PATIENT * self._limits.events_s)
        while True:
            await asyncio.sleep(self._sessions.crowded_s)
            began = time.monotonic()
            try:
                await run_isolated(self._stream())
            except Exception as error:
                if not isinstance(lost := translate(error), LinkLost) or isinstance(lost, NotOwner):
                    raise
                report(error)
                if any(isinstance(leaf, TooManySessions) for leaf in iter_leaves(error)):
                    self._sessions.note_crowd(self._limits.too_many_s)
                logger.info("link %s: no account stream (%s): accounts are polled", self._book.link, lost.reason)
            if time.monotonic() - began >= STEADY_S:
                waits = backoff.delays(self._limits.events_s, MOST_PATIENT * self._limits.events_s)
                self._sessions.note_stream()
            await asyncio.sleep(next(waits))

    async def _stream(self) -> None:
        guard, answer_s = self._trading.guard, self._limits.answer_s
        async with stream_turn(self._trading.key, "account"):
            url = self._endpoints.account_stream
            async with account_stream(url, self._sessions, guard, answer_s) as stream:
                try:
                    self.current = stream
                    self._again.set()  # what happened until now was not told
                    self._look_at_all()
                    await stream.read(self._notify)
                finally:
                    self._bad, self.current = self._bad + stream.bad, None

    def _notify(self, notice: Notice) -> None:
        """Have an order read that changed; and its account, if something was filled then as soon as it is told."""
        if notice.account not in self._numbers:
            return
        self._looks.note(notice.account, str(notice.order))
        if not notice.is_filled:
            self._again.set()
