"""One reader of a venue: `python -m bench.reader ours|stock REST ACCOUNT_STREAM SECRET REFRESH SYMBOL…`.

Streams quotes, trades, summaries and profiles of the symbols, by our adapter or by the stock SDK, which our adapter is
built on. Answers `ready` after the first quote and, to the line `stop`, how many events it was told since `start`.
"""

import asyncio
import sys
import typing

from tastytrade import DXLinkStreamer, session
from tastytrade.dxfeed import Event, Profile, Quote, Summary, Trade

from bench.processes import order
from brokers.contract.broker import Credentials, Demand, Endpoints, Watch
from brokers.tastytrade import Tastytrade

TYPES: tuple[type[Event], ...] = (Quote, Trade, Summary, Profile)


class Told:
    """Counts what a reader is told."""

    def __init__(self) -> None:
        self.events = 0
        self.first = asyncio.Event()

    def __call__(self, event: object) -> None:
        """Take one event."""
        self.events += 1
        self.first.set()


async def ours(rest: str, account_stream: str, secret: str, refresh: str, symbols: list[str], told: Told) -> None:
    """Read with our adapter."""
    broker = Tastytrade(
        link="bench",
        credentials=Credentials(client_secret=secret, refresh_token=refresh),
        endpoints=Endpoints(rest, account_stream),
        environment="simulated",
    )
    await broker.run(Watch(Demand(quotes=frozenset(symbols))), told)


async def stock(rest: str, account_stream: str, secret: str, refresh: str, symbols: list[str], told: Told) -> None:
    """Read with the stock SDK."""
    vars(session)["API_URL"] = rest  # the one thing of the SDK that is replaced

    async def listen(streamer: DXLinkStreamer, kind: type[Event]) -> None:
        async for event in streamer.listen(kind):
            told(event)

    async with (
        session.Session(secret, refresh, verify=False, trust_env=False) as signed_in,
        DXLinkStreamer(signed_in) as feed,
    ):
        for kind in TYPES:
            await feed.subscribe(kind, symbols)
        async with asyncio.TaskGroup() as group:
            for kind in TYPES:
                group.create_task(listen(feed, kind))


async def main(how: str, rest: str, account_stream: str, secret: str, refresh: str, *symbols: str) -> None:
    """Read until told to stop."""
    told = Told()
    read: typing.Callable[..., typing.Coroutine[typing.Any, typing.Any, None]] = {"ours": ours, "stock": stock}[how]
    reading = asyncio.create_task(read(rest, account_stream, secret, refresh, list(symbols), told))
    first = asyncio.create_task(told.first.wait())
    await asyncio.wait((reading, first), return_when=asyncio.FIRST_COMPLETED)
    if reading.done():
        reading.result()
    print("ready", flush=True)
    await order("start")
    before = told.events
    await order("stop")
    print(told.events - before, flush=True)
    reading.cancel()
    await asyncio.wait((reading,))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
