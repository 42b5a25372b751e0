"""How long it takes from a tick to a firing that is stored, and to whoever is told: `python -m bench.alert_latency`.

A desk of one streams and one web process watches the simulated venue; one person has hundreds of levels around a price
that moves. Counted is from the tick as it came to the desk (`seen_at`), and from the venue's own time of it, to when
the ledger stored the firing (`recorded`), to a WebSocket, and to a page in Chromium; all clocks are this machine's.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import sqlite3
import statistics
import sys
import tempfile
import time
import typing

import httpx
import websockets
from playwright.async_api import Page, async_playwright

from bench.results import Result, grammar, report
from tests.support.chromium import find_shell
from tests.support.desk import Desk, make_template
from tests.support.watcher import Watcher

SYMBOL = "QQQ"
LEVELS, STEP = 240, 0.05
FACT_MS, PAGE_MS = 100.0, 200.0
WARM_S = 3.0
NOTE = """() => {
  globalThis.seen = [];
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const one of addedNodes) seen.push([Date.now(), one.textContent]);
  });
  observer.observe(document.getElementById("toasts"), { childList: true });
}"""


class Firings:
    """Reads firings from a socket: each as it came, with the moment, in ms since the epoch."""

    def __init__(self) -> None:
        self.came: list[tuple[float, dict[str, typing.Any]]] = []
        self._more = asyncio.Event()

    async def read(self, socket: websockets.ClientConnection) -> None:
        """Read until the socket ends."""
        async for text in socket:
            at, told = time.time() * 1000, json.loads(text)
            if told["type"] == "alert":
                self.came.append((at, told))
                self._more.set()

    async def wait(self, count: int, within_s: float) -> None:
        """Wait for so many."""
        async with asyncio.timeout(within_s):
            while len(self.came) < count:
                self._more.clear()
                await self._more.wait()


@contextlib.asynccontextmanager
async def opened_page(desk: Desk) -> typing.AsyncIterator[Page]:
    """The page of alerts in a browser of somebody who is signed in, which notes what it is told."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_shell(), args=["--no-sandbox"])
        context = await browser.new_context(base_url=desk.url)
        pairs = [pair.partition("=") for pair in desk.cookie().split("; ")]
        await context.add_cookies([{"name": name, "value": value, "url": desk.url} for name, _, value in pairs])
        page = await context.new_page()
        await page.goto("/alerts/")
        await page.evaluate(NOTE)
        yield page
        await browser.close()


async def price(watcher: Watcher) -> float:
    """Return what the symbol costs now."""
    async with asyncio.timeout(60):
        while not watcher.quote(SYMBOL).get("last"):  # noqa: ASYNC110  # what it reads has no event
            await asyncio.sleep(0.1)
    return float(watcher.quote(SYMBOL)["last"])


async def arm(desk: Desk, middle: float) -> None:
    """Make alerts at levels around a price, each of which fires whenever it is crossed."""
    headers = {"Authorization": f"Bearer {desk.token(scopes=('read', 'trade'))}"}
    async with httpx.AsyncClient(base_url=desk.url, headers=headers, timeout=30, trust_env=False) as client:
        for number in range(LEVELS):
            level = round(middle + (number - LEVELS / 2) * STEP, 2)
            leaf = {"field": f"{SYMBOL}.last", "is": "crosses", "value": level}
            rule = {"when": {"all": [leaf]}, "trigger": "each", "rearm": {"by": STEP}, "session": "always"}
            (await client.post("/api/alerts/", json=rule)).raise_for_status()


async def measure(desk: Desk, given: argparse.Namespace) -> list[Result]:
    """Have alerts fire, and note when each came."""
    cookie = {"Cookie": desk.cookie()}
    async with Watcher(desk, desk.cookie(), quotes=[SYMBOL]) as watcher:
        middle = await price(watcher)
    async with websockets.connect(f"{desk.ws_url}/ws/alerts", additional_headers=cookie, max_queue=None) as socket:
        await arm(desk, middle)
        firings = Firings()
        async with opened_page(desk) as page:
            reading = asyncio.ensure_future(firings.read(socket))
            await asyncio.sleep(WARM_S)
            firings.came.clear()
            await page.evaluate("seen.length = 0")
            await firings.wait(given.firings, within_s=600)
            reading.cancel()
            await asyncio.sleep(1)
            painted = await page.evaluate("seen")
    return list(results(firings.came, stored(desk), painted))


def stored(desk: Desk) -> dict[int, int]:
    """Return when each firing was stored, in ms since the epoch, by its number."""
    path = desk.database_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as ledger:
        return dict(ledger.execute("SELECT number, recorded FROM streaming_storedfact WHERE kind = 'alert'"))


def results(
    came: list[tuple[float, dict[str, typing.Any]]], recorded: dict[int, int], painted: list[tuple[float, str]]
) -> typing.Iterator[Result]:
    """Return what was measured."""
    shown = [at for at, text in painted if SYMBOL in text]
    told = [fact for _, fact in came]
    rows = {
        "tick to fact": ([recorded[fact["fact"]] - fact["seen_at"] for fact in told], FACT_MS),
        "tick at the venue to fact": ([recorded[fact["fact"]] - fact["at"] for fact in told], None),
        "tick to socket": ([at - fact["seen_at"] for at, fact in came], PAGE_MS),
        "tick to page": ([at - fact["seen_at"] for at, fact in zip(shown, told, strict=False)], PAGE_MS),
    }
    yield Result("firings", len(came), "")
    for name, (late_ms, limit) in rows.items():
        parts = statistics.quantiles(late_ms, n=100)
        yield Result(f"{name}, median", parts[49], "ms")
        yield Result(f"{name}, 99 of 100", parts[98], "ms", limit)


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    parser = grammar("bench.alert_latency", __doc__)
    parser.add_argument("--firings", type=int, default=300)
    parser.add_argument("--speed", type=float, default=1.0, help="how fast the market moves")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as made:
        folder = pathlib.Path(made)
        options = ["--speed", f"{given.speed:g}"]
        with Desk(folder / "desk", make_template(folder / "template"), web=1, streams=1, venue=options) as desk:
            found = asyncio.run(measure(desk, given))
    return 1 if report("Alert latency", found, given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
