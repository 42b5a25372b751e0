"""One DXLink connection: the SDK's `DXLinkStreamer` on our own wire, its rows handed straight to the tape.

The SDK keeps the protocol (set-up, authorisation, channels, keepalive). Ours are the socket, the choice of fields,
the reading of rows, and an answer to each thing after which the SDK would loop, hang or go deaf.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Set
from typing import Any, Self

import anyio
from tastytrade import DXLinkStreamer, dxfeed

from brokers.adapter.candle_slot import Bars
from brokers.adapter.websocket import HANDSHAKE_S
from brokers.contract.broker import Demand, Series
from brokers.tastytrade.errors import StreamDropped
from brokers.tastytrade.market_data.candle_request import CandleRequest
from brokers.tastytrade.market_data.candles import Transactions, candle_symbol
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.quote_token import TOKEN_S, is_delayed, token_lifetime
from brokers.tastytrade.market_data.rows import FIELDS, LAYOUTS, Layout, compact, full
from brokers.tastytrade.market_data.subscriptions import PERIODS, Name, candle_targets, portions, targets
from brokers.tastytrade.market_data.symbols import PULSE
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.websocket import DirectConnection, TastytradeWire, opened

logger = logging.getLogger(__name__)

KINDS: dict[str, type[dxfeed.Event]] = {
    "Quote": dxfeed.Quote,
    "Trade": dxfeed.Trade,
    "Summary": dxfeed.Summary,
    "Profile": dxfeed.Profile,
    "Greeks": dxfeed.Greeks,
    "TheoPrice": dxfeed.TheoPrice,
    "Underlying": dxfeed.Underlying,
    "Candle": dxfeed.Candle,
}
PULSES = ("Quote", "Profile")
"""Where the pulse is felt: its quotes, and whether it is halted. Its trades prove nothing for the quotes of others."""

CLOSURES_MAX = 3
"""A venue that closes channels more often than this on one connection is not worth talking to any longer."""


DATA = b'{"type":"FEED_DATA"'
"""How data begins. A venue that wrote it otherwise would only be read more slowly."""

FIRST_REQUEST = 101
"""Requests have channels of their own, from this odd number on; the SDK's are below."""

REQUESTS = 8
"""So many requests at once; about twenty in flight were seen to stall."""


class FeedWire(TastytradeWire):
    """The wire of one connection. Takes out what the SDK's reader would trip over, and all data."""

    def __init__(self, socket: DirectConnection, connection: "DxlinkConnection") -> None:
        super().__init__(socket, connection.session.guard)
        self._connection = connection
        socket.take = self.receive

    def receive(self, raw: bytes) -> bool:
        """Deal with data at once. Returns whether that is done; everything else waits for the reader."""
        if not raw.startswith(DATA):
            return False
        try:
            message = self.read(raw)
            if message is not None:
                self._connection._map_message(message["data"], message["channel"])
        except Exception as error:  # noqa: BLE001 -- the reader raises it, and the stream ends by it
            self.fail(error)
            return False
        return True

    def screen(self, message: Any) -> bool:
        """Let the connection judge."""
        return super().screen(message) and self._connection.screen(message)


class DxlinkConnection(DXLinkStreamer):
    """One DXLink connection. Enter, `sync` and leave in the same task."""

    session: TastytradeSession

    def __init__(
        self,
        session: TastytradeSession,
        tape: TastytradeNormaliser,
        pulse: Callable[[bool | None], None],
        answer_s: float = HANDSHAKE_S,
    ) -> None:
        super().__init__(session)
        for sending, receiving in zip(self._send.values(), self._recv.values(), strict=True):
            sending.close()  # these queues have no bound, and nothing goes into them
            receiving.close()
        self._tape = tape
        self._pulse = pulse
        self._answer_s = answer_s
        self._layouts: dict[str, Layout] = dict(LAYOUTS)
        self._names: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._requests: dict[int, CandleRequest] = {}
        self._numbers = itertools.count(FIRST_REQUEST, 2)
        self._slots = asyncio.Semaphore(REQUESTS)
        self._subscribed: dict[str, Set[str]] = {kind: set() for kind in KINDS}
        self._asked_auth = self._authorised = False
        self._closures = 0
        self._bad = 0
        self._wire: FeedWire | None = None
        self.token_s = TOKEN_S
        self.dirty = asyncio.Event()
        """Set when what is subscribed may no longer be what is wanted."""

    @contextlib.asynccontextmanager
    async def __asynccontextmanager__(self) -> AsyncGenerator[Self]:
        data = await self.session._get("/api-quote-tokens")
        self._wss_url, self._auth_token = data["dxlink-url"], data["token"]
        self.session.quote_token = self._auth_token
        self.token_s = token_lifetime(data)
        self._tape.delayed = is_delayed(data)
        async with opened(self._wss_url, self.session.guard, ping_s=None) as socket:
            self._wire = FeedWire(socket, self)
            self._websocket = self._wire  # type: ignore[assignment]  # of its methods the SDK uses these two
            async with anyio.create_task_group() as tasks:
                with anyio.fail_after(self._answer_s):
                    await tasks.start(self._reader)
                tasks.start_soon(self._heartbeat)
                try:
                    yield self
                finally:
                    for request in self._requests.values():
                        request.fail("the quote connection ended")
                tasks.cancel_scope.cancel()

    @property
    def last_received_at(self) -> float:
        """When anything last came in, on the monotonic clock."""
        return self._wire.last_received_at if self._wire else 0.0

    @property
    def bad(self) -> int:
        """How many messages and rows could not be read."""
        return self._bad + (self._wire.bad if self._wire else 0)

    def screen(self, message: dict[str, Any]) -> bool:
        """Whether the SDK's reader should see `message`. Raises StreamDropped when the connection is of no more use."""
        kind = message["type"]
        if message["channel"] >= FIRST_REQUEST:
            if (request := self._requests.get(message["channel"])) is not None:
                request.handle_message(message, self._tape.delayed)
            return False
        if kind == "FEED_DATA":
            return message["channel"] in self._channels_reversed and isinstance(message["data"], list)
        screens = {
            "AUTH_STATE": self._screen_auth,
            "CHANNEL_OPENED": self._screen_opened,
            "CHANNEL_CLOSED": self._screen_closed,
            "FEED_CONFIG": self._screen_config,
            "ERROR": self._screen_error,
        }
        if kind in screens:
            return screens[kind](message)
        return kind in ("SETUP", "KEEPALIVE")

    def _screen_auth(self, message: dict[str, Any]) -> bool:
        """The SDK answers every UNAUTHORIZED with the same token again, for ever."""
        if message["state"] == "UNAUTHORIZED":
            if self._asked_auth:
                raise StreamDropped("the venue refuses the quote token")
            self._asked_auth = True
            return True
        first, self._authorised = not self._authorised, True
        return first

    def _screen_opened(self, message: dict[str, Any]) -> bool:
        return self._channels_reversed[message["channel"]] in self._subscription_state

    def _screen_closed(self, message: dict[str, Any]) -> bool:
        """The SDK forgets the channel and tells nobody."""
        kind = self._channels_reversed[message["channel"]]
        self._closures += 1
        if self._closures > CLOSURES_MAX:
            raise StreamDropped("the venue keeps closing channels")
        logger.info("the venue closed the %s channel; asking for it again", kind)
        self._subscribed[kind] = set()
        self._names[kind] = {}
        self._layouts[kind] = LAYOUTS[kind]
        self.dirty.set()
        return kind in self._subscription_state

    def _screen_config(self, message: dict[str, Any]) -> bool:
        """The venue says how its rows are really laid out; it may drop fields that were asked for."""
        kind = self._channels_reversed[message["channel"]]
        fields = (message.get("eventFields") or {}).get(kind)
        if fields:
            self._layouts[kind] = Layout(kind, fields)
        return True

    def _screen_error(self, message: dict[str, Any]) -> bool:
        """An error of the connection ends it; one of a channel is said and the channel goes on or is closed."""
        if message["channel"] == 0:
            raise StreamDropped(f"DXLink error {str(message.get('error'))[:40]}")
        self._bad += 1
        logger.warning("DXLink error %s on channel %s", str(message.get("error"))[:40], message["channel"])
        return False

    def _map_message(self, message: list[Any], channel: int) -> None:
        """Read one FEED_DATA. Replaces the SDK's models and its queues without a bound."""
        at = time.time_ns() // 1_000_000
        for kind, columns, lost in self._columns(message):
            self._bad += lost
            if columns and columns[0]:
                rows = zip(*columns, strict=True)
                self._bad += self._tape.read(kind, rows, self._names[kind], at)
                if kind in PULSES and PULSE in columns[0]:
                    self._note_pulse(kind, columns)

    def _columns(self, message: list[Any]) -> Iterator[tuple[str, list[list[Any]], int]]:
        if not message or isinstance(message[0], dict):
            yield from full(message)
            return
        for kind, values in zip(message[::2], message[1::2], strict=False):
            if kind in KINDS and isinstance(values, list):
                yield kind, *compact(values, self._layouts[kind], self._subscribed[kind])
            else:
                self._bad += 1

    def _note_pulse(self, kind: str, columns: list[list[Any]]) -> None:
        if kind == "Profile":
            self._pulse(columns[2][columns[0].index(PULSE)] == "HALTED")
        else:
            self._pulse(None)

    async def _channel_request(self, event_type: str, refresh_interval: float = 0.1) -> None:
        """Open a channel for the fields that we read, not for all of the SDK's model."""
        channel = self._channels[event_type]
        await self._websocket.send_json(
            {"type": "CHANNEL_REQUEST", "channel": channel, "service": "FEED", "parameters": {"contract": "AUTO"}}
        )
        with anyio.fail_after(self._answer_s):
            await self._subscription_state[event_type].wait()
        await self._websocket.send_json(
            {
                "type": "FEED_SETUP",
                "channel": channel,
                "acceptAggregationPeriod": refresh_interval,
                "acceptDataFormat": "COMPACT",
                "acceptEventFields": {event_type: FIELDS[event_type]},
            }
        )

    async def sync(self, wanted: Demand, name: Name) -> None:
        """Make the subscriptions those of `wanted`; what has no `name` yet is left out."""
        self.dirty.clear()
        async with asyncio.TaskGroup() as tasks:
            for kind, names in targets(wanted, name).items():
                tasks.create_task(self._sync_channel(kind, names))
            tasks.create_task(self._sync_candles(candle_targets(wanted, name)))

    async def _sync_channel(self, kind: str, names: dict[str, str]) -> None:
        self._names[kind] = names
        target = names.keys() | ({PULSE} if kind in PULSES else set())
        known = self._subscribed[kind] = set(self._subscribed[kind])
        for chunk in portions(target - known):
            known.update(chunk)
            await self.subscribe(KINDS[kind], chunk, PERIODS[kind])
        for chunk in portions(known - target):
            known.difference_update(chunk)
            await self.unsubscribe(KINDS[kind], chunk)
        if known == names.keys() and self._subscribed[kind] is known:
            self._subscribed[kind] = names.keys()  # one set for all types: a set of its own takes 2 KB each

    async def _sync_candles(self, named: dict[str, Series]) -> None:
        """Subscribe each series from what was told of it on; its rows begin with a snapshot."""
        known, rows = set(self._subscribed["Candle"]), self._names["Candle"]
        self._subscribed["Candle"] = known
        for symbol in known - named.keys():
            known.discard(symbol)
            del rows[symbol]
            await self.unsubscribe(dxfeed.Candle, [symbol])
        now = time.time_ns() // 1_000_000
        for chunk in portions(named.keys() - known):
            known.update(chunk)
            rows.update((symbol, Transactions(named[symbol])) for symbol in chunk)
            await self._open_candles()
            added = [
                {"symbol": symbol, "type": "Candle", "fromTime": self._tape.since(named[symbol], now)}
                for symbol in chunk
            ]
            await self._websocket.send_json(
                {"type": "FEED_SUBSCRIPTION", "channel": self._channels["Candle"], "add": added}
            )

    async def _open_candles(self) -> None:
        if "Candle" not in self._subscription_state:
            self._subscription_state["Candle"] = anyio.Event()
            await self._channel_request("Candle", PERIODS["Candle"])

    async def history(self, series: Series, streamer: str, start: int) -> Bars:
        """Ask for the candles of a series from `start` (ms) until now, on a channel of their own.

        Raises TimeoutError when they do not come, StreamDropped when the connection or the channel ends before.
        """
        async with self._slots:
            number = next(self._numbers)
            request = CandleRequest(self._websocket, number, series, candle_symbol(streamer, series))
            self._requests[number] = request
            try:
                return await request.candles(start)
            finally:
                self._bad += request.bad
                del self._requests[number]
