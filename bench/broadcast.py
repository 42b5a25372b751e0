"""The leanest plain design: `websockets.broadcast`, one frame per tick. Reads like `bench.obvious`; needs no layer.

It prints the port it listens on. Deflate is off: it would cost more than all the rest.
"""

import asyncio
import json
import os

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench import stock
from bench.crowd import Grant

VENUE = os.environ["BENCH_VENUE"]
GRANTS = msgspec.json.decode(os.environ["BENCH_GRANTS"], type=list[Grant])
SYMBOLS = os.environ["BENCH_SYMBOLS"].split(",")
sockets: dict[int, set[ServerConnection]] = {}
streams: dict[int, asyncio.Task[None]] = {}


async def stream(person: int) -> None:
    """Tell the person's sockets of every tick."""

    async def tell(message: stock.Message) -> None:
        broadcast(sockets[person], json.dumps(message))

    await stock.follow(VENUE, GRANTS[person], SYMBOLS, tell)


async def show(socket: ServerConnection) -> None:
    """Keep a socket; a person's first one starts their stream."""
    assert socket.request is not None  # noqa: S101 (there is one once the socket is open)
    person = int(socket.request.path.rpartition("/")[2])
    sockets.setdefault(person, set()).add(socket)
    if person not in streams:
        streams[person] = asyncio.create_task(stream(person))
    try:
        await socket.wait_closed()
    finally:
        sockets[person].discard(socket)


async def main() -> None:
    """Serve until SIGTERM."""
    async with serve(show, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
