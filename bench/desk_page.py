"""What the desk costs a browser: `python -m bench.desk_page --seconds 20`.

One person's desk on the simulated venue, whose market moves `--speed` times as fast as it does, on a large screen: a
watchlist of every share there is, 40 strikes of a chain with all their columns, and the usual panels beside them.
Measured in Chromium without a graphics card: how soon there is something to see and something live, what its main
thread does, long tasks, from a change at the server to its paint, and what is left of the heap after a collection.
`--minutes 60` watches the heap for an hour; medians of the first and the last fifth of its readings are compared.
"""

import argparse
import contextlib
import pathlib
import statistics
import sys
import tempfile
import typing

from playwright.sync_api import Browser, Page, sync_playwright

from bench.chain_page import Watched, Window
from bench.results import Result, grammar, report
from simulator.market.universe import LISTINGS
from tests.browser.conftest import FLAGS
from tests.support import chromium
from tests.support.desk import Desk, make_template

BUSY, LONG, PAINTED_MS, GROWTH, FIRST_MS, LIVE_MS = 25.0, 0.0, 200.0, 5.0, 1_000.0, 1_500.0
"""What is claimed: the main thread and the heap's growth in percent, long tasks, and times in ms."""
STRIKES = 40
READINGS = 5
"""The heap is read so many times at least."""

BEGIN = """
globalThis.firstLive = null;
const look = () => {
  const price = document.querySelector("live-quote[data-state=live] [data-field=price]");
  if (price && price.textContent !== "–") globalThis.firstLive = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Runs before the page's own scripts: notes when the first value that is said to be live stands there."""

ARRANGE = """async (symbols) => {
  const { sent } = await import(document.querySelector("script[src*='js/main']").src);
  const made = await sent("POST", "/api/watchlists", { name: "Everything", symbols });
  const panels = [...document.querySelectorAll(".cell")].map(({ dataset: { panel } }) => panel);
  const tall = { watchlist: 3, chain: 6 };
  const place = (name) => ({ name, width: tall[name] ?? 3, height: name in tall ? 24 : 12 });
  panels.sort((one, other) => (other in tall) - (one in tall));
  const laid = await sent("PUT", "/api/desk/layout/wide", { panels: panels.map(place) });
  return [made.status, laid.status, made.body.id];
}"""
COUNT = """async () => {
  const { connection, renderer } = await import(document.querySelector("script[src*='js/main']").src);
  globalThis.taken = () => ({ slots: 0, frames: [], long: 0, painted: [] });
  globalThis.counted = taken();
  const note = (entries) => { counted.long += entries.length; };
  const long = new PerformanceObserver((list) => note(list.getEntries()));
  globalThis.take = () => {
    note(long.takeRecords());
    const were = counted;
    globalThis.counted = taken();
    return were;
  };
  long.observe({ type: "longtask" });
  connection.inbox.addEventListener("frame", ({ detail: { at, state } }) => {
    counted.slots += state.length;
    renderer.mark({ paint: () => setTimeout(() => counted.painted.push(Date.now() - at)) });
  });
  const cells = document.querySelectorAll(".watchlist td:not(.tools), .chain tbody td, .quotes td, .positions td, dd");
  const seen = await new Promise((done) => {
    const sight = new IntersectionObserver(done);
    for (const cell of cells) sight.observe(cell);
  });
  const isLive = ({ isIntersecting, target: { textContent, firstElementChild } }) =>
    isIntersecting && (firstElementChild || !["", "–"].includes(textContent.trim()));
  return seen.filter(isLive).length;
}"""
"""Counts from now on. Returns how many cells with a value in them are on the screen, not cut off by their panel."""
FILLED = """(strikes) => {
  const rows = [...document.querySelectorAll(".chain tbody tr")];
  return rows.length >= strikes && rows.every((row) => /\\d\\D+\\d\\D+\\d\\D+\\d/.test(row.textContent));
}"""
"""Whether so many strikes are shown, each with some values beside it."""
DRAWN = """() =>
  document.querySelectorAll(".watchlist polyline:not([points]), .watchlist polyline[points='']").length === 0"""
FIRSTS = "() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, firstLive ?? 0]"
TAKE = "take()"


@contextlib.contextmanager
def opened(browser: Browser, desk: Desk, warm_up: float) -> typing.Iterator[tuple[Page, list[float]]]:
    """Open the usual desk, then with every share in its watchlist. Gives the first paint of the usual one, and when it
    came to life, in ms.
    """
    context = browser.new_context(base_url=desk.url, viewport={"width": 2560, "height": 1440})
    context.add_cookies([
        {"name": name, "value": value, "url": desk.url}
        for name, _, value in (pair.partition("=") for pair in desk.cookie().split("; "))
    ])  # fmt: skip
    page = context.new_page()
    page.add_init_script(BEGIN)
    for _ in range(2):  # by then server and browser are warm
        page.goto("/")
        page.locator("feed-badge[data-state=live]").wait_for(timeout=30_000)
    firsts = page.evaluate(FIRSTS)
    symbols = [name for name, listing in LISTINGS.items() if listing.kind in ("etf", "equity")]
    made, laid, number = page.evaluate(ARRANGE, symbols)
    if (made, laid) != (201, 200):
        raise RuntimeError(f"the desk could not be arranged: {made}, {laid}")
    page.goto(f"/?list={number}")
    page.locator("option-chain[data-state=live]").wait_for(timeout=30_000)
    page.locator(f".chain-choices [name=rows][value='{STRIKES}']").check()
    page.wait_for_function(FILLED, arg=STRIKES, timeout=30_000)
    if warm_up:
        page.wait_for_function(DRAWN, timeout=1000 * warm_up)
    yield page, firsts
    context.close()


class Heap(typing.NamedTuple):
    """What was left after collections, in MB."""

    first: float
    last: float

    @classmethod
    def of(cls, read: typing.Sequence[float]) -> "Heap":
        """Return the medians of the first and the last fifth of what was read, as single readings are not alike."""
        fifth = len(read) // READINGS
        return cls(statistics.median(read[:fifth]), statistics.median(read[-fifth:]))

    @property
    def growth(self) -> float:
        """In percent."""
        return 100 * (self.last - self.first) / self.first


def watch(watched: Watched, seconds: float, every: float) -> tuple[Window, Heap]:
    """Watch a page for so long and read its heap again and again."""
    windows, read = [], []
    for _ in range(max(READINGS, round(seconds / every))):
        windows.append(watched.window(min(every, seconds / READINGS)))
        read.append(watched.heap_mb())
        passed = sum(window.seconds for window in windows) / 60
        print(
            f"{passed:8.1f} min  {windows[-1].slots / windows[-1].seconds:6.0f} updates/s  {read[-1]:.3f} MB",
            flush=True,
        )
    whole = Window(
        seconds=sum(window.seconds for window in windows),
        busy=sum(window.busy for window in windows),
        frames=[],
        slots=sum(window.slots for window in windows),
        long=sum(window.long for window in windows),
        painted=[ms for window in windows for ms in window.painted],
    )
    return whole, Heap.of(read)


def measure(given: argparse.Namespace, path: str, folder: pathlib.Path) -> list[Result]:
    """Run the measurement."""
    template = make_template(folder / "template")
    venue = ("--speed", str(given.speed))
    with Desk(folder / "desk", template, venue=venue) as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with opened(browser, desk, given.warm_up) as (page, (first, live)):
            cells = page.evaluate(COUNT)
            watched = Watched(page, page.context.new_cdp_session(page), TAKE)
            before = watched.held_mb()
            seen, heap = watch(watched, given.minutes * 60 or given.seconds, given.every)
            held = watched.held_mb()
        browser.close()
    painted = sorted(seen.painted) or [0.0]
    return [
        Result("cells that are seen live", cells, ""),
        Result("updates a second", seen.slots / seen.seconds, ""),
        Result("the first paint with content", first, "ms", FIRST_MS),
        Result("the first live value", live, "ms", LIVE_MS),
        Result("the main thread is busy", 100 * seen.busy / seen.seconds, "%", BUSY),
        Result("tasks of more than 50 ms", seen.long, "", LONG),
        Result("from the server to the paint, 95 of 100 within", painted[int(0.95 * len(painted))], "ms", PAINTED_MS),
        Result("the heap at first", heap.first, "MB"),
        Result("the heap grew by", heap.growth, "%", GROWTH),
        Result("of it the data of scripts at first", before, "MB"),
        Result("the data of scripts grew by", 100 * (held - before) / before, "%", GROWTH),
    ]


def main() -> int:
    """Measure; returns how many figures are over their limit."""
    parser = grammar("bench.desk_page", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (%(default)s)")
    parser.add_argument("--minutes", type=float, default=0, help="how long, instead of --seconds")
    parser.add_argument(
        "--every", type=float, default=20, help="seconds between two readings of the heap (%(default)s)"
    )
    parser.add_argument(
        "--warm-up",
        type=float,
        default=600,
        help="wait so long at most, in seconds, until all days are drawn; 0: do not",
    )
    parser.add_argument("--speed", type=float, default=1, help="how fast the market moves (%(default)s)")
    given = parser.parse_args()
    if (path := chromium.find()) is None:
        print("Missing: Chromium.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return report("The desk in a browser", measure(given, path, pathlib.Path(folder)), given.results)


if __name__ == "__main__":
    sys.exit(main())
