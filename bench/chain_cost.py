"""What 500 options with Greeks cost a desk: `python -m bench.chain_cost`.

Four people, each with a link of their own, watch the days of QQQ that make up 500 options, quotes and Greeks of each,
over the desk's socket; then as rows of server-sent events. The underlying changes ten times a second, and what is on it
with it. Told is the CPU time of the server for each update that arrived: all processes of the desk, nothing of the
venue or the clients. Over the socket an update is a slot of a frame; a row has the news of up to three.
"""

import argparse
import asyncio
import contextlib
import datetime
import pathlib
import statistics
import sys
import tempfile
import typing

import httpx
import msgspec
import websockets

from bench.bed import SETTLE_S
from bench.processes import cpu_seconds
from bench.results import Result, grammar, report
from bench.systems import System, Venue, open_tapedeck, open_venue
from bench.viewers import TAPEDECK

OPTIONS = 500
UNDERLYING = "QQQ"
CLAIM_US = 20.0
READY = 0.95
"""The part of the options that must have been heard of before anything is counted."""
JOIN_S = 60.0
PROTOCOL = websockets.Subprotocol(TAPEDECK)


class Update(msgspec.Struct):
    """One entry of a frame."""

    type: str
    symbol: str = ""


class Frame(msgspec.Struct):
    """What a socket is sent."""

    type: str
    seq: int = 0
    state: list[Update] = []


_frames = msgspec.json.Decoder(Frame)


class Desk(typing.NamedTuple):
    """A desk and its people."""

    system: System
    venue: Venue
    url: str
    cookies: list[str]

    @property
    def used(self) -> float:
        """CPU time of all of the desk's processes, in s."""
        return sum(map(cpu_seconds, self.system.processes))


class Heard:
    """What a client has heard."""

    def __init__(self) -> None:
        self.updates = 0
        self.symbols: set[str] = set()


async def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with (
            open_venue(given.people, 10) as venue,
            open_tapedeck("tapedeck", pathlib.Path(folder) / "desk", venue) as system,
        ):
            places = [system.place(person, []) for person in range(given.people)]
            url = places[0].url.removesuffix("/ws/streaming/").replace("ws", "http", 1)
            desk = Desk(system, venue, url, [place.headers["Cookie"] for place in places])
            days = await listed(desk, given.options)
            return [*await over_socket(desk, days, given), *await as_rows(desk, days, given)]


async def listed(desk: Desk, number: int) -> dict[datetime.date, list[str]]:
    """Return days with the options that end on them, so many together."""
    found: dict[datetime.date, list[str]] = {}
    async with httpx.AsyncClient(base_url=desk.url, headers={"Cookie": desk.cookies[0]}, timeout=30) as client:
        answer = await client.get(f"/api/options/expirations/{UNDERLYING}")
        for day in answer.raise_for_status().json()["expirations"]:
            left = number - sum(map(len, found.values()))
            if left <= 0:
                break
            answer = await client.get(f"/api/options/strikes/{UNDERLYING}", params={"expiration": day["date"]})
            rows = answer.raise_for_status().json()["strikes"]
            found[day["date"]] = [row[right] for row in rows for right in ("call", "put") if row[right]][:left]
    return found


async def over_socket(desk: Desk, days: dict[datetime.date, list[str]], given: argparse.Namespace) -> list[Result]:
    """Count what pages hear over the desk's socket: each quote, Greeks or day's volume that changed is an update."""
    symbols = [symbol for options in days.values() for symbol in options]
    address = f"{desk.url.replace('http', 'ws', 1)}/ws/streaming/"
    hello = {"type": "hello", "watch": {"quotes": [*symbols, UNDERLYING], "greeks": symbols}}
    everybody = []
    async with contextlib.AsyncExitStack() as stack:
        for cookie in desk.cookies:
            socket = await stack.enter_async_context(
                websockets.connect(
                    address, additional_headers={"Cookie": cookie}, subprotocols=[PROTOCOL], max_size=None
                )
            )
            await socket.send(msgspec.json.encode(hello).decode())
            everybody.append(Heard())
            await stack.enter_async_context(listening(read_frames(socket, everybody[-1])))
        return await counted(desk, everybody, len(symbols), "over the socket", given)


async def read_frames(socket: websockets.ClientConnection, heard: Heard) -> None:
    """Read one socket, as a page does."""
    async for text in socket:
        if not str(text).startswith('{"type":"frame"'):
            continue
        frame = _frames.decode(text)
        heard.updates += len(frame.state)
        heard.symbols.update(item.symbol for item in frame.state if item.type == "greeks")
        await socket.send(f'{{"type":"ack","seq":{frame.seq}}}')


async def as_rows(desk: Desk, days: dict[datetime.date, list[str]], given: argparse.Namespace) -> list[Result]:
    """Count what scripts hear as rows: each is an option of which anything changed."""
    path, everybody = f"/api/options/chain/{UNDERLYING}/greeks", []
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=desk.url, timeout=30))
        for cookie in desk.cookies:
            everybody.append(Heard())
            for date, options in days.items():
                params = {"expiration": str(date), "rows": str(len(options))}
                answer = await stack.enter_async_context(
                    client.stream("GET", path, params=params, headers={"Cookie": cookie})
                )
                answer.raise_for_status()
                await stack.enter_async_context(listening(read_rows(answer, everybody[-1])))
        return await counted(desk, everybody, sum(map(len, days.values())), "as rows", given)


async def read_rows(answer: httpx.Response, heard: Heard) -> None:
    """Read one stream of rows."""
    async for line in answer.aiter_lines():
        if line.startswith('data: {"symbol"'):
            heard.updates += 1
            heard.symbols.add(line.split('"', 4)[3])


@contextlib.asynccontextmanager
async def listening(work: typing.Coroutine[typing.Any, typing.Any, None]) -> typing.AsyncIterator[None]:
    """Listen meanwhile."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


async def counted(
    desk: Desk, everybody: list[Heard], symbols: int, how: str, given: argparse.Namespace
) -> list[Result]:
    """Wait until everybody heard of the options, then count, window by window."""
    await desk.venue.pace(given.rate, 10)
    async with asyncio.timeout(JOIN_S):
        while min(len(heard.symbols) for heard in everybody) < READY * symbols:  # noqa: ASYNC110 -- of others
            await asyncio.sleep(SETTLE_S)
    costs, rates = [], []
    loop = asyncio.get_running_loop()
    for _ in range(given.windows):
        begun, used, updates = loop.time(), desk.used, total(everybody)
        await asyncio.sleep(given.seconds)
        async with asyncio.timeout(JOIN_S):  # a short window on a busy machine may have had nothing
            while total(everybody) == updates or desk.used == used:  # noqa: ASYNC110 -- of others
                await asyncio.sleep(SETTLE_S)
        delivered = total(everybody) - updates
        costs.append(1e6 * (desk.used - used) / delivered)
        rates.append(delivered / (loop.time() - begun))
    await desk.venue.pace(0, 0)
    is_whole = symbols >= OPTIONS and len(everybody) > 1  # of few, a desk's own pulse is most of what they cost
    limit = CLAIM_US if is_whole and how == "over the socket" else None
    return [
        Result(f"{symbols} options {how}", statistics.median(costs), "µs/update", limit),
        Result(f"their updates {how}", statistics.median(rates), "a second"),
    ]


def total(everybody: list[Heard]) -> int:
    """Return how many updates all of them have heard."""
    return sum(heard.updates for heard in everybody)


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.chain_cost", __doc__)
    parser.add_argument("--options", type=int, default=OPTIONS)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--rate", type=float, default=10, help="changes of the underlying a second")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a window")
    parser.add_argument("--windows", type=int, default=4)
    given = parser.parse_args()
    return report(f"Chain of {given.options} options", asyncio.run(measure(given)), given.results)


if __name__ == "__main__":
    sys.exit(main())
