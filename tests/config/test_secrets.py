"""A desk that works, fails and recovers at DEBUG shows no secret: in no log, layer, page or database."""

import contextlib
import threading

import pytest
import redis
import websockets.sync.client
from websockets.typing import Subprotocol

from tests.eventually import eventually
from tests.people import ALICE, CAROL, PASSWORD

PAGES = ("/accounts/settings", "/status/", "/accounts/login/", "/ready", "/admin/")
FRAMES = Subprotocol("tapedeck.v1")
TOKENS = "eyJhbGciOi"
"""How every access token and quote token of the venue begins."""


class Eavesdropper:
    """Writes down everything that is said to a desk's Valkey."""

    def __init__(self, desk):
        self.heard: list[str] = []
        self._place = str(desk.run_dir / "valkey.sock")
        self._client = redis.Redis(unix_socket_path=self._place)
        self._monitor = self._client.monitor()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self._monitor.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *exc):
        with redis.Redis(unix_socket_path=self._place) as client:
            client.echo("enough")
        self._thread.join(5)
        self._monitor.__exit__(*exc)
        self._client.close()

    def _listen(self):
        for command in self._monitor.listen():
            self.heard.append(command["command"])
            if command["command"] == "ECHO enough":
                return


@pytest.fixture(scope="module")
def lived(make_desk):
    """A desk at DEBUG on which much has happened, the pages it showed, and what its Valkey heard."""
    pages = []
    with make_desk(token_lifetime=9) as desk:
        with Eavesdropper(desk) as ear, contextlib.ExitStack() as stack:
            watch(desk, stack, desk.cookie(CAROL), '"state":"refused"')
            watch(desk, stack, desk.cookie(ALICE), '"type":"quote"')
            desk.fault(fault="expire")
            desk.fault(fault="drop")
            eventually(lambda: "Refreshed OAuth session for user" in desk.log, within=20)
            with desk.sign_in(ALICE) as client:
                pages += [client.get(page, follow_redirects=True).text for page in PAGES]
            desk.fault(fault="revoke", account=desk.grants[0]["accounts"][0])
            watch(desk, stack, desk.cookie(ALICE), '"state":"refused"')
            with desk.sign_in(ALICE) as client:
                pages += [client.get(page, follow_redirects=True).text for page in PAGES]
        desk.stop_server()
        database = b"".join(file.read_bytes() for file in (desk.folder / "db").iterdir())
        yield {
            "log": desk.log,
            "layer": "\n".join(ear.heard),
            "pages": "\n".join(pages),
            "database": database.decode("latin-1"),
            "secrets": secrets_of(desk),
        }


def watch(desk, stack, cookie, until):
    """Open a socket that stays open, and read it until `until` was said."""
    connect = websockets.sync.client.connect(
        f"{desk.ws_url}/ws/streaming/", additional_headers={"Cookie": cookie}, subprotocols=[FRAMES]
    )
    socket = stack.enter_context(connect)
    socket.send('{"type":"hello","watch":{"quotes":["QQQ"],"topics":["portfolio","links"]}}')
    while until not in socket.recv(timeout=20):
        pass


def secrets_of(desk):
    grants = [grant[name] for grant in desk.grants for name in ("client_secret", "refresh_token")]
    keys = [file.read_text().strip() for file in (desk.folder / "keys").iterdir()]
    return [*grants, *keys, PASSWORD, "a token the venue never made", TOKENS]


@pytest.mark.parametrize("place", ["log", "layer", "pages", "database"])
def test_no_secret_is_in(place, lived):
    assert len(lived[place]) > 1_000, "nothing was seen there at all"
    assert len(lived["secrets"]) > 6
    for secret in lived["secrets"]:
        assert secret not in lived[place]


def test_the_log_was_written_at_debug(lived):
    assert " DEBUG " in lived["log"]
