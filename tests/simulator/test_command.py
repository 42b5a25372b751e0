"""`python -m simulator` says one line when it is ready and ends without a fuss."""

import asyncio
import contextlib
import json
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import typing

import pytest

from simulator.server import running
from tests.simulator.conftest import Door, plain_http
from tests.support.eventually import ENOUGH_S, eventually

pytestmark = pytest.mark.process

COMMAND = (sys.executable, "-m", "simulator")


@contextlib.contextmanager
def started(*options: str) -> typing.Iterator[subprocess.Popen[bytes]]:
    """A venue in a process of its own."""
    process = subprocess.Popen((*COMMAND, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("edge", ["1", "-0.1", "nan", "much"])
def test_an_edge_that_is_no_correlation_is_refused_by_name(edge: str):
    with started("--edge", edge) as process:
        _, errors = process.communicate(timeout=ENOUGH_S)
    assert process.returncode == 2
    assert f"an edge is a correlation from 0 to below 1, not {edge}" in errors.decode()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_and_ends_with_0(ending: signal.Signals, tmp_path: pathlib.Path):
    file = tmp_path / "run" / "loopback.json"
    with started("--port", "0", "--json", "--write", str(file)) as process:
        line = first_line(process)
        told, tradier = (json.loads(line)[venue] for venue in ("tastytrade", "tradier"))
        assert set(tradier) == {"rest", "stream", "market_socket", "account_stream", "sandbox", "grants"}
        assert tradier["market_socket"] == told["rest"].replace("http", "ws") + "/v1/markets/events"
        assert [grant["environment"] for grant in tradier["grants"]] == ["live"] * 3 + ["sandbox"] * 3
        assert len({grant[token] for grant in tradier["grants"] for token in ("data_token", "trading_token")}) == 9
        assert set(told) == {"rest", "account_stream", "authorize", "clients", "grants"}
        assert told["account_stream"] == told["rest"].replace("http", "ws") + "/alerts"
        assert len(told["grants"]) == 3
        assert all(set(grant) == {"client_secret", "refresh_token", "accounts"} for grant in told["grants"])
        assert file.read_bytes() == line
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        process.send_signal(ending)
        rest, errors = process.communicate(timeout=ENOUGH_S)
        assert (process.returncode, rest) == (0, b"")
        assert not file.exists()
        assert b"Traceback" not in errors


def test_it_speaks_to_people_without_json():
    with started("--port", "0") as process:
        assert first_line(process).startswith(b"Simulated tastytrade: http://127.0.0.1:")


def test_a_taken_port_is_named(tmp_path: pathlib.Path):
    with started("--port", "0", "--json") as first:
        port = json.loads(first_line(first))["tastytrade"]["rest"].rpartition(":")[2]
        second = subprocess.run((*COMMAND, "--port", port), capture_output=True, timeout=10)
    assert second.returncode == 1
    assert f"Port {port} cannot be used".encode() in second.stderr


def test_it_dies_with_its_parent(tmp_path: pathlib.Path):
    """Linux tells a child that its parent died; the option promises nothing elsewhere."""
    file = tmp_path / "loopback.json"
    script = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"
    options = ("--port", "0", "--json", "--write", str(file), "--parent-death")
    parent = subprocess.Popen((sys.executable, "-c", script, *COMMAND, *options), stdin=subprocess.PIPE)
    try:
        eventually(file.exists, within=10)
    finally:
        parent.kill()
        parent.communicate()
    eventually(lambda: not file.exists())


async def test_a_killed_venue_may_be_started_again_at_its_port_with_its_grants():
    async with running() as venue, plain_http(venue) as http:
        port, line = venue.port, venue.line
        token = await Door(venue, http).sign_in()
        venue.kill()
    async with running(port=port) as again, plain_http(again) as http:
        assert again.line == line
        answer = await http.get("/customers/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert (await Door(again, http).refresh()).status_code == 200


async def test_a_client_of_a_venue_that_ends_is_told_to_come_back():
    async with contextlib.AsyncExitStack() as stack:
        venue = await stack.enter_async_context(running())
        async with plain_http(venue) as http:
            door = Door(venue, http)
            await door.sign_in()
            async with door.dxlink() as stream, asyncio.timeout(20):
                await stack.aclose()
                await stream.socket.wait_closed()
                assert stream.socket.close_code == 1012


async def test_frames_and_answers_never_wait_for_a_delayed_ack():
    """Nagle's algorithm would hold every second write back for 40 ms."""
    async with running() as venue, plain_http(venue) as http:
        await Door(venue, http).sign_in()
        (connection,) = venue._server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
