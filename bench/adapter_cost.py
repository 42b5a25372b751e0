"""What streaming one link costs: `python -m bench.adapter_cost`. Our adapter beside the stock SDK, at the same time.

Both watch the same 50 symbols, which change 10 times a second, on the same venue, each in a process of its own. Counted
is the CPU time of those processes.
"""

import argparse
import asyncio
import contextlib
import sys

import msgspec

from bench.busy_venue import ACCOUNTS, names_of
from bench.processes import cpu_seconds, hear, resident_mb, say, started
from bench.results import Result, grammar, report

NAMES = {"ours": "our adapter", "stock": "stock SDK"}


async def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement."""
    async with contextlib.AsyncExitStack() as stack:
        venue = await stack.enter_async_context(started("bench.busy_venue", "2", str(given.symbols), str(given.rate)))
        line = msgspec.json.decode(await hear(venue))["tastytrade"]
        grants = [grant for grant in line["grants"] if grant["accounts"][0].startswith(ACCOUNTS)]
        readers = {}
        for how, grant in zip(NAMES, grants, strict=True):
            addresses = (line["rest"], line["account_stream"], grant["client_secret"], grant["refresh_token"])
            arguments = ("bench.reader", how, *addresses, *names_of(given.symbols))
            readers[how] = await stack.enter_async_context(started(*arguments))
        for reader in readers.values():
            await hear(reader)
        await asyncio.sleep(given.warm_up)
        before = {how: cpu_seconds(reader.pid) for how, reader in readers.items()}
        for reader in readers.values():
            await say(reader, "start")
        await asyncio.sleep(given.seconds)
        results = []
        for how, reader in readers.items():
            used, memory = cpu_seconds(reader.pid) - before[how], resident_mb(reader.pid)
            await say(reader, "stop")
            events = int(await hear(reader))
            results += [
                Result(f"{NAMES[how]}: CPU", 100 * used / given.seconds, "% of a core"),
                Result(f"{NAMES[how]}: events told", events / given.seconds, "/s"),
                Result(f"{NAMES[how]}: CPU an event", 1e6 * used / max(1, events), "µs"),
                Result(f"{NAMES[how]}: memory", memory, "MB"),
            ]
        return results


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.adapter_cost", __doc__)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of a symbol a second")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long to count")
    given = parser.parse_args()
    return report(f"One link {given.symbols} symbols", asyncio.run(measure(given)), given.results)


if __name__ == "__main__":
    sys.exit(main())
