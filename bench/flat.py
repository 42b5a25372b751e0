"""Whether a desk that streams for long keeps to its memory: `python -m bench.flat --minutes 30`.

People watch 20 symbols that change 10 times a second; every few seconds the memory that the server shares with nobody
is read. After a warm-up, in which caches fill, it must not grow.
"""

import argparse
import asyncio
import pathlib
import statistics
import sys
import tempfile

from bench.bed import Bed, open_bed
from bench.results import Result, grammar, report

GROWTH_MB = 3.0
"""What the medians of the first and the last fifth may differ by: what the kernel and malloc move by themselves."""


async def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with open_bed("tapedeck", pathlib.Path(folder), given.people, given.symbols) as bed:
            await bed.grow(given.people)
            await bed.venue.pace(given.rate, given.symbols)
            await asyncio.sleep(60 * given.warm_up)
            results = await watch(bed, 60 * given.minutes, given.every)
            bed.end()
            return results


async def watch(bed: Bed, seconds: float, every: float) -> list[Result]:
    """Read the memory again and again for so long."""
    memory: list[float] = []
    used = delivered = 0.0
    for _ in range(max(5, round(seconds / every))):
        window = await bed.count(every)
        used += window.server
        delivered += window.tally.updates
        memory.append(bed.memory_kb / 1024)
    fifth = len(memory) // 5
    begun, ended = statistics.median(memory[:fifth]), statistics.median(memory[-fifth:])
    return [
        Result("minutes", len(memory) * every / 60, "min"),
        Result("updates delivered", delivered, ""),
        Result("CPU an update", 1e6 * used / max(1.0, delivered), "µs"),
        Result("memory, first fifth", begun, "MB"),
        Result("memory, last fifth", ended, "MB"),
        Result("memory, most", max(memory), "MB"),
        Result("growth", ended - begun, "MB", GROWTH_MB),
    ]


def main() -> int:
    """Measure and report. Returns the exit code: 1 when memory grows."""
    parser = grammar("bench.flat", __doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=3.0, help="minutes")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two readings")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of a symbol a second")
    given = parser.parse_args()
    title = f"Flat {given.people} people {given.symbols} symbols {given.rate:g} changes a second"
    return 1 if report(title, asyncio.run(measure(given)), given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
