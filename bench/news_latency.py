"""How long a story takes from its source's socket to whoever reads: `python -m bench.news_latency`.

A desk of one streams and one web process reads a simulated Alpaca. Each story is ordered of the simulator and awaited
in a WebSocket and in a page in Chromium. Counted is from the order, and from the moment at which the desk had the
story's bytes (`received_at`, whole ms); all clocks are this machine's.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import pathlib
import statistics
import sys
import tempfile
import time
import typing

import httpx
import websockets
from playwright.async_api import Page, async_playwright

from bench.results import Result, grammar, report
from tests.support import linked_news
from tests.support.chromium import find_shell
from tests.support.desk import Desk, make_template

P50_MS, P99_MS = 50.0, 250.0
FIRST_MS = 100.0
"""Until a new stream has its first event."""
WARM = 20
"""Stories before the first that counts."""
WATCH = json.dumps({"topics": ["news"]})
NOTE = """() => {
  globalThis.seen = [];
  const chip = document.querySelector("news-list [data-part=chip]");
  const observer = new MutationObserver(() => seen.push(Date.now()));
  observer.observe(chip, { childList: true, characterData: true, subtree: true });
}"""


class Reader:
    """Reads stories from a socket: by headline, when each came and when the desk had it, in ms since the epoch."""

    def __init__(self) -> None:
        self.came: dict[str, tuple[float, int]] = {}
        self._more = asyncio.Event()

    async def read(self, socket: websockets.ClientConnection) -> None:
        """Read until the socket ends."""
        async for text in socket:
            at, told = time.time() * 1000, json.loads(text)
            if told["type"] == "news":
                self.came.setdefault(told["headline"], (at, told["received_at"]))  # it comes again with its impact
                self._more.set()

    async def wait(self, headline: str) -> None:
        """Wait for a story."""
        async with asyncio.timeout(30):
            while headline not in self.came:
                self._more.clear()
                await self._more.wait()


class Newsroom:
    """Orders stories of the simulator."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient) -> None:
        self._client = client
        told = json.loads((desk.run_dir / "loopback.json").read_text())["news"]
        self._address = f"{told['rest']}/_sim/news/story"

    async def tell(self, headline: str) -> float:
        """Have a story told on the socket; return when it was ordered, in ms since the epoch."""
        at = time.time() * 1000
        order = {"symbol": "AAPL", "headline": headline, "sources": ["alpaca"]}
        (await self._client.post(self._address, json=order)).raise_for_status()
        return at


@contextlib.asynccontextmanager
async def opened_page(desk: Desk) -> typing.AsyncIterator[Page]:
    """The page of news in a browser of somebody who is signed in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_shell(), args=["--no-sandbox"])
        context = await browser.new_context(base_url=desk.url)
        pairs = [pair.partition("=") for pair in desk.cookie().split("; ")]
        await context.add_cookies([{"name": name, "value": value, "url": desk.url} for name, _, value in pairs])
        page = await context.new_page()
        await page.goto("/news/")
        await page.wait_for_selector("news-list[data-state=live] .stories > li")
        yield page
        await browser.close()


async def measure(desk: Desk, given: argparse.Namespace) -> list[Result]:
    """Have stories told, and note when each came."""
    names = (f"Story number {number} of this measurement" for number in itertools.count())
    cookie = {"Cookie": desk.cookie()}
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        websockets.connect(f"{desk.ws_url}/ws/news", additional_headers=cookie, max_queue=None) as socket,
    ):
        newsroom, reader = Newsroom(desk, client), Reader()
        reading = asyncio.ensure_future(reader.read(socket))
        first = next(names)
        await until_heard(newsroom, reader, first)
        async with opened_page(desk) as page:
            for name in itertools.islice(names, WARM):
                await newsroom.tell(name)
                await reader.wait(name)
            await page.evaluate(NOTE)
            ordered = {}
            for name in itertools.islice(names, given.stories):
                ordered[name] = await newsroom.tell(name)
                await reader.wait(name)
                await asyncio.sleep(given.apart)
            await page.wait_for_function(f"seen.length >= {given.stories}")
            painted = await page.evaluate("seen")
        reading.cancel()
        firsts = await begin_streams(desk, client, cookie, given.streams)
    return [*results(ordered, reader, painted), *firsts]


async def begin_streams(
    desk: Desk, client: httpx.AsyncClient, cookie: typing.Mapping[str, str], times: int
) -> list[Result]:
    """Open streams of news one after the other, and note when each had its first event and its first story."""
    firsts: dict[str, list[float]] = {"socket": [], "events": [], "events, a story": []}
    address = f"{desk.url}/sse/streaming/"
    for _ in range(times):
        begun = time.perf_counter()
        async with websockets.connect(f"{desk.ws_url}/ws/news", additional_headers=cookie, max_queue=None) as socket:
            await socket.recv()
            firsts["socket"].append(1000 * (time.perf_counter() - begun))
        begun = time.perf_counter()
        async with client.stream("GET", address, params={"watch": WATCH}, headers=cookie) as answer:
            names = [""]
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    names.append(line.removeprefix("event: "))
                    if len(names) == 2:
                        firsts["events"].append(1000 * (time.perf_counter() - begun))
                if names[-1] == "news":
                    firsts["events, a story"].append(1000 * (time.perf_counter() - begun))
                    break
    parts = {name: statistics.quantiles(took, n=100) for name, took in firsts.items()}
    return [
        Result(f"first of a new stream, {name}, 99 of 100", took[98], "ms", FIRST_MS) for name, took in parts.items()
    ]


async def until_heard(newsroom: Newsroom, reader: Reader, name: str) -> None:
    """Have the same story told until the desk's source hears it: it is linked within seconds."""
    for number in range(60):
        await newsroom.tell(f"{name}, {number}")
        await asyncio.sleep(0.5)
        if reader.came:
            return
    raise SystemExit("The desk hears nothing of its source.")


def results(ordered: typing.Mapping[str, float], reader: Reader, painted: list[float]) -> typing.Iterator[Result]:
    """Return what was measured."""
    came = [reader.came[name] for name in ordered]
    yield Result("stories", len(came), "")
    rows = {
        "order to socket": [at - begun for (at, _), begun in zip(came, ordered.values(), strict=True)],
        "received to socket": [at - had for at, had in came],
        "order to page": [at - begun for at, begun in zip(painted, ordered.values(), strict=True)],
    }
    for name, late_ms in rows.items():
        parts = statistics.quantiles(late_ms, n=100)
        yield Result(f"{name}, median", parts[49], "ms", P50_MS)
        yield Result(f"{name}, 99 of 100", parts[98], "ms", P99_MS)


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    parser = grammar("bench.news_latency", __doc__)
    parser.add_argument("--stories", type=int, default=300)
    parser.add_argument("--apart", type=float, default=0.05, help="how long after one the next is told, in s")
    parser.add_argument("--streams", type=int, default=100, help="of each kind, opened to see when they begin")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as made:
        folder = pathlib.Path(made)
        with Desk(folder / "desk", make_template(folder / "template"), web=1, streams=1) as desk:
            linked_news.link(desk, "", "alpaca", "Alpaca of the desk")
            found = asyncio.run(measure(desk, given))
    return 1 if report("News latency", found, given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
