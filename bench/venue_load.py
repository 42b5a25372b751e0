"""What one venue process costs under load: `python -m bench.venue_load`.

200 people, each with an account, a DXLink connection of 50 symbols that change 10 times a second and an account stream
with its notifications. Counted is the CPU time of the venue's process alone, as Linux accounts for it, so a busy
machine makes the figure no worse; latency it does. Changes that come within one aggregation period, or while the venue
waits for a core, are conflated: the limit is held against what it would cost to deliver every change there is, in that
of several windows in which the most was delivered.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys

import msgspec

from bench.busy_venue import ACCOUNTS, names_of
from bench.crowd import Count, Crowd, Grant
from bench.processes import Process, cpu_seconds, hear, resident_mb, say, started
from bench.results import Result, grammar, report

CPU_LIMIT = 60.0
DELIVERED = "events delivered"


class Line(msgspec.Struct):
    """What the venue prints of itself."""

    rest: str
    account_stream: str
    grants: list[Grant]


async def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement."""
    async with contextlib.AsyncExitStack() as stack:
        arguments = (str(given.people), str(given.symbols), str(given.rate))
        venue = await stack.enter_async_context(started("bench.busy_venue", *arguments))
        line = msgspec.convert(msgspec.json.decode(await hear(venue))["tastytrade"], Line)
        grants = [grant for grant in line.grants if grant.accounts[0].startswith(ACCOUNTS)]
        crowds = []
        for number in range(given.processes):
            crowds.append(await stack.enter_async_context(started("bench.crowd")))
            part = grants[number :: given.processes]
            crowd = Crowd(line.rest, line.account_stream, part, names_of(given.symbols), given.period, given.windows)
            await say(crowds[-1], msgspec.json.encode(crowd).decode())
        for process in crowds:
            await hear(process)
        await asyncio.sleep(given.warm_up)
        windows = [await count(venue, crowds, given) for _ in range(given.windows)]
        return max(windows, key=lambda results: next(r.figure for r in results if r.name == DELIVERED))


async def count(venue: Process, crowds: list[Process], given: argparse.Namespace) -> list[Result]:
    """Count while everything runs."""
    loop = asyncio.get_running_loop()
    before, begun = cpu_seconds(venue.pid), loop.time()
    for process in crowds:
        await say(process, "start")
    await asyncio.sleep(given.seconds)
    for process in crowds:
        await say(process, "stop")
    used, passed = cpu_seconds(venue.pid) - before, loop.time() - begun
    memory = resident_mb(venue.pid)
    counts = [msgspec.json.decode(await hear(process), type=Count) for process in crowds]
    latencies = statistics.quantiles((one for part in counts for one in part.latencies), n=100)
    events = sum(part.events for part in counts)
    due = given.people * given.symbols * min(given.rate, 1 / given.period) * passed
    return [
        Result("CPU of the venue", 100 * used / passed, "% of a core"),
        Result("if none were conflated", 100 * used / passed * max(1.0, due / events), "% of a core", CPU_LIMIT),
        Result(DELIVERED, events / passed, "/s"),
        Result("messages delivered", sum(part.messages for part in counts) / passed, "/s"),
        Result("account notifications", sum(part.notices for part in counts) / passed, "/s"),
        Result("CPU an event", 1e6 * used / events, "µs"),
        Result("latency, median", latencies[49], "ms"),
        Result("latency, 99 of 100", latencies[98], "ms"),
        Result("memory of the venue", memory, "MB"),
    ]


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    parser = grammar("bench.venue_load", __doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of a symbol a second")
    parser.add_argument("--period", type=float, default=0.1, help="aggregation period the clients ask for, in s")
    parser.add_argument("--processes", type=int, default=2, help="processes the clients are spread over")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to count")
    parser.add_argument("--windows", type=int, default=4, help="how often; the one in which most was delivered counts")
    given = parser.parse_args()
    title = f"Venue load {given.people} people {given.symbols} symbols {given.rate:g} changes a second"
    return 1 if report(title, asyncio.run(measure(given)), given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
