"""Hours of comings and goings on a desk of several processes: `python -m tests.scenarios.leaks --minutes 60`.

In each round people stream, hundreds come and go by every carrier, and links are made, streamed and removed; then
everybody leaves, and the books of every process must be those of the end of the warm-up. Prints a row a round.
"""

import argparse
import asyncio
import contextlib
import pathlib
import sys
import tempfile
import time

from tests.scenarios.leaks import books, visitors
from tests.scenarios.leaks.place import VARIABLES
from tests.support.desk import Desk, make_template
from tests.support.people import ALICE, BOB
from tests.support.watcher import Watcher

WATCH = ["QQQ", "SPY", "IWM", "AAPL", "NVDA", "TSLA"]


async def play(desk: Desk, cookies: list[str], linker: visitors.Linker, given: argparse.Namespace) -> None:
    """Let one round pass."""
    async with contextlib.AsyncExitStack() as stack:
        for number in range(given.people):
            await stack.enter_async_context(Watcher(desk, cookies[number % len(cookies)], quotes=WATCH))
        async with asyncio.TaskGroup() as group:
            group.create_task(visitors.come_and_go(desk, cookies, given.visits))
            group.create_task(linker.cycle(given.cycles))
            group.create_task(asyncio.sleep(given.seconds))


def kept(found: books.Books) -> str:
    """Return the memory of each process, in KB, and how many clients the layer has."""
    memory = [f"{name} {book['memory']['bytes'] / 1024:.0f} KB" for name, book in found.items() if "memory" in book]
    return ", ".join([*memory, f"{found['layer']['held']['clients']:.0f} clients of the layer"])


def soak(desk: Desk, given: argparse.Namespace) -> None:
    """Play round after round. Raises AssertionError with what was held in the end of one."""
    desk.order("customer", **visitors.CUSTOMER)
    cookies = [desk.cookie(email) for email in (ALICE, BOB)]
    with desk.sign_in(BOB) as browser:
        linker = visitors.Linker(desk, browser)
        for _ in range(given.warm_up):  # until every process has done everything once
            asyncio.run(play(desk, cookies, linker, given))
        before, began, number = books.settled(desk), time.monotonic(), 0
        print(f"begins with {kept(before)}", flush=True)
        while time.monotonic() - began < 60 * given.minutes:
            number += 1
            asyncio.run(play(desk, cookies, linker, given))
            after = books.assert_returned(desk, before)
            print(f"{(time.monotonic() - began) / 60:5.1f} min, round {number}: {kept(after)}", flush=True)


def main() -> int:
    """Soak. Returns the exit code: 1 when anything was left."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.leaks", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--warm-up", type=int, default=5, help="rounds")
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--people", type=int, default=12, help="who streams through a whole round")
    parser.add_argument("--visits", type=int, default=400, help="a round")
    parser.add_argument("--cycles", type=int, default=5, help="links made and removed a round")
    parser.add_argument("--seconds", type=float, default=60.0, help="the least that a round takes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = pathlib.Path(name)
        template = make_template(folder / "template")
        with Desk(folder / "desk", template, web=given.web, streams=given.streams, variables=VARIABLES) as desk:
            try:
                soak(desk, given)
            except AssertionError as left:
                print(f"Left behind: {left}", file=sys.stderr)
                return 1
    print("Nothing was left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
