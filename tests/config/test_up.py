"""`manage.py up` finds its ground, says what it needs, serves, and stops in good order; `runserver` serves the same."""

import re
import shutil
import signal
import time

import pytest
import websockets.exceptions
import websockets.sync.client

from config.processes.running import STATE, Running
from tests.support import plain_http
from tests.support.backends import Ground
from tests.support.desk import Program, clean_environment, run
from tests.support.people import ALICE

pytestmark = pytest.mark.process


class Up(Program):
    """`manage.py up` in a folder of its own."""

    def __init__(self, folder, *options, template=None):
        self.ground = Ground(folder, template)
        self.environment = clean_environment() | self.ground.variables | {"VAR_DIR": str(folder), "LEARNING": "0"}
        super().__init__(["manage.py", "up", "--port", "0", *options], self.environment, folder / "log")

    def __enter__(self):
        self.start()
        self.url = self.line("Ready: ").rstrip("/")
        return self

    def __exit__(self, *exc):
        self.stop()
        self.ground.close()


def read_to_the_end(socket):
    """Read until it closes; beats alone would go on for ever."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        socket.recv(timeout=10)


@pytest.fixture
def behind(cast, tmp_path):
    """An `up --migrate` whose database lacks its newest tables."""
    up = Up(tmp_path, "--migrate", template=cast)
    shutil.copytree(cast, tmp_path, dirs_exist_ok=True)
    run(["manage.py", "migrate", "sessions", "zero", "--verbosity", "0"], up.environment)
    yield up
    up.ground.close()


def test_an_empty_database_is_made_ready_and_the_first_account_offered(tmp_path):
    with Up(tmp_path) as up:
        link = re.search(rf"Make the first account here \(once\): ({re.escape(up.url)}/\S+)", up.log)
        assert link
        assert plain_http.get(link[1], follow_redirects=True).is_success
        assert plain_http.get(f"{up.url}/ready").is_success


def test_a_database_with_data_is_not_changed_unasked(behind):
    with pytest.raises(RuntimeError, match="The database is behind: 1 of its migrations did not run yet"):
        run(["manage.py", "up", "--port", "0"], behind.environment)


def test_a_database_with_data_is_brought_up_to_date_on_request(behind):
    with behind as up:
        assert plain_http.get(f"{up.url}/ready").is_success


def test_with_people_no_first_account_is_offered(desk):
    assert "first account" not in desk.log


def test_its_answers_do_not_name_the_server(desk):
    assert "server" not in desk.get("/health").headers


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopping_tells_sockets_to_come_back(fresh_desk, blow):
    cookie = fresh_desk.cookie(ALICE)
    url = f"{fresh_desk.ws_url}/ws/streaming/"
    with websockets.sync.client.connect(url, additional_headers={"Cookie": cookie}) as socket:
        socket.send('{"type":"ping"}')
        while '"pong"' not in socket.recv(timeout=20):
            pass
        began = time.monotonic()
        fresh_desk.server.process.send_signal(blow)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            read_to_the_end(socket)
        assert (socket.close_code, socket.close_reason) == (1012, "restarting"), "the drain, not uvicorn, closes it"
    assert fresh_desk.server.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert fresh_desk.log.rstrip().endswith("Stopped.")


def test_runserver_serves_pages_and_sockets(make_desk):
    with make_desk(server="runserver") as desk:
        url = f"{desk.ws_url}/ws/streaming/"
        with websockets.sync.client.connect(url, additional_headers={"Cookie": desk.cookie(ALICE)}) as socket:
            socket.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
            while '"quote_update"' not in socket.recv(timeout=10):
                pass


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    with Running(tmp_path) as running:
        running.write("http://127.0.0.1:1", {})
        (tmp_path / STATE).unlink()
        (tmp_path / STATE).mkdir()  # which no file can replace
        before = set(tmp_path.iterdir())
        with pytest.raises(IsADirectoryError):
            running.write("http://127.0.0.1:1", {"web-1": 1})
        assert set(tmp_path.iterdir()) == before
        (tmp_path / STATE).rmdir()
