"""How soon programs are answered: `python -m bench.mcp_latency`.

A desk of one web process is started several times. Each time the first call of a program has the SDK imported, while a
socket is asked by pings, 200 a second, how long it is kept waiting. Then streams are opened one after the other, each
by a connection of its own: the stream of news, the tool that streams news in both eras of the protocol, and the one
that watches quotes. Counted is until the first event was read; all clocks are this machine's. How long the desk was
kept from a core says whether the machine was free enough for figures to count.
"""

import argparse
import asyncio
import contextlib
import itertools
import pathlib
import statistics
import sys
import tempfile
import time
import typing

import httpx
import websockets

from bench.processes import waited_seconds
from bench.results import Result, grammar, report
from tests.assistant.mcp.messages import BOTH, META, REVISION, message
from tests.support import linked_news, program_tokens
from tests.support.desk import Desk, make_template
from tests.support.people import ALICE

CALL_MS, PAUSE_MS, FIRST_MS = 1_500.0, 50.0, 100.0
STARTS = 10
"""Streams of news that one person, one address and one token start in a minute."""
PINGS_S = 0.005
CALM_S = 2.0
HEAD = {"Accept": BOTH, "Content-Type": "application/json"}
NEWEST = {"MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/call"}
NEWS = {"symbol": "AAPL", "interval": 1_000, "duration": 60_000}
TOOLS: dict[str, tuple[str, dict[str, typing.Any]]] = {
    "news": ("stream_market_news", NEWS | {"stream": True}),
    "quotes": ("watch_quotes", {"symbols": ["QQQ"], "seconds": 60}),
}


class Pauses:
    """Asks a socket again and again, and notes how long each answer took, in ms."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._took: list[float] = []

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            begun = time.perf_counter()
            await (await self._socket.ping())
            self._took.append(1000 * (time.perf_counter() - begun))
            await asyncio.sleep(PINGS_S)

    def longest(self) -> float:
        """Return the longest since the last time this was asked."""
        found, self._took = max(self._took), []
        return found


class FirstCall(typing.NamedTuple):
    """The first call of a process, in ms: pauses of a socket before it and meanwhile; `waited` for a core meanwhile."""

    took: float
    calm: float
    pause: float
    waited: float


def waited_ms(desk: Desk) -> float:
    """Return how long the desk's process was kept from a core until now."""
    process: typing.Any = desk.server.process
    return 1000 * waited_seconds(process.pid)


async def call_first(desk: Desk, token: str) -> FirstCall:
    """Call a new process for the first time."""
    address = f"{desk.ws_url}/ws/news"
    async with (
        websockets.connect(address, additional_headers={"Cookie": desk.cookie()}, max_queue=None) as socket,
        httpx.AsyncClient(
            base_url=desk.url, trust_env=False, headers=HEAD | {"X-API-Key": token}, timeout=30
        ) as client,
    ):
        pauses = Pauses(socket)
        asking = asyncio.ensure_future(pauses.run())
        await asyncio.sleep(CALM_S)
        calm = pauses.longest()
        begun, kept = time.perf_counter(), waited_ms(desk)
        answer = await client.post("/mcp", json=message("tools/list"))
        took = 1000 * (time.perf_counter() - begun)
        answer.raise_for_status()
        found = FirstCall(took, calm, pauses.longest(), waited_ms(desk) - kept)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    return found


async def measure_starts(desk: Desk, token: str, times: int) -> list[Result]:
    """Start the desk's processes anew, each time with a first call."""
    found = []
    for turn in range(times):
        if turn:
            await asyncio.to_thread(desk.stop_server)
            await asyncio.to_thread(desk.start_server)
        found.append(await call_first(desk, token))
    return [
        Result("first call of a process, the longest", max(one.took for one in found), "ms", CALL_MS),
        Result("pause of a socket meanwhile, the longest", max(one.pause for one in found), "ms", PAUSE_MS),
        Result("pause of a socket before, the longest", max(one.calm for one in found), "ms"),
        Result("kept from a core meanwhile, the longest", max(one.waited for one in found), "ms"),
    ]


async def first_event(client: httpx.AsyncClient, method: str, path: str, **options: typing.Any) -> float:
    """Open a stream, and leave when its first event is there. Returns how long that took, in ms."""
    begun = time.perf_counter()
    async with client.stream(method, path, **options) as answer:
        answer.raise_for_status()
        line = ""
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                took = 1000 * (time.perf_counter() - begun)
                if '"error"' in line or '"isError":true' in line:
                    raise SystemExit(f"{path}: {line}")
                return took
    raise SystemExit(f"{path} ended without an event: {line}")


def call(name: str, arguments: dict[str, typing.Any], *, newest: bool) -> dict[str, typing.Any]:
    """Return what a call is sent as."""
    meta = {"progressToken": "p"} | (META if newest else {})
    head = NEWEST | {"Mcp-Name": name} if newest else {}
    return {"json": message("tools/call", {"name": name, "arguments": arguments, "_meta": meta}), "headers": head}


async def measure_streams(desk: Desk, tokens: list[str], hers: list[str], times: int) -> list[Result]:
    """Open streams of each kind. `tokens`: of many people; `hers`: of one who has quotes."""
    opened: dict[str, typing.Callable[[], tuple[str, str, dict[str, typing.Any]]]] = {
        "events of news": lambda: ("GET", "/api/mcp/stream-news", {"params": NEWS}),
        "news by a tool, handshake": lambda: ("POST", "/mcp", call(*TOOLS["news"], newest=False)),
        "news by a tool, newest revision": lambda: ("POST", "/mcp", call(*TOOLS["news"], newest=True)),
        "quotes by a tool, handshake": lambda: ("POST", "/mcp", call(*TOOLS["quotes"], newest=False)),
        "quotes by a tool, newest revision": lambda: ("POST", "/mcp", call(*TOOLS["quotes"], newest=True)),
    }
    results = []
    begun, kept = time.perf_counter(), waited_ms(desk)
    many, one = itertools.cycle(enumerate(tokens)), itertools.cycle(enumerate(hers))
    for name, ask in opened.items():
        took = []
        for number, secret in itertools.islice(one if name.startswith("quotes") else many, times):
            method, path, options = ask()
            own = {"X-API-Key": secret, "X-Forwarded-For": f"10.0.0.{number}"}
            async with httpx.AsyncClient(base_url=desk.url, trust_env=False, headers=HEAD | own, timeout=30) as client:
                took.append(await first_event(client, method, path, **options))
        parts = statistics.quantiles(took, n=100)
        results.append(Result(f"first of {name}, 95 of 100", parts[94], "ms", FIRST_MS))
        results.append(Result(f"first of {name}, half", parts[49], "ms"))
    share = (waited_ms(desk) - kept) / (time.perf_counter() - begun) / 10
    return [*results, Result("time the desk was kept from a core", share, "%")]


async def measure(desk: Desk, given: argparse.Namespace) -> list[Result]:
    """Measure starts, then streams."""
    tokens = program_tokens.make(desk, -(-2 * given.streams // (STARTS - 1)))  # two kinds of streams are of one tool
    hers = program_tokens.make(desk, len(tokens), ALICE)
    started = await measure_starts(desk, hers[0], given.starts)
    return [*started, *await measure_streams(desk, tokens, hers, given.streams)]


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    parser = grammar("bench.mcp_latency", __doc__)
    parser.add_argument("--starts", type=int, default=5, help="of the desk, each with a first call")
    parser.add_argument("--streams", type=int, default=100, help="of each kind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as made:
        folder = pathlib.Path(made)
        proxied = {"TRUSTED_PROXY_COUNT": "1"}  # so that streams come from many addresses
        with Desk(folder / "desk", make_template(folder / "template"), web=1, streams=0, variables=proxied) as desk:
            linked_news.link(desk, "", "alpaca", "Alpaca of the desk")
            found = asyncio.run(measure(desk, given))
    return 1 if report("MCP latency", found, given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
