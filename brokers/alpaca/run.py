"""One run of one link: its trade events, by the best carrier there is, and its money and positions."""

import asyncio
import time
from collections.abc import Callable, Mapping

from msgspec import UNSET

from brokers.adapter.supervision import Liveness, StreamGroup, Up
from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.fallback import Candidate, FallbackChain
from brokers.alpaca.account.polling import Catching, Polling
from brokers.alpaca.account.reporter import Memory, ReportEmitter
from brokers.alpaca.account.sse_stream import Trades
from brokers.alpaca.account.state import AlpacaAccountState, to_identity
from brokers.alpaca.account.statement import AccountHistory
from brokers.alpaca.account.sync import AlpacaAccountSync
from brokers.alpaca.account.websocket_stream import Updates
from brokers.alpaca.decoding import text
from brokers.alpaca.rest import ACCOUNT, AlpacaRest
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.events import Emit, Link
from lib.clock import now_ms

NO_PRICES = "orders and accounts only: prices come by other links"


class AlpacaRun:
    """One life of a link's streams. `secrets` are the key's id and its secret, for the socket."""

    def __init__(
        self,
        rest: AlpacaRest,
        socket_url: str,
        secrets: tuple[str, str],
        book: AlpacaAccountState,
        memory: Memory,
        emit: Emit,
        cursors: Mapping[str, str],
        limits: AlpacaTimeouts,
    ) -> None:
        self._rest = rest
        self._socket_url = socket_url
        self._secrets: Callable[[], tuple[str, str]] = lambda: secrets
        self._book = book
        self._memory = memory
        self._emit = emit
        self._cursors = cursors
        self._limits = limits
        self._up: Up | None = None

    async def go(self) -> None:
        """Stream until cancelled or broken."""
        account = await self._rest.get(ACCOUNT)
        number = to_identity(account).number
        told = SeenExecutions(self._book.link, number)
        self._reading = AccountHistory(self._rest, told)
        self._holdings = AlpacaAccountSync(self._rest, self._reading, self._book, number, self._emit, self._limits)
        self._teller = ReportEmitter(
            told,
            text(account.get("id")),
            self._book,
            self._memory,
            self._emit,
            self._cursors,
            self._holdings.filled,
            lambda: self._rest.venue_ms,
        )
        self._ladder = self._carriers()
        halves = StreamGroup(self._book.link, self._emit, ("events", "accounts"), self._liveness)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(halves.maintain("events", self._events))
            tasks.create_task(halves.maintain("accounts", self._holdings.run))
            tasks.create_task(self._holdings.keep_activities(self._teller))
            tasks.create_task(halves.tell_life(self._limits.tick_s))
            tasks.create_task(halves.tell_waits(self._limits.tick_s, lambda: self._rest.waiting_s))

    def _carriers(self) -> FallbackChain:
        catching = Catching(self._rest, self._reading, self._teller, self._limits)
        trades = Trades(self._rest, self._teller, self._limits)
        updates = Updates(self._socket_url, self._secrets(), self._rest, self._teller, catching, self._limits)
        return FallbackChain(
            (trades, updates, Polling(self._rest, catching, self._limits)), self._limits, self._carried
        )

    async def _events(self, up: Up) -> None:
        self._up = up
        try:
            await self._ladder.run()
        finally:
            self._up = None

    def _carried(self, rung: Candidate | None) -> None:
        """Another carrier carries, or none."""
        if self._up is None:
            return
        link = self._book.link
        if rung is None:
            best = self._ladder.rungs[0]
            wait = max(0.0, best.due - time.monotonic())
            self._emit(Link(link=link, state="waiting", reason=best.why or None, retry_at=now_ms() + int(wait * 1000)))
            return
        self._up()

    def _liveness(self) -> Liveness:
        bad = self._reading.bad + self._teller.bad + self._book.bad + self._ladder.bad
        lacking = f"{NO_PRICES}; {poorer}" if (poorer := self._ladder.lacking) else NO_PRICES
        rung = self._ladder.current
        carrier = rung.carrier.name if rung else UNSET
        return Liveness(
            feed=None, account=self._ladder.last_received_at or None, carrier=carrier, bad=bad, lacking=lacking
        )
