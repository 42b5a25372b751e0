"""Trade events as server-sent events: all since the cursor, then what comes. The carrier that loses nothing."""

import asyncio
import time

import httpx2

from brokers.adapter.error_mapping import StreamDropped
from brokers.adapter.http import parse
from brokers.adapter.supervision import Up
from brokers.adapter.websocket import GARBAGE_MAX
from brokers.alpaca.account.executions import event_ms
from brokers.alpaca.account.reporter import ReportEmitter
from brokers.alpaca.account.statement import TRADES
from brokers.alpaca.errors import Crowded, Lossy, Mute, NotOffered
from brokers.alpaca.rest import AlpacaRest, Refused
from brokers.alpaca.sse import SseLines
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.alpaca.timestamps import written

CLOCK_MS = 1_000
"""The venue's clock is known to the second: what is told within one of the beginning counts as told when it happened.
"""
LATE_BEATS = 3
"""So many heartbeats missed mean that a stream is dead."""


class Beat:
    """How long a stream may be silent: three of its heartbeats once it was seen to have some. Seconds."""

    def __init__(self, limits: AlpacaTimeouts) -> None:
        self._limits = limits
        self._last: float | None = None
        self._longest = 0.0

    def on_heartbeat(self, now: float) -> None:
        """A heartbeat came."""
        if self._last is not None:
            self._longest = max(self._longest, now - self._last)
        self._last = now

    @property
    def patience_s(self) -> float:
        """How long it may be silent now."""
        if not self._longest:
            return self._limits.mute_s
        return min(self._limits.mute_s, max(self._limits.least_mute_s, LATE_BEATS * self._longest))


class Trades:
    """The event stream of one run. `last_received_at` is when anything last came in, on the monotonic clock."""

    name = "sse"

    def __init__(self, rest: AlpacaRest, teller: ReportEmitter, limits: AlpacaTimeouts) -> None:
        self.last_received_at = 0.0
        self.bad = 0
        self._rest = rest
        self._teller = teller
        self._limits = limits
        self._garbage = 0

    async def run(self, up: Up) -> None:
        """Tell what happened since the cursor and what happens. Raises what the stream ends with."""
        since_ms = self._teller.since_ms(self._limits.overlap_s)
        query = {} if since_ms is None else {"since": written(since_ms)}
        try:
            async with self._rest.stream(TRADES, self._limits.answer_s, **query) as response:
                self.last_received_at, self._garbage = time.monotonic(), 0
                began_ms = self._rest.venue_ms - CLOCK_MS
                self._teller.start(began_ms)
                up()
                await self._read(response, began_ms)
        except Refused as refused:
            raise await self._meaning(refused) from None

    async def _meaning(self, refused: Refused) -> Exception:
        """Return what a refusal of the stream means. Raises CredentialsRejected where it is the key that is refused."""
        if refused.kind == "quota":
            return Crowded("too many event streams are open")
        if refused.kind == "passing":
            return refused
        await self._rest.confirm()
        return NotOffered(f"the event stream is not offered (HTTP {refused.status})")

    async def _read(self, response: httpx2.Response, began_ms: int) -> None:
        lines, beat, chunks = SseLines(), Beat(self._limits), response.aiter_raw()
        while True:
            try:
                async with asyncio.timeout(beat.patience_s):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                raise StreamDropped("the venue ended the event stream") from None
            except TimeoutError:
                raise Mute(f"the event stream was silent for {beat.patience_s:.0f} s") from None
            self.last_received_at = time.monotonic()
            for kind, text in lines.feed(chunk):
                if kind == "loss":
                    raise Lossy("the venue dropped trade events: they are asked for again")
                if kind == "broken":
                    raise StreamDropped("the venue broke off the event stream")
                if kind == "alive":
                    beat.on_heartbeat(self.last_received_at)
                else:
                    self._receive(text, began_ms)
            self.bad, lines.bad = self.bad + lines.bad, 0

    def _receive(self, text: str, began_ms: int) -> None:
        try:
            raw = parse(text.encode())
        except ValueError:
            raw = None
        if not isinstance(raw, dict):
            self.bad, self._garbage = self.bad + 1, self._garbage + 1
            if self._garbage > GARBAGE_MAX:
                raise StreamDropped(f"{self._garbage} unreadable events in a row")
            return
        self._garbage = 0
        at = event_ms(raw)
        self._teller.event(raw, "read" if at is not None and at < began_ms else "stream")
