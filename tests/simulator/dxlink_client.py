"""A raw DXLink client for tests: sees every frame as it is, unlike the SDK."""

import asyncio
import contextlib
import typing

import msgspec
import websockets.asyncio.client as websockets

from tests.support.eventually import ENOUGH_S

Message = dict[str, typing.Any]
SETUP = {"type": "SETUP", "channel": 0, "keepaliveTimeout": 60, "acceptKeepaliveTimeout": 60, "version": "0.1-test"}
AUTHORISED = "AUTHORIZED"


class Client:
    """One connection that remembers what it was told."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.last_received_at: list[Message] = []

    async def say(self, **message: typing.Any) -> None:
        """Send one message; channel 0 unless given."""
        await self.socket.send(msgspec.json.encode({"channel": 0, **message}).decode())

    async def next(self, kind: str = "", within: float = ENOUGH_S, **fields: typing.Any) -> Message:
        """Return the next message of that type with those fields, passing over others."""
        async with asyncio.timeout(within):
            while True:
                message: Message = msgspec.json.decode(await self.socket.recv())
                self.last_received_at.append(message)
                if kind in ("", message["type"]) and all(message.get(key) == fields[key] for key in fields):
                    return message

    async def sign_in(self, token: str) -> None:
        """Go through SETUP and AUTH."""
        await self.say(**SETUP)
        await self.next("AUTH_STATE", state="UNAUTHORIZED")
        await self.say(type="AUTH", token=token)
        await self.next("AUTH_STATE", state=AUTHORISED)

    async def open(self, number: int, period: float = 0.0, data_format: str = "COMPACT", **fields: list[str]) -> None:
        """Open and set up a feed channel."""
        await self.say(type="CHANNEL_REQUEST", channel=number, service="FEED", parameters={"contract": "AUTO"})
        await self.next("CHANNEL_OPENED", channel=number)
        await self.say(
            type="FEED_SETUP",
            channel=number,
            acceptAggregationPeriod=period,
            acceptDataFormat=data_format,
            acceptEventFields=fields,
        )
        await self.next("FEED_CONFIG", channel=number)

    async def subscribe(self, number: int, kind: str, *symbols: str) -> None:
        """Add symbols to a channel."""
        add = [{"type": kind, "symbol": symbol} for symbol in symbols]
        await self.say(type="FEED_SUBSCRIPTION", channel=number, add=add)

    async def candles(self, number: int, symbol: str, since: int) -> None:
        """Add one series of candles to a channel, from `since` (ms) on."""
        add = [{"type": "Candle", "symbol": symbol, "fromTime": since}]
        await self.say(type="FEED_SUBSCRIPTION", channel=number, add=add)

    async def data(self, number: int, within: float = ENOUGH_S) -> list[typing.Any]:
        """Return the data of the channel's next FEED_DATA."""
        data: list[typing.Any] = (await self.next("FEED_DATA", within, channel=number))["data"]
        return data


@contextlib.asynccontextmanager
async def connect(url: str, **options: typing.Any) -> typing.AsyncIterator[Client]:
    """Connect without saying anything yet."""
    async with websockets.connect(url, proxy=None, ping_interval=None, **options) as socket:
        yield Client(socket)
