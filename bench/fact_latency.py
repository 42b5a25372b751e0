"""How long it takes from an event at a venue to a browser: `python -m bench.fact_latency`.

One person is linked to every simulated venue; orders live there at random, and a socket of a desk of two processes is
told what comes of it. Counted is from the venue's own time of an event to the moment at which it has come through the
socket: both clocks are this machine's. Then nothing happens for a while, and what each venue is asked is counted.
"""

import argparse
import asyncio
import pathlib
import statistics
import sys
import tempfile
import time
import typing

from bench.results import Result, grammar, report
from tests.scenarios.faults.clients import Message
from tests.scenarios.three_books.book_readers import Library, Shelf
from tests.scenarios.three_books.recording_clients import SocketKeeper
from tests.scenarios.three_books.template import make_linked
from tests.scenarios.three_books.world import Plan, World
from tests.support.eventually import eventually

LIMIT_MS = 100.0
IDLE_LIMIT = 60.0
"""Requests a minute to a venue where nothing happens: who asks for what is new asks once a second at least."""


class Timer(SocketKeeper):
    """Notes how late each fact came, in ms, by its link."""

    def __init__(self, *given: typing.Any) -> None:
        super().__init__(*given)
        self.late_ms: dict[str, list[float]] = {}

    def tell(self, fact: Message) -> None:
        """Keep one fact, and how old it was."""
        super().tell(fact)
        if fact["type"] in ("order", "fill") and not fact.get("recovered"):
            self.late_ms.setdefault(fact["link"], []).append(time.time_ns() / 1e6 - fact["at"])


def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement. Raises SystemExit when something was lost on the way."""
    with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as made:
        folder = pathlib.Path(made)
        plan = Plan(seed=given.seed, web=1, streams=1, keepers=(Timer,), speed=1.0)
        with World(folder, plan, make_linked(folder / "template")) as world:
            library = world.library
            library.live(given.acts, given.rate, given.seed)
            eventually(lambda: library.is_over, within=10 * given.acts / given.rate + 30)
            if differs := library.agreed(90):
                raise SystemExit(f"The books differ: {differs}")
            (timer,) = (keeper for keeper in library.keepers if isinstance(keeper, Timer))
            results = [result for shelf in library.shelves for result in of_venue(shelf, timer.late_ms[shelf.link])]
            return results + asyncio.run(count_idle(library, given.idle))


def of_venue(shelf: Shelf, late_ms: list[float]) -> list[Result]:
    """Return what was measured of one venue."""
    parts = statistics.quantiles(late_ms, n=100)
    return [
        Result(f"{shelf.venue}: events told live", len(late_ms), ""),
        Result(f"{shelf.venue}: event to socket, median", parts[49], "ms"),
        Result(f"{shelf.venue}: event to socket, 99 of 100", parts[98], "ms", LIMIT_MS),
    ]


async def count_idle(library: Library, seconds: float) -> list[Result]:
    """Count what the venues are asked while nothing happens."""
    before = {shelf.venue: library.asked(shelf) for shelf in library.shelves}
    await asyncio.sleep(seconds)
    return [
        Result(
            f"{shelf.venue}: requests while nothing happens",
            60 * (library.asked(shelf) - before[shelf.venue]) / seconds,
            "a minute",
            IDLE_LIMIT,
        )
        for shelf in library.shelves
    ]


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    parser = grammar("bench.fact_latency", __doc__)
    parser.add_argument("--acts", type=int, default=300, help="what happens to orders, at all venues")
    parser.add_argument("--rate", type=float, default=3.0, help="of that, a second")
    parser.add_argument("--idle", type=float, default=60.0, help="how long nothing happens, in s")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    title = f"Fact latency {given.rate:g} acts a second"
    return 1 if report(title, measure(given), given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
