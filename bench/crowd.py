"""Raw clients of a venue, one per grant, each with a DXLink connection and an account stream of its own.

Reads a `Crowd` as one line of JSON from stdin, answers `ready` once everybody is subscribed, counts between the lines
`start` and `stop`, and prints a `Count`, as often as it is told. Latency is from the newest quote of a message,
as its time says, to its arrival.
"""

import asyncio
import sys
import time
import typing

import httpx2
import msgspec
import websockets.asyncio.client as websockets

from bench.processes import order

SETUP = {"type": "SETUP", "channel": 0, "keepaliveTimeout": 60, "acceptKeepaliveTimeout": 60, "version": "0.1-bench"}
CHANNEL = {"type": "CHANNEL_REQUEST", "channel": 7, "service": "FEED", "parameters": {"contract": "AUTO"}}
FIELDS = (
    "eventSymbol", "eventTime", "sequence", "timeNanoPart", "bidTime", "bidExchangeCode", "askTime", "askExchangeCode",
    "bidPrice", "askPrice", "bidSize", "askSize",
)  # fmt: skip
BID_TIME = FIELDS.index("bidTime")
Message = dict[str, typing.Any]


class Grant(msgspec.Struct):
    """What opens one person's accounts."""

    client_secret: str
    refresh_token: str
    accounts: list[str]


class Crowd(msgspec.Struct):
    """Who connects where, and what they watch."""

    rest: str
    account_stream: str
    grants: list[Grant]
    symbols: list[str]
    period: float
    windows: int


class Count(msgspec.Struct):
    """What arrived between start and stop. `latencies` are in ms, a sample of the messages."""

    messages: int = 0
    events: int = 0
    notices: int = 0
    latencies: list[float] = []


class Counter:
    """Counts while it is told to."""

    def __init__(self, people: int) -> None:
        self.count = Count()
        self.is_on = False
        self.missing = people
        self.ready = asyncio.Event()

    def arrive(self) -> None:
        """One person has heard the first quotes."""
        self.missing -= 1
        if not self.missing:
            self.ready.set()

    def quotes(self, message: Message) -> None:
        """Count a FEED_DATA."""
        if not self.is_on:
            return
        values = message["data"][1]
        self.count.messages += 1
        self.count.events += len(values) // len(FIELDS)
        newest = max(values[BID_TIME :: len(FIELDS)])
        self.count.latencies.append(time.time() * 1000 - newest)

    def notice(self) -> None:
        """Count a notification."""
        self.count.notices += self.is_on


async def person(crowd: Crowd, grant: Grant, http: httpx2.AsyncClient, counter: Counter) -> None:
    """Be one person until cancelled."""
    body = {"grant_type": "refresh_token", "client_secret": grant.client_secret, "refresh_token": grant.refresh_token}
    token = (await http.post("/oauth/token", json=body)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    quotes = (await http.get("/api-quote-tokens", headers=headers)).json()["data"]
    async with asyncio.TaskGroup() as group:
        group.create_task(watch_quotes(quotes["dxlink-url"], quotes["token"], crowd, counter))
        group.create_task(watch_account(crowd.account_stream, token, grant.accounts, counter))


async def watch_quotes(url: str, token: str, crowd: Crowd, counter: Counter) -> None:
    """Stream quotes."""
    async with websockets.connect(url, proxy=None, ping_interval=None, compression=None) as socket:
        feed = {"type": "FEED_SETUP", "channel": 7, "acceptAggregationPeriod": crowd.period}
        wanted = [{"type": "Quote", "symbol": symbol} for symbol in crowd.symbols]
        for message in (
            SETUP,
            {"type": "AUTH", "channel": 0, "token": token},
            CHANNEL,
            feed | {"acceptDataFormat": "COMPACT", "acceptEventFields": {"Quote": FIELDS}},
            {"type": "FEED_SUBSCRIPTION", "channel": 7, "add": wanted},
        ):
            await socket.send(msgspec.json.encode(message).decode())
        is_new = True
        async for raw in socket:
            message = msgspec.json.decode(raw)
            if message["type"] == "FEED_DATA":
                if is_new:
                    is_new = False
                    counter.arrive()
                counter.quotes(message)
            elif message["type"] == "ERROR":
                raise RuntimeError(message["message"])


async def watch_account(url: str, token: str, accounts: list[str], counter: Counter) -> None:
    """Stream notifications, with a heartbeat."""
    async with websockets.connect(url, proxy=None, ping_interval=None, compression=None) as socket:
        hello = {"action": "connect", "auth-token": f"Bearer {token}", "value": accounts, "request-id": 1}
        await socket.send(msgspec.json.encode(hello).decode())
        heard_at = time.monotonic()
        async for _ in socket:
            counter.notice()
            if time.monotonic() - heard_at > 20:
                heard_at = time.monotonic()
                beat = {"action": "heartbeat", "auth-token": f"Bearer {token}", "request-id": 2}
                await socket.send(msgspec.json.encode(beat).decode())


async def main() -> None:
    """Be the whole crowd."""
    loop = asyncio.get_running_loop()
    crowd = msgspec.json.decode(await loop.run_in_executor(None, sys.stdin.readline), type=Crowd)
    counter = Counter(len(crowd.grants))
    agent = {"User-Agent": "tapedeck-bench/1"}
    async with (
        httpx2.AsyncClient(base_url=crowd.rest, headers=agent, verify=False, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        people = [group.create_task(person(crowd, grant, http, counter)) for grant in crowd.grants]
        await counter.ready.wait()
        print("ready", flush=True)
        for _ in range(crowd.windows):
            for line in ("start", "stop"):
                await order(line)
                counter.is_on = line == "start"
            print(msgspec.json.encode(counter.count).decode(), flush=True)
            counter.count = Count()
        for one in people:
            one.cancel()


if __name__ == "__main__":
    asyncio.run(main())
