"""A venue with many people whose symbols all change equally often: `python -m bench.busy_venue PEOPLE SYMBOLS RATE`.

Prints what `brokers.loopback --json` prints, then runs until SIGTERM.
"""

import asyncio
import logging
import random
import signal
import sys

import msgspec

from brokers.loopback import chains
from brokers.loopback.server import Options, Running, bind
from brokers.loopback.universe import LISTINGS

ACCOUNTS = "6WX"
"""What the numbers of the people's accounts begin with."""


def busy(people: int, symbols: int, rate: float) -> Running:
    """Make the venue: `people` with an account of stocks and an option each, `symbols` that change `rate` times a s."""
    running = Running(Options(port=0), bind(0))
    market = running.tastytrade.market
    names = names_of(symbols)
    for name in names:
        tape = market.tapes[name]
        tape.listing = msgspec.structs.replace(tape.listing, rate=rate)
    draw = random.Random(7)
    for number in range(people):
        option = chains.near(LISTINGS["QQQ"], market.at, 45, draw.choice((0.95, 1.0, 1.05)), draw.choice("CP"))
        held = {name: str(draw.randrange(1, 200)) for name in draw.sample(names, 4)} | {option.symbol: "2"}
        running.add_customer(
            client_secret=f"secret-{number}",
            refresh_token=f"refresh.{number}.token",
            accounts=[{"number": f"{ACCOUNTS}{number:05}", "cash": "10000", "positions": held}],
        )
    return running


def names_of(number: int) -> list[str]:
    """Return the first symbols that are traded in shares."""
    return [name for name, listing in LISTINGS.items() if listing.kind in ("etf", "equity")][:number]


async def serve(running: Running) -> None:
    """Serve until SIGTERM."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every client that is ended in mid-sentence
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(running.serve())
        await running.ready.wait()
        print(msgspec.json.encode(running.line).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(busy(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
