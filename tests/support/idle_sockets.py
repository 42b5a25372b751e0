"""Lets sockets idle for 70 s on every layer, all at once: `python -m tests.support.idle_sockets REPORT`.

It takes longer than all other tests of streams together and hardly any CPU, so it runs beside them in a process of its
own, and writes what it saw as JSON.
"""

import asyncio
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import typing

import httpx
import websockets
from channels_redis.pubsub import RedisPubSubChannelLayer
from websockets.exceptions import ConnectionClosed

from config import valkey
from config.env import BASE_DIR
from streaming.bus import bus, messages
from streaming.bus.messages import AccessEnded
from tests.support.bystander import errors
from tests.support.desk import Desk, clean_environment, free_port, make_template
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS
from tests.support.raw_websocket import SUBPROTOCOL, Raw, head, text, upgrade

IDLE_S = 70.0
LAYERS = ("no layer", "embedded Valkey", "Valkey over TCP")
CASH = "7654321.09"
ALICE_ID = "2"
"""The second whom tests/support/cast.py makes."""


class Listener:
    """A client that says nothing by itself; it notes what came, and when."""

    def __init__(self) -> None:
        self.messages: list[tuple[float, dict[str, typing.Any]]] = []
        self.code: int | None = None
        self.news = asyncio.Event()

    def take(self, message: dict[str, typing.Any]) -> None:
        self.messages.append((time.monotonic(), message))
        self.news.set()

    def count(self, kind: str) -> int:
        return sum(message["type"] == kind for _, message in self.messages)

    async def until(self, part: str, since: float) -> float:
        """Return how many s after `since` a message with `part` in it came; more than 20 s raise TimeoutError."""
        async with asyncio.timeout(20):
            while True:
                for at, message in self.messages:
                    if at >= since and part in json.dumps(message):
                        return at - since
                self.news.clear()
                await self.news.wait()

    async def closed(self, since: float) -> float:
        """Return how many s after `since` it was closed."""
        async with asyncio.timeout(20):
            while self.code is None:
                self.news.clear()
                await self.news.wait()
        return time.monotonic() - since

    async def socket(self, desk: Desk, cookie: str, hello: str | None) -> None:
        """Live as a WebSocket, in frames with a `hello`."""
        protocols = [websockets.Subprotocol("tapedeck.v1")] if hello else None
        address, headers = f"{desk.ws_url}/ws/streaming/", {"Cookie": cookie}
        async with websockets.connect(address, subprotocols=protocols, additional_headers=headers) as found:
            self.send = found.send
            if hello:
                await found.send(hello)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    message = json.loads(await found.recv())
                    self.take(message)
                    if message["type"] == "frame":
                        await found.send(json.dumps({"type": "ack", "seq": message["seq"]}))
        self.code = found.close_code
        self.news.set()

    async def events(self, desk: Desk, cookie: str, watch: str) -> None:
        """Live as server-sent events."""
        async with httpx.AsyncClient(verify=NO_TLS, timeout=2 * IDLE_S) as client:
            address, headers = f"{desk.url}/sse/streaming/", {"Cookie": cookie}
            async with client.stream("GET", address, params={"watch": watch}, headers=headers) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        self.take(json.loads(line[6:]))
        self.code = self.messages[-1][1].get("code", 0)
        self.news.set()


async def lasts(raw: Raw) -> float:
    """Return how long a connection lasts whose client says no more."""
    began = time.monotonic()
    with contextlib.suppress(OSError):
        while await raw.reader.read(65_536):
            pass
    return time.monotonic() - began


async def half_a_head(desk: Desk) -> float:
    """Return how long the desk waits for the other half of a request."""
    async with await Raw.connect(desk.url) as raw:
        raw.send(head(desk.url, upgrade())[:-20])
        return await lasts(raw)


async def silence(desk: Desk, cookie: str) -> float:
    """Return how long a socket lasts whose client answers nothing: no frame, and no ping."""
    async with await Raw.open(desk.url, cookie, SUBPROTOCOL) as raw:
        raw.send(text(json.dumps({"type": "hello", "watch": {"quotes": ["QQQ"]}})))
        return await lasts(raw)


async def end_access(desk: Desk, cookie: str, layer_url: str) -> None:
    """Sign alice out: by a hint over the layer, as another process of the desk does, else on her page."""
    if not layer_url:
        names = dict(part.split("=", 1) for part in cookie.split("; "))
        headers = {"Origin": desk.url, "Referer": f"{desk.url}/", "X-CSRFToken": names["csrftoken"]}
        async with httpx.AsyncClient(verify=NO_TLS, cookies=names, headers=headers) as client:
            assert (await client.post(f"{desk.url}/accounts/logout/")).status_code == 302
        return
    layer = RedisPubSubChannelLayer(hosts=[layer_url], prefix="tapedeck")
    ended = AccessEnded(person_text=str(ALICE_ID), session=None, token=None)
    await bus.to_group(layer, bus.EVERYBODY, [messages.encode(ended)])
    await layer.flush()


async def idle(desk: Desk, layer_url: str, change: asyncio.Barrier) -> dict[str, typing.Any]:
    """Idle on one desk; return what was seen."""
    cookie = desk.cookie(ALICE)
    listeners = {name: Listener() for name in ("idle", "frames", "plain", "events")}
    nothing, portfolio = '{"type":"hello"}', '{"type":"hello","watch":{"topics":["portfolio"]}}'
    async with asyncio.TaskGroup() as group:
        half, silent = group.create_task(half_a_head(desk)), group.create_task(silence(desk, cookie))
        group.create_task(listeners["idle"].socket(desk, cookie, nothing))
        group.create_task(listeners["frames"].socket(desk, cookie, portfolio))
        group.create_task(listeners["plain"].socket(desk, cookie, None))
        group.create_task(listeners["events"].events(desk, cookie, '{"topics":["portfolio"]}'))
        for name in ("frames", "plain", "events"):
            await listeners[name].until("balance", 0)
        await asyncio.sleep(IDLE_S)  # being idle is what is watched
        closed = {name: listener.code for name, listener in listeners.items() if listener.code is not None}
        beats = {name: listener.count("heartbeat") for name, listener in listeners.items()}
        await change.wait()
        since = time.monotonic()
        waits = {name: await listeners[name].until(CASH, since) for name in ("frames", "plain", "events")}
        since = time.monotonic()
        await listeners["idle"].send('{"type":"watch","add":{"quotes":["SPY"]}}')
        waits["idle"] = await listeners["idle"].until('"bid"', since)
        since = time.monotonic()
        await end_access(desk, cookie, layer_url)
        ends = {name: await listener.closed(since) for name, listener in listeners.items()}
        codes = {name: listener.code for name, listener in listeners.items()}
    return {
        "closed": closed, "heartbeats": beats, "waits_s": waits, "ends_s": ends, "codes": codes,
        "half_a_head_s": half.result(), "silence_s": silent.result(), "errors": errors(desk.log),
    }  # fmt: skip


async def everywhere(desks: dict[str, tuple[Desk, str]]) -> dict[str, typing.Any]:
    """Idle on all desks at once; one change at the venue they share comes to all of them."""
    change = asyncio.Barrier(len(desks) + 1)
    first = desks[LAYERS[0]][0]
    async with asyncio.timeout(180), asyncio.TaskGroup() as group:
        found = {name: group.create_task(idle(desk, url, change)) for name, (desk, url) in desks.items()}
        await change.wait()
        await asyncio.to_thread(first.order, "account", account=first.grants[0]["accounts"][0], cash=CASH)
    return {name: task.result() for name, task in found.items()}


def run(folder: pathlib.Path) -> dict[str, typing.Any]:
    """Start a venue, a server over TCP, and three desks; return what each layer's sockets went through."""
    template = make_template(folder / "template")
    server, port = valkey.find_server(), free_port()
    assert server is not None
    tcp = f"redis://127.0.0.1:{port}/0"
    variables = {
        LAYERS[0]: {"DJANGO_SETTINGS_MODULE": "tests.settings_alone", "REDIS_URL": ""},
        LAYERS[1]: {"REDIS_URL": ""},
        LAYERS[2]: {"REDIS_URL": tcp},
    }
    with contextlib.ExitStack() as stack:
        options = ["--port", str(port), "--save", "", "--bind", "127.0.0.1"]
        running = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
        stack.callback(running.wait)
        stack.callback(running.kill)
        desks = {name: Desk(folder / name.replace(" ", "-"), template, variables=variables[name]) for name in LAYERS}
        venue = desks[LAYERS[0]]
        stack.callback(venue.stop)
        venue.start_venue()
        for desk in desks.values():
            stack.callback(desk.server.stop)
            if desk is not venue:
                shutil.copy(venue.run_dir / "loopback.json", desk.run_dir)
            desk.start_server()
        urls = ["", valkey.url(desks[LAYERS[1]].run_dir), tcp]
        return asyncio.run(everywhere({name: (desks[name], url) for name, url in zip(LAYERS, urls, strict=True)}))


def begin(report: pathlib.Path) -> None:
    """Begin in a process of its own, which ends by itself."""
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    with report.with_suffix(".log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.support.idle_sockets", str(report)],
            cwd=BASE_DIR, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    _begun.append(running)


_begun: list["subprocess.Popen[bytes]"] = []
"""Held for as long as this process: nobody waits for it here."""


def main(report: pathlib.Path) -> None:
    """Write what was seen, or what went wrong, to `report`."""
    with tempfile.TemporaryDirectory(prefix="idle-") as folder:
        try:
            found = run(pathlib.Path(folder))
        except BaseException as error:
            found = {"failed": repr(error)}
            raise
        finally:
            part = report.with_suffix(".part")
            part.write_text(json.dumps(found))
            part.rename(report)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
