"""`manage.py up --web 2 --streams 2` is one desk: what dies is replaced, and it ends with all it started."""

import asyncio
import contextlib
import os
import pathlib
import re
import signal
import socket
import time

import httpx
import pytest
import redis
import websockets
import websockets.sync.client
from django.core.management import CommandError, call_command

from config import valkey
from config.management.commands import up
from tests.config.test_demo import alive
from tests.config.test_up import read_to_the_end
from tests.support import backends
from tests.support.eventually import aeventually, eventually
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS

START_S = 20.0
COME_BACK = {1012, 4012}


@pytest.fixture(scope="module")
def family(make_desk):
    """A desk of four processes that the tests of this module share."""
    with make_desk(web=2, streams=2) as desk:
        yield desk


def test_every_process_names_itself_in_what_it_says(family):
    assert sorted(family.children) == ["streams-1", "streams-2", "web-1", "web-2"]
    named = re.findall(r"^\[([a-z]+-\d)\] \d{4}-", family.log, re.M)
    assert {"web-1", "web-2"} <= set(named) <= set(family.children)


@pytest.mark.parametrize("name", ["web-1", "streams-2"])
def test_one_that_is_killed_is_replaced_and_the_others_stay(family, name):
    before = family.children
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: f"{name} (process {before[name]}) was ended by SIGKILL" in family.log)
    eventually(lambda: f"{name} (process {family.children[name]}) is ready after" in family.log, within=START_S)
    assert {one for one, pid in family.children.items() if pid != before[one]} == {name}
    assert family.get("/ready").is_success


def test_a_second_desk_in_the_same_folder_is_refused(family, settings):
    settings.RUN_DIR = family.run_dir
    with pytest.raises(CommandError, match=f"A desk runs already in .* {family.url}/\\)"):
        call_command("up", port=0)
    assert family.get("/health").is_success


def test_a_port_in_use_is_named(family, settings, tmp_path):
    settings.RUN_DIR = tmp_path
    port = httpx.URL(family.url).port
    with pytest.raises(CommandError, match=f"Cannot listen on 127.0.0.1:{port}: Address already in use"):
        call_command("up", port=port, web=2)


class Question:
    """An HTTP request that is being answered for as long as its body is not whole."""

    def __init__(self, desk):
        address = httpx.URL(desk.url)
        self._desk = desk
        self._socket = socket.create_connection((address.host, address.port), timeout=15)
        self._socket.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n1")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._socket.close()

    def holder(self):
        """The name of the process that answers it."""
        here, there = self._socket.getsockname()[1], self._socket.getpeername()[1]
        ends = [f"0100007F:{there:04X}", f"0100007F:{here:04X}"]
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        (inode,) = (row[9] for row in rows if row[1:3] == ends)
        for name, pid in self._desk.children.items():
            for file in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                if file.is_symlink() and os.readlink(file) == f"socket:[{inode}]":
                    return name
        return ""

    def answer(self):
        """End the body; return what is answered."""
        self._socket.sendall(b"2")
        return b"".join(iter(lambda: self._socket.recv(4096), b""))


class Stayer:
    """A client that comes back at once whenever its socket ends, and counts how long it saw no prices."""

    def __init__(self, desk, cookie):
        self._url, self._headers = f"{desk.ws_url}/ws/streaming/", {"Cookie": cookie}
        self.codes: list[int | None] = []
        self.away: list[float] = []
        self.live = asyncio.Event()
        self.task = asyncio.ensure_future(self._stay())

    async def _stay(self):
        left = time.monotonic()
        while True:
            async with websockets.connect(self._url, additional_headers=self._headers, max_queue=None) as connection:
                with contextlib.suppress(websockets.ConnectionClosed):
                    await self._watch(connection, left)
                left = time.monotonic()
                self.live.clear()
                self.codes.append(connection.close_code)

    async def _watch(self, connection, left):
        await connection.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
        async for message in connection:
            if '"quote_update"' in message and not self.live.is_set():
                self.away.append(time.monotonic() - left)
                self.live.set()


@contextlib.asynccontextmanager
async def staying(desk, count):
    """Clients of alice that stay, whatever happens."""
    cookie = await asyncio.to_thread(desk.cookie, ALICE)
    stayers = [Stayer(desk, cookie) for _ in range(count)]
    try:
        yield stayers
    finally:
        for stayer in stayers:
            stayer.task.cancel()
        await asyncio.wait([stayer.task for stayer in stayers])


async def all_live(stayers):
    """Wait until each of them sees prices; who was refused anything tells here."""
    async with asyncio.timeout(20):
        for stayer in stayers:
            live = asyncio.ensure_future(stayer.live.wait())
            await asyncio.wait([live, stayer.task], return_when=asyncio.FIRST_COMPLETED)
            live.cancel()
            assert not stayer.task.done(), stayer.task.exception()


async def test_a_rolling_restart_replaces_all_while_everybody_is_served(family):
    before, since = family.children, len(family.log)
    async with staying(family, 6) as stayers, httpx.AsyncClient(verify=NO_TLS) as visitor:
        await all_live(stayers)
        with Question(family) as question:
            answer, holder = b"", await aeventually(question.holder)
            family.server.process.send_signal(signal.SIGHUP)
            while "Rolling restart: done" not in (said := family.log[since:]):
                assert "given up" not in said
                assert (await visitor.get(f"{family.url}/health", headers={"Connection": "close"})).is_success
                await asyncio.sleep(0.1)  # somebody comes ten times a second
                if not answer and re.search(rf"^\[{holder}\].* Shutting down", said, re.M):
                    answer = await asyncio.to_thread(question.answer)
        await all_live(stayers)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.rstrip().endswith(b"</html>")
    after = family.children
    assert after.keys() == before.keys()
    assert not set(before.values()) & set(after.values())
    assert not alive(set(before.values()))
    for stayer in stayers:
        assert stayer.codes, "its process was replaced, so it was sent off"
        assert set(stayer.codes) <= COME_BACK
        assert max(stayer.away[1:]) < 10
    print(
        "away", [[round(one, 1) for one in stayer.away[1:]] for stayer in stayers], [stayer.codes for stayer in stayers]
    )


def test_it_ends_with_everything_it_started(family):
    """The last one: it ends the desk of this module."""
    url = f"{family.ws_url}/ws/streaming/"
    pids = {family.server.process.pid, *family.children.values()}
    with websockets.sync.client.connect(url, additional_headers={"Cookie": family.cookie(ALICE)}) as connection:
        began = time.monotonic()
        family.server.process.send_signal(signal.SIGTERM)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            read_to_the_end(connection)
        assert connection.close_code in COME_BACK
    assert family.server.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert family.log.rstrip().endswith("Stopped.")
    assert not alive(pids)
    assert not (family.run_dir / "up.json").exists()


def valkey_of(desk):
    """The process id of a desk's Valkey."""
    with redis.Redis(unix_socket_path=str(valkey.address(desk.run_dir))) as client:
        return client.info("server")["process_id"]


def test_its_children_and_valkey_end_with_a_parent_that_is_killed(make_desk):
    with make_desk(web=1, streams=1) as desk:
        own = {valkey_of(desk)} if backends.LAYER == "embedded" else set()
        processes = own | {*desk.children.values()}
        assert len(processes) == 2 + len(own), "a web server, a host of streams and Valkey"
        desk.stop_server(signal.SIGKILL)
        eventually(lambda: not alive(processes), saying=lambda: alive(processes))
        assert "[streams-1] " in (said := desk.log), "its last words are not lost with its parent"
        assert said.count("The process that started this one has ended") == 2


def test_daphne_serves_says_what_it_lacks_and_drains_too(make_desk):
    with make_desk(web=1, streams=0, up=["--server", "daphne"]) as desk:
        assert "Daphne serves this desk. Unlike uvicorn it has no bound on" in desk.log
        url = f"{desk.ws_url}/ws/streaming/"
        with websockets.sync.client.connect(url, additional_headers={"Cookie": desk.cookie(ALICE)}) as connection:
            desk.server.process.send_signal(signal.SIGTERM)
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                read_to_the_end(connection)
            assert connection.close_code == 4012, "it can send no 1012"
        assert desk.server.process.wait(10) == 0


def test_a_second_ctrl_c_ends_it_at_once(make_desk):
    with make_desk(web=1, streams=1) as desk, Question(desk) as question:
        pids = {desk.server.process.pid, *desk.children.values()}
        eventually(question.holder)
        desk.server.process.send_signal(signal.SIGINT)
        eventually(lambda: "[web-1]" in desk.log and "Waiting for connections to close" in desk.log)
        assert desk.children["web-1"] in alive(pids), "the first one waits for the answer"
        desk.server.process.send_signal(signal.SIGINT)
        assert desk.server.process.wait(5) == 0
        assert not alive(pids)


@pytest.mark.parametrize(("wrong", "value"), [("web", 0), ("streams", 65)])
def test_a_wrong_number_of_processes_is_refused(wrong, value):
    with pytest.raises(CommandError, match=f"--{wrong} is {value}; it must be from [01] to 64"):
        call_command("up", port=0, **{wrong: value})


def test_several_processes_without_a_layer_are_refused(settings):
    settings.EMBEDDED_VALKEY, settings.REDIS_URL, settings.CHANNEL_LAYERS = False, "", {}
    with pytest.raises(CommandError, match="Several processes need a Redis or Valkey"):
        up.Command().prepare_layer(2)
    with pytest.raises(CommandError, match="A process of streams needs a Redis or Valkey"):
        call_command("runstreams")
