"""Under either server a client that takes nothing is noticed, costs little and can be cut off."""

import os
import pathlib
import socket
import subprocess
import sys

import pytest

from config.env import BASE_DIR
from tests.support import plain_http
from tests.support.desk import free_port
from tests.support.eventually import eventually

pytestmark = pytest.mark.process

APP = "tests.support.flood_app:app"
HELD = 16_000_000
"""More than the buffers of two kernels and a server hold of what a client does not take."""


@pytest.fixture(params=["uvicorn", "daphne"])
def flooding(request: pytest.FixtureRequest, tmp_path: pathlib.Path):
    port = free_port()
    arguments = {
        "uvicorn": ["uvicorn", "--port", str(port), "--lifespan", "off", APP],
        "daphne": ["daphne", "-p", str(port), APP],
    }[request.param]
    said = tmp_path / "server.log"
    with said.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=BASE_DIR,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": "."},
        )
    try:
        eventually(lambda: listens(port), within=20, saying=said.read_text)
        yield port, said
    finally:
        server.kill()
        server.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_client_that_takes_nothing_holds_up_the_sender_and_can_be_cut(flooding):
    port, said = flooding
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: desk\r\n\r\n")
        told = eventually(lambda: ended(port), within=20, saying=said.read_text)
        assert told["ended"] == "cut"
        assert told["sent"] < HELD
        with pytest.raises(ConnectionResetError):
            take_all(client)
    assert "ERROR" not in said.read_text()


def test_a_client_that_leaves_ends_what_is_sent_to_it(flooding):
    port, said = flooding
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: desk\r\n\r\n")
        assert client.recv(1_000_000)
    assert eventually(lambda: ended(port), within=20, saying=said.read_text)["ended"] == "gone"


def take_all(client: socket.socket) -> None:
    while client.recv(65_536):
        pass


def ended(port: int):
    told = plain_http.get(f"http://127.0.0.1:{port}/told").json()
    return told if told["ended"] else None
