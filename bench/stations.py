"""Where Tapedeck's time goes, station by station: `python -m bench.stations [--symbols 20] [--rate 10]`.

A desk under load is sampled (bench.sampled); each sample counts for the station of its innermost function that belongs
to one. Printed are the stations and the functions that cost most, in percent of the main thread's CPU time and in µs of
it per delivered update.
"""

import asyncio
import collections
import pathlib
import signal
import sys
import tempfile
import time
import typing

from bench.bed import open_bed
from bench.results import grammar

STATIONS = {
    "venue socket": (
        "brokers/tastytrade/direct", "brokers/tastytrade/websocket", "websockets/asyncio", "tastytrade/streamer",
        "anyio/",
    ),
    "accounts": (
        "brokers/tastytrade/account/", "brokers/tastytrade/session", "brokers/tastytrade/run", "httpx2/", "httpcore2/",
    ),
    "adapter": ("brokers/",),
    "receive": ("streaming/links/", "streaming/manager/", "streaming/feeds/"),
    "board": ("streaming/board/",),
    "host": ("streaming/host/", "streaming/wire/subscription", "streaming/bus/"),
    "encode": ("streaming/wire/",),
    "hub": ("streaming/hub/", "streaming/sockets/credit", "streaming/telemetry/counters", "lib/percentiles"),
    "write": (
        "streaming/sockets/", "streaming/consumers", "uvicorn/protocols", "channels/", "django/utils/functional",
    ),
    "ledger": ("streaming/", "lib/"),
    "loop": ("asyncio/", "uvicorn/"),
}  # fmt: skip
"""Stations by the beginnings of their modules; the first that fits counts."""
TOP = 25

Samples = dict[tuple[str, ...], int]


def read(text: str) -> Samples:
    """Read what bench.sampled wrote: stacks of `module:function`, innermost last, without the line."""
    samples: Samples = collections.Counter()
    for line in text.splitlines():
        stack, _, times = line.rpartition(" ")
        places = stack.split(";")[:-1]
        samples[tuple(short(place) for place in places)] += int(times)
    return samples


def short(place: str) -> str:
    """Return a place without the folders above its package."""
    root = str(pathlib.Path(__file__).parent.parent)
    for mark in ("site-packages/", "lib/python3.11/", f"{root}/"):
        place = place.rpartition(mark)[2]
    return place


def station(stack: tuple[str, ...]) -> str:
    """Return where a sample belongs: `board` is split in taking an event and in answering."""
    for place in reversed(stack):
        for name, beginnings in STATIONS.items():
            if place.startswith(beginnings):
                if name == "board":
                    return "board: apply" if any(":Board.apply" in one for one in stack) else "board: since"
                if name == "loop" and any(one.startswith(STATIONS["write"]) for one in stack):
                    return "write"
                return name
    return "other"


def shares(samples: Samples, name: typing.Callable[[tuple[str, ...]], str]) -> list[tuple[str, float]]:
    """Return how much of the samples each name has, most first."""
    total = sum(samples.values())
    found: collections.Counter[str] = collections.Counter()
    for stack, times in samples.items():
        found[name(stack)] += times
    return [(one, times / total) for one, times in found.most_common()]


def text_of(file: pathlib.Path) -> str:
    """Wait until a file is there and return what it says."""
    while not file.exists():
        time.sleep(0.05)
    return file.read_text()


async def sample(people: int, symbols: int, rate: float, seconds: float) -> tuple[Samples, float]:
    """Return the samples of a desk under load, and what an update cost there in µs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = pathlib.Path(folder) / "samples"
        async with open_bed("tapedeck", pathlib.Path(folder), people, symbols, file) as bed:
            await bed.grow(people)
            bed.system.process.send_signal(signal.SIGUSR1)
            window = await bed.window(symbols, rate, seconds)
            bed.system.process.send_signal(signal.SIGUSR2)
            text = await asyncio.to_thread(text_of, file)
            bed.end()
            return read(text), window.us_per_update


def main() -> int:
    """Sample and show."""
    parser = grammar("bench.stations", __doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of a symbol a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    samples, cost = asyncio.run(sample(given.people, given.symbols, given.rate, given.seconds))
    print(f"{given.people} people, {given.symbols} symbols, {given.rate:g}/s: {cost:.1f} µs an update, sampled")
    for title, name in (("station", station), ("function", lambda stack: stack[-1])):
        print(f"\n{title}")
        for one, share in shares(samples, name)[:TOP]:
            print(f"  {100 * share:5.1f} %  {cost * share:7.1f} µs  {one}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
