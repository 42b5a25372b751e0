"""What the desk costs a browser: `python -m bench.desk_page --seconds 20`.

One person's desk on the simulated venue, whose market moves `--speed` times as fast as it does: a watchlist of every
share there is, all rows of it to be seen, beside the usual panels. Measured in Chromium without a graphics card: how
soon there is something to see and something live, what its main thread does, long tasks, from a change at the server to
its paint, and what is left of the heap after a collection. `--minutes 60` watches the heap for an hour.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import typing

from playwright.sync_api import Browser, Page, sync_playwright

from bench.chain_page import Watched
from bench.results import Result, grammar, report
from brokers.loopback.universe import LISTINGS
from tests import chromium
from tests.browser.conftest import FLAGS
from tests.desk import Desk, make_template

BUSY, LONG, PAINTED_MS, GROWTH, FIRST_MS, LIVE_MS = 25.0, 0.0, 200.0, 5.0, 1_000.0, 1_500.0
"""What is claimed: the main thread and the heap's growth in percent, long tasks, and times in ms."""

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
  const main = document.querySelector("script[src*='js/main']").src;
  const { sent } = await import(main.replace("main", "site"));
  const made = await sent("POST", "/api/watchlists", { name: "Everything", symbols });
  const panels = [...document.querySelectorAll(".cell")].map(({ dataset: { panel } }) => panel);
  const place = (name) => name === "watchlist" ? { name, width: 12, height: 24 } : { name, width: 4, height: 8 };
  const laid = await sent("PUT", "/api/desk/layout/wide", { panels: panels.map(place) });
  return [made.status, laid.status, made.body.id];
}"""
COUNT = """async () => {
  const main = document.querySelector("script[src*='js/main']").src;
  const { connection, renderer } = await import(main.replace("main", "desk"));
  globalThis.taken = () => ({ slots: 0, frames: [], long: 0, painted: [] });
  globalThis.counted = taken();
  new PerformanceObserver((list) => { counted.long += list.getEntries().length; }).observe({ type: "longtask" });
  connection.intake.addEventListener("frame", ({ detail }) => {
    counted.slots += detail.state.length;
    renderer.mark({ paint: () => setTimeout(() => counted.painted.push(Date.now() - detail.at)) });
  });
  return document.querySelectorAll(".watchlist td:not(.tools), .chain tbody td, .quotes td, .positions td, dd").length;
}"""
FIRSTS = "() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, firstLive ?? 0]"
TAKE = "() => { const were = counted; globalThis.counted = taken(); return were; }"


@contextlib.contextmanager
def opened(browser: Browser, desk: Desk, warm_up: float) -> typing.Iterator[tuple[Page, list[float]]]:
    """Open the usual desk, then with every share in its watchlist. Gives the first paint of the usual one, and when it
    came to life, in ms.
    """
    context = browser.new_context(base_url=desk.url, viewport={"width": 1920, "height": 1400})
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
    page.locator("feed-badge[data-state=live]").wait_for(timeout=30_000)
    page.wait_for_timeout(1000 * warm_up)
    yield page, firsts
    context.close()


def measure(given: argparse.Namespace, path: str, folder: pathlib.Path) -> list[Result]:
    """Run the measurement."""
    template = make_template(folder / "template")
    venue = ("--speed", str(given.speed))
    with Desk(folder / "desk", template, venue=venue) as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with opened(browser, desk, given.warm_up) as (page, (first, live)):
            cells = page.evaluate(COUNT)
            watched = Watched(page, page.context.new_cdp_session(page), TAKE)
            begun = watched.heap_mb()
            seconds = given.minutes * 60 or given.seconds
            seen = watched.window(seconds)
            grown = watched.heap_mb() - begun
        browser.close()
    painted = sorted(seen.painted) or [0.0]
    return [
        Result("cells", cells, ""),
        Result("updates a second", seen.slots / seen.seconds, ""),
        Result("the first paint with content", first, "ms", FIRST_MS),
        Result("the first live value", live, "ms", LIVE_MS),
        Result("the main thread is busy", 100 * seen.busy / seen.seconds, "%", BUSY),
        Result("tasks of more than 50 ms", seen.long, "", LONG),
        Result("from the server to the paint, 95 of 100 within", painted[int(0.95 * len(painted))], "ms", PAINTED_MS),
        Result("the heap at first", begun, "MB"),
        Result("the heap grew by", 100 * grown / begun, "%", GROWTH),
    ]


def main() -> int:
    """Measure; returns how many figures are over their limit."""
    parser = grammar("bench.desk_page", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (%(default)s)")
    parser.add_argument("--minutes", type=float, default=0, help="how long, instead of --seconds")
    parser.add_argument("--warm-up", type=float, default=10, help="in seconds (%(default)s)")
    parser.add_argument("--speed", type=float, default=2, help="how fast the market moves (%(default)s)")
    given = parser.parse_args()
    if (path := chromium.find()) is None:
        print("Missing: Chromium.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return report("The desk in a browser", measure(given, path, pathlib.Path(folder)), given.results)


if __name__ == "__main__":
    sys.exit(main())
