"""One request for the past of a series: a DXLink channel that is opened for it, heard out and closed again."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import websockets.exceptions

from brokers.adapter.candle_slot import Bars
from brokers.contract.broker import Series
from brokers.tastytrade.errors import StreamDropped
from brokers.tastytrade.market_data.candles import CandleHistory
from brokers.tastytrade.market_data.rows import FIELDS, LAYOUTS, Layout, Row, compact, full

ANSWER_S = 15.0
"""How long the venue may be silent on the channel before the request is given up."""
PERIOD_S = 0.1
HANG_UP_S = 1.0


class Sender(Protocol):
    """The sending half of a wire."""

    async def send_json(self, message: Any) -> None:
        """Send one message."""


class CandleRequest:
    """The request for the candles DXLink calls `symbol`, on channel `number`. `hear` takes what comes on it."""

    def __init__(self, wire: Sender, number: int, series: Series, symbol: str) -> None:
        self.bad = 0
        """How many rows could not be read."""
        self._wire = wire
        self._number = number
        self._symbol = symbol
        self._history = CandleHistory(series)
        self._layout = LAYOUTS["Candle"]
        self._is_open = False
        self._failure: str | None = None
        self._heard = asyncio.Event()

    async def candles(self, start: int) -> Bars:
        """Return the candles from `start` (ms) on.

        Raises TimeoutError when the venue falls silent before they are there, StreamDropped when the channel ends.
        However it ends, the channel is closed: the venue would go on sending what changes.
        """
        await self._send("CHANNEL_REQUEST", service="FEED", parameters={"contract": "HISTORY"})
        try:
            await self._until(lambda: self._is_open)
            fields = {"Candle": FIELDS["Candle"]}
            await self._send(
                "FEED_SETUP", acceptAggregationPeriod=PERIOD_S, acceptDataFormat="COMPACT", acceptEventFields=fields
            )
            await self._send("FEED_SUBSCRIPTION", add=[{"symbol": self._symbol, "type": "Candle", "fromTime": start}])
            await self._until(lambda: self._history.bars is not None)
            return self._history.bars or {}
        finally:
            if self._failure is None:
                await self._hang_up()

    async def _hang_up(self) -> None:
        """Close the channel. A connection that cannot take that any more ends by itself, and the channel with it."""
        with contextlib.suppress(TimeoutError, websockets.exceptions.ConnectionClosed):
            async with asyncio.timeout(HANG_UP_S):
                await self._send("CHANNEL_CANCEL")

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._wire.send_json({"type": kind, "channel": self._number, **fields})

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            if self._failure is not None:
                raise StreamDropped(self._failure)
            self._heard.clear()
            async with asyncio.timeout(ANSWER_S):
                await self._heard.wait()

    def fail(self, reason: str) -> None:
        """End the request: nothing more will come."""
        self._failure = reason
        self._heard.set()

    def handle_message(self, message: dict[str, Any], delayed: bool) -> None:
        """Take one message of this channel. Raises KeyError, TypeError or ValueError when it makes no sense."""
        kind = message["type"]
        if kind == "CHANNEL_OPENED":
            self._is_open = True
        elif kind == "FEED_CONFIG" and (fields := (message.get("eventFields") or {}).get("Candle")):
            self._layout = Layout("Candle", fields)
        elif kind == "FEED_DATA":
            self._read(message["data"], delayed)
        elif kind == "ERROR":
            self.fail(f"the venue refuses candles of {self._symbol}: {str(message.get('error'))[:40]}")
        elif kind == "CHANNEL_CLOSED":
            self.fail("the venue closed the channel of a request")
        self._heard.set()

    def _read(self, data: list[Any], delayed: bool) -> None:
        at = time.time_ns() // 1_000_000
        for row in self._rows(data):
            try:
                self._history.apply(row, at, delayed)
            except (TypeError, ValueError, ArithmeticError):
                self.bad += 1

    def _rows(self, data: list[Any]) -> Iterator[Row]:
        for columns, lost in self._columns(data):
            self.bad += lost
            for row in zip(*columns, strict=True):
                if row[0] == self._symbol:
                    yield row

    def _columns(self, data: list[Any]) -> Iterator[tuple[list[list[Any]], int]]:
        if not data or isinstance(data[0], dict):
            yield from ((columns, lost) for _, columns, lost in full(data))
            return
        for kind, values in zip(data[::2], data[1::2], strict=False):
            if kind == "Candle" and isinstance(values, list):
                yield compact(values, self._layout, (self._symbol,))
