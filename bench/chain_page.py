"""What the option chain costs a browser: `python -m bench.chain_page --seconds 20`.

A page shows all strikes of one monthly expiration of SPY, more than 250, and the 500 options nearest the money stream
into it with their Greeks. By itself it would watch those that are on the screen; here it is made to watch them all.
What is measured, in Chromium without a graphics card: the times between two frames, the main thread's own time, how
much comes in, and what is left of the heap after a collection.
"""

import argparse
import contextlib
import json
import pathlib
import sys
import tempfile
import time
import typing

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.results import Result, grammar, report
from tests.browser.conftest import FLAGS
from tests.support import chromium
from tests.support.desk import Desk, make_template

STRIKES = 250
FRAME_MS, BUSY, GROWTH_MB = 25.0, 30.0, 1.0
"""What is claimed: the 95th of a hundred frames, the part of the main thread in percent, and the growth of the heap."""

COUNT = """async (STRIKES) => {
    const { connection, store } = await import(document.querySelector("script[src*='js/main']").src);
    const all = [...document.querySelectorAll(".chain tbody tr")];
    const near = all.findIndex((row) => "near" in row.dataset);
    const rows = all.slice(Math.max(0, near - STRIKES / 2)).slice(0, STRIKES);
    const options = rows.flatMap((row) => [row.dataset.call, row.dataset.put]);
    connection.subscribe({ quotes: options, greeks: options });
    while (store.all("greeks").length < options.length) await new Promise((done) => setTimeout(done, 100));
    globalThis.counted = { slots: 0, frames: [] };
    connection.inbox.addEventListener("frame", ({ detail }) => { counted.slots += detail.state.length; });
    let before = performance.now();
    const look = (now) => { counted.frames.push(now - before); before = now; requestAnimationFrame(look); };
    requestAnimationFrame(look);
    return store.all("greeks").length;
}"""
TAKE = "() => { const taken = counted; globalThis.counted = { slots: 0, frames: [] }; return taken; }"
COLLECTIONS = 5
DATA = {"array", "object", "closure", "number", "string", "concatenated string", "sliced string", "bigint", "symbol"}
"""What a snapshot of the heap calls the data of scripts; the rest is code, shapes of objects and the browser's own."""
MOVED = "[...document.querySelectorAll('.chain tbody td')].map((cell) => cell.textContent).join('|')"


class Window(typing.NamedTuple):
    """What was seen for a while. Times in s, frames in ms."""

    seconds: float
    busy: float
    frames: list[float]
    slots: int
    long: int = 0
    painted: typing.Sequence[float] = ()
    """From when the server let it go to its paint, in ms."""

    @property
    def p95_ms(self) -> float:
        """The time between two frames that 95 of 100 do not exceed."""
        return sorted(self.frames)[int(0.95 * len(self.frames))]


class Watched:
    """A page and what its browser knows of it."""

    def __init__(self, page: Page, protocol: CDPSession, take: str = TAKE) -> None:
        self.page = page
        self._take = take
        self._protocol = protocol
        protocol.send("Performance.enable", {"timeDomain": "threadTicks"})

    def window(self, seconds: float) -> Window:
        """Watch it for so long."""
        self.page.evaluate(self._take)
        begun, before = time.monotonic(), self._busy_s()
        self.page.wait_for_timeout(1000 * seconds)
        ended, after, taken = time.monotonic(), self._busy_s(), self.page.evaluate(self._take)
        return Window(ended - begun, after - before, **taken)

    def heap_mb(self) -> float:
        """What is left after a collection: the least of a few, as frames come in between."""
        return min(self._collected_mb() for _ in range(COLLECTIONS))

    def _collected_mb(self) -> float:
        self._protocol.send("HeapProfiler.collectGarbage")
        return float(self._protocol.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def held_mb(self) -> float:
        """What of the heap is data that scripts hold, without what the browser compiled and noted to run them."""
        chunks: list[str] = []
        self._protocol.on("HeapProfiler.addHeapSnapshotChunk", lambda event: chunks.append(event["chunk"]))
        self._protocol.send("HeapProfiler.takeHeapSnapshot")
        found = json.loads("".join(chunks))
        fields, kinds = found["snapshot"]["meta"]["node_fields"], found["snapshot"]["meta"]["node_types"][0]
        step, type_at, size_at = len(fields), fields.index("type"), fields.index("self_size")
        pairs = zip(found["nodes"][type_at::step], found["nodes"][size_at::step], strict=True)
        return float(sum(size for kind, size in pairs if kinds[kind] in DATA)) / 1e6

    def _busy_s(self) -> float:
        """What the main thread has used of a core, in s."""
        metrics = self._protocol.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


@contextlib.contextmanager
def opened(browser: Browser, desk: Desk, strikes: int) -> typing.Iterator[Watched]:
    """Open the chain with all its strikes on the screen."""
    context = browser.new_context(base_url=desk.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([
        {"name": name, "value": value, "url": desk.url}
        for name, _, value in (pair.partition("=") for pair in desk.cookie().split("; "))
    ])  # fmt: skip
    page = context.new_page()
    page.goto("/market/chain/SPY/")
    page.locator("option-chain[data-state=live]").wait_for(timeout=30_000)
    page.locator(".chain-choices [name=rows][value=all]").check()
    page.locator(".days .monthly input").first.check()
    page.locator(f".chain tbody tr:nth-child({strikes})").wait_for(timeout=30_000)
    page.wait_for_timeout(10_000)
    yield Watched(page, context.new_cdp_session(page))
    context.close()


def measure(given: argparse.Namespace, path: str, folder: pathlib.Path) -> list[Result]:
    """Run the measurement."""
    template = make_template(folder / "template")
    with Desk(folder / "desk", template) as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with opened(browser, desk, STRIKES) as watched:
            options = watched.page.evaluate(COUNT, STRIKES)
            shown = watched.page.evaluate(MOVED)
            begun = watched.heap_mb()
            windows = [watched.window(given.seconds) for _ in range(given.windows)]
            grown = watched.heap_mb() - begun
            moved = sum(a != b for a, b in zip(shown.split("|"), watched.page.evaluate(MOVED).split("|"), strict=True))
        browser.close()
    frames = [frame for window in windows for frame in window.frames]
    seconds = sum(window.seconds for window in windows)
    whole = Window(seconds, sum(window.busy for window in windows), frames, sum(window.slots for window in windows))
    return [
        Result("options that stream with Greeks", options, ""),
        Result("cells that changed meanwhile", moved, ""),
        Result("updates a second", whole.slots / seconds, ""),
        Result("frames a second", len(frames) / seconds, ""),
        Result("95 of 100 frames within", whole.p95_ms, "ms", FRAME_MS),
        Result("the main thread is busy", 100 * whole.busy / seconds, "%", BUSY),
        Result("the heap at first", begun, "MB"),
        Result("the heap grew by", grown, "MB", GROWTH_MB),
    ]


def main() -> int:
    """Measure; returns how many figures are over their limit."""
    parser = grammar("bench.chain_page", __doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of one window (%(default)s)")
    parser.add_argument("--windows", type=int, default=3, help="how many (%(default)s)")
    given = parser.parse_args()
    if (path := chromium.find()) is None:
        print("Missing: Chromium.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return report("The option chain in a browser", measure(given, path, pathlib.Path(folder)), given.results)


if __name__ == "__main__":
    sys.exit(main())
