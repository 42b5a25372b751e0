"""The systems that are compared: each is a server with what it needs, and says where a person's socket connects."""

import asyncio
import contextlib
import os
import pathlib
import socket
import sys
import typing

import msgspec

from bench.busy_venue import ACCOUNTS
from bench.crowd import Grant
from bench.processes import Process, family, hear, run, say, started
from bench.viewers import TAPEDECK, Place
from brokers.catalogue import LOOPBACK_FILE
from config import env

SAMPLES = "BENCH_SAMPLES"
"""Names the file into which the samples of `bench.sampled` go."""


TAPEDECKS = {"tapedeck": (), "tapedeck 2+2": ("--web", "2", "--streams", "2")}
"""The desk in one process, and in two that serve and two that hold the streams: what each is started with."""


class Line(msgspec.Struct):
    """What the venue prints of itself."""

    rest: str
    account_stream: str
    grants: list[Grant]


class Venue:
    """A venue of one system's own: every one draws the same quotes, and no system disturbs another's."""

    def __init__(self, process: Process, line: Line) -> None:
        self.process = process
        self.line = line
        self.grants = [grant for grant in line.grants if grant.accounts[0].startswith(ACCOUNTS)]

    async def pace(self, rate: float, moving: int) -> None:
        """Let the first `moving` symbols change `rate` times a second; the others rest."""
        await say(self.process, f"{rate} {moving}")
        await hear(self.process)


@contextlib.asynccontextmanager
async def open_venue(people: int, symbols: int) -> typing.AsyncIterator[Venue]:
    """Run a venue whose symbols rest."""
    async with started("bench.busy_venue", str(people), str(symbols), "0", "--cash", "--stamped") as process:
        told = msgspec.json.decode(await hear(process), type=dict[str, msgspec.Raw])
        yield Venue(process, msgspec.json.decode(told["tastytrade"], type=Line))


class System(typing.Protocol):
    """A server that runs."""

    name: str
    process: Process

    @property
    def processes(self) -> list[int]:
        """Whose CPU time and memory are the server's."""

    def place(self, person: int, symbols: list[str]) -> Place:
        """Return where a person's socket goes."""


class Tapedeck:
    """The desk itself, by `manage.py up`."""

    def __init__(self, name: str, process: Process, url: str, cookies: list[str]) -> None:
        self.name = name
        self.process = process
        self._url = url
        self._cookies = cookies

    @property
    def processes(self) -> list[int]:
        """All of the desk's processes, and its Valkey."""
        return family(self.process.pid)

    def place(self, person: int, symbols: list[str]) -> Place:
        """Return where a person's socket goes."""
        hello = {"type": "hello", "watch": {"quotes": symbols}}
        headers = {"Cookie": self._cookies[person], "Sec-WebSocket-Protocol": TAPEDECK}
        return Place(f"{self._url}/ws/streaming/", headers, msgspec.json.encode(hello).decode())


@contextlib.asynccontextmanager
async def open_tapedeck(
    name: str, folder: pathlib.Path, venue: Venue, samples: pathlib.Path | None = None
) -> typing.AsyncIterator[Tapedeck]:
    """Run a desk on which every customer of `venue` is linked. With `samples` it is profiled into that file."""
    run_dir = folder / "run"
    run_dir.mkdir(mode=0o700, parents=True)
    (run_dir / LOOPBACK_FILE).write_bytes(msgspec.json.encode({"tastytrade": venue.line}))
    environment = clean() | {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    async with started("bench.people", environment=environment) as making:
        await say(making, msgspec.json.encode(venue.grants).decode())
        cookies = msgspec.json.decode(await hear(making), type=list[str])
        await making.wait()
    command = ["manage.py", "up", "--port", "0", *TAPEDECKS[name]]
    if samples is not None:
        environment[SAMPLES] = str(samples)
        command = ["-m", "bench.sampled", *command]
    async with run(sys.executable, *command, environment=environment) as process:
        url = (await hear(process, "Ready: ")).decode().split()[1].rstrip("/")
        drain = asyncio.create_task(ignore(process))
        try:
            yield Tapedeck(name, process, url.replace("http", "ws", 1), cookies)
        finally:
            drain.cancel()


class Rival:
    """A server that reads the same quotes by the stock SDK."""

    def __init__(self, name: str, process: Process, port: int) -> None:
        self.name = name
        self.process = process
        self._port = port

    @property
    def processes(self) -> list[int]:
        """The server, and its Valkey where it has one."""
        return family(self.process.pid)

    def place(self, person: int, symbols: list[str]) -> Place:
        """Return where a person's socket goes."""
        return Place(f"ws://127.0.0.1:{self._port}/ws/{person}")


@contextlib.asynccontextmanager
async def open_rival(name: str, folder: pathlib.Path, venue: Venue, symbols: list[str]) -> typing.AsyncIterator[Rival]:
    """Run `daphne` or `uvicorn` with `bench.obvious`, or `broadcast`."""
    run_dir = folder / "run"
    run_dir.mkdir(mode=0o700, parents=True)
    port = free_port()
    command = {
        "daphne": ("daphne", "-b", "127.0.0.1", "-p", str(port), "bench.obvious:application"),
        "uvicorn": ("uvicorn", "--host", "127.0.0.1", "--port", str(port), "bench.obvious:application"),
        "broadcast": ("bench.broadcast",),
    }[name]
    environment = clean() | {
        "RUN_DIR": str(run_dir),
        "BENCH_VENUE": venue.line.rest,
        "BENCH_GRANTS": msgspec.json.encode(venue.grants).decode(),
        "BENCH_SYMBOLS": ",".join(symbols),
    }
    async with started(*command, environment=environment, log=folder / "log") as process:
        if name == "broadcast":
            port = int(await hear(process))
        await listening(port)
        yield Rival(name, process, port)


async def listening(port: int) -> None:
    """Wait until something listens on `port`."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def ignore(process: Process) -> None:
    """Read what a process says, so that it never waits for a reader."""
    assert process.stdout is not None  # noqa: S101 (it was started with one)
    while await process.stdout.readline():
        pass


def clean() -> dict[str, str]:
    """Return this process's environment without any configuration of a desk."""
    names = env.VARIABLES + env.RESERVED
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in names}
    return kept | {"ENV_FILE": os.devnull, "LOG_LEVEL": "WARNING", "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """Return a port that is free now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
