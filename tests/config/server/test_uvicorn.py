"""The web server of a desk has bounds, and finishes what it began."""

import asyncio
import contextlib
import resource
import subprocess
import sys

import httpx
import pytest
import websockets

from config.server import connections
from config.server.uvicorn import Server, configuration, listen
from tests.support import raw_websocket
from tests.support.eventually import aeventually
from tests.support.plain_http import NO_TLS

RAISE = """
import resource
from lib.open_file_limit import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard}))
print(raise_limit({wanted}), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


class InPlace(Server):
    """The desk's server, which here leaves the signals of the process alone."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serving(app, **choices):
    """Serves `app` in this event loop; gives the server and the port."""
    bound = listen("127.0.0.1", 0)
    config = configuration("unused", behind_proxy=False, **choices)
    config.app, config.interface = app, "asgi3"
    ready = asyncio.Event()
    server = InPlace(config, lambda: asyncio.sleep(0), ready.set)
    task = asyncio.ensure_future(server.serve([bound]))
    await ready.wait()
    try:
        yield server, bound.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def greet(scope, receive, send):
    """Accepts sockets and keeps them; answers requests."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


async def test_past_its_connections_sockets_and_requests_are_answered_503():
    async with serving(greet, connections=3) as (_, port):
        uri = f"ws://127.0.0.1:{port}/"
        async with websockets.connect(uri), websockets.connect(uri):
            with pytest.raises(websockets.InvalidStatus) as refusal:
                await websockets.connect(uri)
            assert refusal.value.response.status_code == 503
            async with httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}") as client:
                assert (await client.get("/")).status_code == 503
        async with httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/")).status_code == 200


async def test_a_request_that_takes_long_is_answered_before_it_stops(caplog):
    caplog.set_level("INFO")
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(scope, receive, send):
        begun.set()
        await may_end.wait()
        await greet(scope, receive, send)

    async with (
        serving(slow) as (server, port),
        httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}") as client,
    ):
        answer = asyncio.ensure_future(client.get("/"))
        await begun.wait()
        server.should_exit = True
        await aeventually(lambda: "Waiting for connections to close" in caplog.text)
        may_end.set()
        assert (await answer).status_code == 200


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost:", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /"])
async def test_a_head_that_takes_too_long_is_told_so_and_its_connection_is_not_reset(monkeypatch, begun):
    """Of a thousand connections that a client opens at once on a busy machine the last one may have to wait so long."""
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    async with serving(greet) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        told = await reader.read()
        assert told.split(b"HTTP/1.1 ")[-1].startswith(b"408 Request Timeout")
        for _ in range(3):  # it comes to what it wanted to say only now
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await writer.drain()
        writer.close()
        await writer.wait_closed()


async def take(scope, receive, send):
    """Takes all that a request brings, as Django does, and says how much that was."""
    taken = 0
    while (message := await receive())["type"] == "http.request":
        taken += len(message["body"])
        if not message["more_body"]:
            said = str(taken).encode()
            size = str(len(said)).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", size)]})
            await send({"type": "http.response.body", "body": said})
            return
    LEFT.append(taken)


LEFT: list[int] = []
"""How much `take` had of requests that were given up."""
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


async def test_what_a_request_brings_has_a_size_however_it_is_told(caplog):
    """Whoever it is: nobody has asked them anything yet."""
    LEFT.clear()
    most = connections.BODY_BYTES
    async with serving(take) as (_, port):
        async with httpx.AsyncClient(verify=NO_TLS, base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.post("/", content=b"x" * most)).text == str(most)
        for begun in (b"Transfer-Encoding: chunked", b"Content-Length: 1000000000"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            chunked = b"Transfer" in begun
            writer.write(POST + begun + b"\r\n\r\n")
            answer = asyncio.ensure_future(reader.read())
            sent = 0
            while not answer.done() and sent < 8 * most:
                writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n" if chunked else b"x" * 65_536)
                await writer.drain()
                sent += 65_536
            async with asyncio.timeout(10):
                assert (await answer).startswith(b"HTTP/1.1 413 Content Too Large")
            writer.close()
        await aeventually(lambda: len(LEFT) == 2)
        assert max(LEFT) <= most
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_what_a_request_brings_has_a_time(monkeypatch):
    """Else a client that promises something and sends nothing would keep its connection for ever."""
    LEFT.clear()
    monkeypatch.setattr(connections, "BODY_S", 0.1)
    async with serving(take) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 9\r\n\r\n1234")
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 Request Timeout")
        await aeventually(lambda: len(LEFT) == 1)
        assert LEFT[0] <= 4
        writer.close()


@pytest.mark.process
@pytest.mark.parametrize(("hard", "wanted", "becomes"), [(256, 128, 128), (100, 128, 100), (64, 32, 64)])
def test_the_limit_of_open_files_is_raised_as_far_as_the_machine_allows(hard, wanted, becomes):
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= hard
    done = subprocess.run(
        [sys.executable, "-c", RAISE.format(hard=hard, wanted=wanted)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.split() == [str(becomes), str(becomes), str(hard)]


async def test_a_stop_takes_a_socket_that_its_client_closes_just_then():
    """Whoever stops it asks all connections one after the other: the first that fails would keep the rest open."""
    async with serving(greet) as (server, port), websockets.connect(f"ws://127.0.0.1:{port}/"):
        (connection,) = server.server_state.connections
        connection.data_received(raw_websocket.close())
        connection.shutdown()
        assert connection.transport.is_closing()
