"""A venue with many people whose symbols all change equally often: `python -m bench.busy_venue PEOPLE SYMBOLS RATE`.

Prints what `simulator --json` prints, then runs until SIGTERM. A line on stdin, `RATE SYMBOLS`, lets only the
first so many symbols change, so often; it is answered by `done`. SPY alone never rests for long: its silence would mean
that the feed is dead.
"""

import argparse
import asyncio
import logging
import random
import signal
import sys
import time

import msgspec

from simulator.market import option_listing
from simulator.market.universe import LISTINGS
from simulator.server import Options, SimRunning, bind
from simulator.tastytrade.dxlink import channels, connection
from simulator.tastytrade.dxlink.events import Subject, Values

ACCOUNTS = "6WX"
"""What the numbers of the people's accounts begin with."""
PULSE, PULSE_RATE = "SPY", 0.5
UNSTAMPED = 1_111_111_111_111
"""Stands in a row for the time at which the row is written, until it is."""


class StampedChannel(channels.Channel):
    """A channel whose quotes say, as their `bidTime`, when they were written; `askTime` stays when they changed."""

    def frame(self, inner: str) -> str:
        """Return one FEED_DATA, stamped."""
        return super().frame(inner.replace(str(UNSTAMPED), str(time.time_ns() // 1_000_000)))


def stamp(running: SimRunning) -> None:
    """Let every quote of the venue say when it was written."""
    vars(connection)["Channel"] = StampedChannel
    makers = running.tastytrade.feed._makers
    quote = makers["Quote"]

    def stamped(subject: Subject) -> Values:
        return {**(quote(subject) or {}), "bidTime": UNSTAMPED}

    makers["Quote"] = stamped


def busy(people: int, symbols: int, rate: float, *, holdings: bool = True) -> SimRunning:
    """Make the venue: `people` with an account, `symbols` that change `rate` times a s.

    With `holdings` an account has stocks and an option, whose value its stream tells of; else only cash.
    """
    running = SimRunning(Options(port=0), bind(0))
    names = names_of(symbols)
    draw = random.Random(7)
    at = running.tastytrade.market.at
    for number in range(people):
        held = {}
        if holdings:
            option = option_listing.near(LISTINGS["QQQ"], at, 45, draw.choice((0.95, 1.0, 1.05)), draw.choice("CP"))
            held = {name: str(draw.randrange(1, 200)) for name in draw.sample(names, 4)} | {option.symbol: "2"}
        running.add_customer(
            client_secret=f"secret-{number}",
            refresh_token=f"refresh.{number}.token",
            accounts=[{"number": f"{ACCOUNTS}{number:05}", "cash": "10000", "positions": held}],
        )
    pace(running, names, rate, symbols)
    return running


def pace(running: SimRunning, names: list[str], rate: float, moving: int) -> None:
    """Let the first `moving` of `names` change `rate` times a second from the next time they do; the others rest."""
    market = running.tastytrade.market
    for place, name in enumerate(names):
        moves = place < moving and rate > 0
        market.set_rate(name, rate if moves else PULSE_RATE)
        if moves or name == PULSE:
            market.resume(name)
        else:
            market.halt(name, market.at)


def names_of(number: int) -> list[str]:
    """Return the first symbols that are traded in shares."""
    return [name for name, listing in LISTINGS.items() if listing.kind in ("etf", "equity")][:number]


async def serve(running: SimRunning, names: list[str]) -> None:
    """Serve until SIGTERM."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every client that is ended in mid-sentence
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(running.serve())
        await running.ready.wait()
        print(msgspec.json.encode(running.line).decode(), flush=True)
        obeying = group.create_task(obey(running, names))
        await serving
        obeying.cancel()


async def obey(running: SimRunning, names: list[str]) -> None:
    """Take another pace from each line of stdin."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        rate, moving = line.split()
        pace(running, names, float(rate), int(moving))
        print("done", flush=True)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.busy_venue", description=__doc__)
    parser.add_argument("people", type=int)
    parser.add_argument("symbols", type=int)
    parser.add_argument("rate", type=float, help="changes of a symbol a second")
    parser.add_argument("--cash", action="store_true", help="accounts hold nothing but cash")
    parser.add_argument("--stamped", action="store_true", help="bidTime says when a quote was written")
    given = parser.parse_args()
    running = busy(given.people, given.symbols, given.rate, holdings=not given.cash)
    if given.stamped:
        stamp(running)
    asyncio.run(serve(running, names_of(given.symbols)))


if __name__ == "__main__":
    main()
