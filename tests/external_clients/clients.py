"""Clients that other people wrote for the real venue, each in a process of its own.

They are installed by `.ci/needs` as their authors published them; nothing of them is replaced but the address they
are given. A small script in `bridges/` lends their objects to the tests as JSON lines.
"""

import asyncio
import asyncio.subprocess
import contextlib
import itertools
import os
import pathlib
import typing

import msgspec
import playwright

from simulator.server import SimRunning

ROOT = pathlib.Path(__file__).parents[2]
PYTHON = ROOT / ".venv-outside/bin/python"
TRADIER_PYTHON = ROOT / ".venv-tradier/bin/python"
"""That of the client of Tradier, which needs other versions."""
ALPACA_PYTHON = ROOT / ".venv-alpaca/bin/python"
"""That of Alpaca's own SDK, which brings pandas."""
NODE = pathlib.Path(playwright.__file__).parent / "driver/node"
"""The Node.js that drives the browser: the same on every machine, and newer than Debian's."""
PACKAGE = "tests.external_clients"
PATIENCE_S = 20.0
_LONGEST_LINE = 1 << 26
Line = dict[str, typing.Any]


class Refused(Exception):
    """A call of the client failed. `status` and `body` are the venue's answer, if there was one."""

    def __init__(self, error: Line) -> None:
        super().__init__(error["message"], error["body"])
        self.status: int | None = error["status"]
        self.body = error["body"]


class Gone(Exception):
    """The client ended before it said what a test waits for. Its argument is what it complained about."""


class Client:
    """One outside client: calls its methods, and keeps what it says by itself and what it complains about."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.patience_s = PATIENCE_S
        """How long an answer, or a line, may take."""
        self.complaints: list[str] = []
        """What the client wrote to its log: a content client of DXLink writes nothing."""
        self.called: set[str] = set()
        """Every call that succeeded, as `object.method`."""
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Line]] = {}
        self._told: list[Line] = []
        self._news = asyncio.Condition()
        self._is_gone = False

    async def call(self, of: str, name: str, *args: typing.Any) -> typing.Any:
        """Call a method of one of the client's objects. Raises Refused."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode({"id": number, "of": of, "call": name, "args": args}) + b"\n")
        async with asyncio.timeout(self.patience_s):
            line = await answer
        if "error" in line:
            raise Refused(line["error"])
        self.called.add(f"{of}.{name}")
        return line["result"]

    async def until(self, event: str, fits: typing.Callable[[Line], bool] = lambda line: True) -> Line:
        """Return the first line of that event which fits, from those not yet taken; it and all before it are taken."""

        def found() -> int | None:
            fitting = (i for i, line in enumerate(self._told) if line["event"] == event and fits(line))
            return next(fitting, None)

        async with asyncio.timeout(self.patience_s), self._news:
            await self._news.wait_for(lambda: self._is_gone or found() is not None)
            at = found()
            if at is None:
                raise Gone(self.complaints)
            line = self._told[at]
            del self._told[: at + 1]
            return line

    async def read(self) -> None:
        """Take lines until the process ends."""
        assert self.process.stdout is not None
        async for raw in self.process.stdout:
            line: Line = msgspec.json.decode(raw)
            if "id" in line:
                self._answers.pop(line["id"]).set_result(line)
                continue
            async with self._news:
                self._told.append(line)
                self._news.notify_all()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Gone(self.complaints))
        async with self._news:
            self._is_gone = True
            self._news.notify_all()

    async def overhear(self) -> None:
        """Keep what the process writes to its log."""
        assert self.process.stderr is not None
        async for raw in self.process.stderr:
            self.complaints.append(raw.decode().rstrip())


@contextlib.asynccontextmanager
async def opened(
    bridge: str, *args: str, python: pathlib.Path = PYTHON, package: str = PACKAGE
) -> typing.AsyncIterator[Client]:
    """Run the client behind a bridge of a package while the block runs; it must end well when it is told to."""
    folder = ROOT.joinpath(*package.split("."))
    installed = folder / "node_modules" if bridge.endswith(".mjs") else python
    assert installed.exists(), "Missing: the outside clients. Run .ci/needs."
    script = [str(NODE), str(folder / "bridges" / bridge)]
    command = script if bridge.endswith(".mjs") else [str(python), "-m", f"{package}.bridges.{bridge}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        *args,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        limit=_LONGEST_LINE,
    )
    client = Client(process)
    async with asyncio.TaskGroup() as group:
        group.create_task(client.read())
        group.create_task(client.overhear())
        try:
            yield client
        finally:
            await _end(process)
    assert process.returncode == 0, client.complaints


async def _end(process: asyncio.subprocess.Process) -> None:
    """Hang up, and kill a client that does not end of itself."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def javascript_sdk(venue: SimRunning, person: int = 0, **changes: str) -> typing.AsyncContextManager[Client]:
    """The venue's own SDK for JavaScript, with the grant of a person."""
    told = venue.line["tastytrade"]
    grant = told["grants"][person] | changes
    addresses = told["rest"], told["account_stream"]
    return opened("javascript_sdk.mjs", *addresses, grant["client_secret"], grant["refresh_token"])


def dxlink(**config: float) -> typing.AsyncContextManager[Client]:
    """dxFeed's own DXLink client. `config` is its own, with times in seconds (`keepaliveInterval=…`)."""
    return opened("dxlink.mjs", msgspec.json.encode(config).decode())


def python_rest(venue: SimRunning, token: str) -> typing.AsyncContextManager[Client]:
    """A third party's REST client in Python, with an access token."""
    return opened("python_rest", venue.rest, token)


def python_dxlink(venue: SimRunning, token: str) -> typing.AsyncContextManager[Client]:
    """The DXLink client of the venue's old Python SDK, with an access token."""
    return opened("python_dxlink", venue.rest, token)


def python_tradier(venue: SimRunning, person: int = 0) -> typing.AsyncContextManager[Client]:
    """A third party's client of Tradier in Python, with a token and the first account of a person."""
    grant = venue.line["tradier"]["grants"][person]
    address = venue.line["tradier"]["rest"]
    return opened("python_tradier", address, grant["trading_token"], grant["accounts"][0], python=TRADIER_PYTHON)


@contextlib.asynccontextmanager
async def python_alpaca(venue: SimRunning, person: int = 0) -> typing.AsyncIterator[Client]:
    """Alpaca's own SDK for Python, with the keys of a person and those of the broker. It loads pandas: be patient."""
    told = venue.line["alpaca"]
    grant, broker = told["grants"][person], told["broker"]
    keys = (grant["key_id"], grant["secret_key"], broker["rest"], broker["key_id"], broker["secret_key"])
    async with opened("python_alpaca", told["rest"], told["account_stream"], *keys, python=ALPACA_PYTHON) as client:
        client.patience_s = 3 * PATIENCE_S
        yield client
