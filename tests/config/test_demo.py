"""The demo comes up by itself, lets its people in, and leaves nothing behind."""

import contextlib
import html
import os
import pathlib
import re
import signal

import httpx
import pytest
import websockets.sync.client
from django.core.exceptions import PermissionDenied
from django.http import Http404

from config.env import BASE_DIR
from demo import entry, people, venue
from tests.support import plain_http
from tests.support.desk import Program, Visitor, clean_environment, free_port, run
from tests.support.eventually import eventually

pytestmark = pytest.mark.process

DEMO = ["manage.py", "demo", "--sessions", "1"]
"""Of its forty sessions of signals one will do: see tests/demo/test_past_signals.py."""


class Demo(Program):
    """`manage.py demo` in a folder of its own."""

    def __init__(self, folder, variables):
        super().__init__(DEMO, clean_environment() | {"VAR_DIR": str(folder), "PORT": "0"} | variables, folder / "log")
        self.url = ""

    def wait(self, since):
        self.url = self.line("Ready: ", since).rstrip("/")

    @property
    def family(self):
        """The process ids of the demo and of everything it started."""
        assert self.process is not None
        found, fresh = set(), {self.process.pid}
        while fresh:
            found |= fresh
            fresh = {child for pid in fresh for child in children(pid)} - found
        return found


def children(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def command_of(pid):
    """What a process was started as."""
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def alive(pids):
    """Those of `pids` that still run; one that ended and waits to be collected does not."""
    running = set()
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                running.add(pid)
    return running


@contextlib.contextmanager
def running(folder, variables=None):
    """Runs a demo, and ends it by force if it still runs at the end."""
    demo = Demo(folder, variables or {})
    since = len(demo.log)
    demo.start()
    try:
        demo.wait(since)
        yield demo
    finally:
        if demo.process is not None:
            demo.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for one demo after another: what the first has made, the next find."""
    return tmp_path_factory.mktemp("demos")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo that the tests of this module share. Its environment has the addresses of a real desk."""
    folder = tmp_path_factory.mktemp("demo")
    real = {"DATABASE_URL": f"sqlite:///{folder / 'real.sqlite3'}", "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}
    with running(folder, real) as started:
        yield started


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_everything_it_started(folder, blow):
    with running(folder) as demo:
        assert plain_http.get(f"{demo.url}/health").json() == {"status": "healthy", "service": "tapedeck"}
        family = demo.family
        commands = " ".join(map(command_of, family))
        assert all(part in commands for part in ("demo", "simulator", "valkey-server", "child learn")), commands
        code = demo.stop(blow)
        assert code == (0 if blow is not signal.SIGKILL else -blow)
        eventually(lambda: not alive(family), saying=lambda: alive(family))


def test_it_prints_how_to_sign_in_before_it_says_that_it_is_ready(demo):
    before, _, _ = demo.log.partition("Ready: ")
    assert f"{people.PEOPLE[0]} (owns this desk) or {people.PEOPLE[1]}, password {people.PASSWORD}" in before


def test_its_people_sign_in_and_see_a_price_that_moves(demo):
    visitor = Visitor(demo.url)
    cookie = visitor.cookie(people.PEOPLE[0], people.PASSWORD)
    url = f"{visitor.ws_url}/ws/streaming/"
    with websockets.sync.client.connect(url, additional_headers={"Cookie": cookie}) as socket:
        socket.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
        wanted = {"quote_update", "balance_update"}
        seen: set[str] = set()
        while not wanted <= seen:
            found = re.search(r'"type":"(\w+)"', str(socket.recv(timeout=10)))
            assert found
            seen.add(found[1])


def test_its_people_link_by_redirect_out_of_the_box(demo):
    with Visitor(demo.url).sign_in(people.PEOPLE[1], people.PASSWORD) as client:
        path = "/accounts/links/tastytrade/redirect"
        form = {"environment": "simulated", "access": "read", "label": "By redirect"}
        client.get(path).raise_for_status()
        door = client.post(path, data=form | {"csrfmiddlewaretoken": client.cookies["csrftoken"]})
        found = re.search(r'href="(http[^"]+/auth\.html[^"]+)"', client.get(door.headers["location"]).text)
        assert found
        address = html.unescape(found[1])
        bob = re.findall(r'name="customer" value="([^"]+)"', plain_http.get(address).raise_for_status().text)[1]
        back = plain_http.post(address, data={"customer": bob, "decision": "approve"}).headers["location"]
        assert back.startswith(f"{demo.url}/accounts/links/callback?code=")
        page = client.get(back, follow_redirects=True).text
    assert "Linked By redirect." in page
    assert "read-only" in page


def test_its_sign_in_page_says_how(demo):
    page = Visitor(demo.url).get("/accounts/login/").text
    assert all(email in page for email in people.PEOPLE)
    assert people.PASSWORD in page


def click(visitor, **options):
    """Press the button of one of its people on the sign-in page, as that page has it; returns the answer."""
    with httpx.Client(base_url=visitor.url, timeout=20, verify=plain_http.NO_TLS) as client:
        page = client.get("/accounts/login/?next=/portfolio/").raise_for_status().text
        form = re.search(r'<form method="post" action="(/demo/[^"]*)">(.*?)</form>', page, re.DOTALL)
        assert form, page
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
        people_there = re.findall(r'name="person" value="([^"]+)"', form[2])
        assert people_there == list(people.PEOPLE)
        fields["person"] = people_there[0]
        fields |= options.pop("fields", {})
        answer = client.post(form[1], data=fields, **options)
        return answer, client.get("/portfolio/") if answer.status_code == 302 else None


def test_one_click_enters_as_one_of_its_people(demo):
    answer, page = click(Visitor(demo.url))
    assert (answer.status_code, answer.headers["location"]) == (302, "/portfolio/")
    assert f"Menu of {people.PEOPLE[0]}" in page.text


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, 403),
        ({"headers": {"Forwarded": "for=127.0.0.1"}}, 403),
        ({"fields": {"csrfmiddlewaretoken": ""}}, 403),
        ({"fields": {"person": "carol@example.com"}}, 404),
    ],
)
def test_one_click_is_refused_through_a_proxy_without_its_token_and_for_anybody_else(demo, options, status):
    answer, _ = click(Visitor(demo.url), **options)
    assert answer.status_code == status
    assert "sessionid" not in answer.cookies


def test_a_page_through_a_proxy_offers_no_click_and_a_link_does_nothing(demo):
    page = plain_http.get(f"{demo.url}/accounts/login/", headers={"X-Forwarded-For": "203.0.113.9"}).text
    assert "/demo/enter/" not in page
    assert people.PASSWORD in page
    assert plain_http.get(f"{demo.url}/demo/enter/").status_code == 405


STRAIGHT = {"REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


@pytest.mark.parametrize(
    ("meta", "answer"),
    [
        ({}, True),
        ({"REMOTE_ADDR": "::1", "SERVER_NAME": "::1", "HTTP_HOST": "[::1]:8000"}, True),
        ({"REMOTE_ADDR": "192.0.2.7"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"SERVER_NAME": "192.0.2.7"}, False),
        ({"HTTP_HOST": "desk.example"}, False),
        *[({f"HTTP_{name}": "127.0.0.1"}, False) for name in entry.PROXIED],
    ],
)
def test_only_a_request_from_its_machine_to_its_machine_is_local(rf, settings, meta, answer):
    settings.ENVIRONMENT, settings.ALLOWED_HOSTS = "demo", ["*"]
    request = rf.post("/demo/enter/", {"person": people.PEOPLE[0]}, **{**STRAIGHT, **meta})
    assert entry.is_local(request) is answer
    if not answer:
        with pytest.raises(PermissionDenied):
            entry.enter(request)
    for elsewhere in ("development", "production"):
        settings.ENVIRONMENT = elsewhere
        assert not entry.is_local(request)
        with pytest.raises(Http404):
            entry.enter(request)


def test_no_other_desk_has_that_path(client):
    assert client.post("/demo/enter/", {"person": people.PEOPLE[0]}).status_code == 404


def test_an_empty_tape_names_a_command_that_fills_it(demo):
    visitor = Visitor(demo.url)
    with visitor.sign_in(people.PEOPLE[1], people.PASSWORD) as bob:
        empty = re.search(r'<div class="empty" data-empty>(.*?)</div>', bob.get("/portfolio/").text, re.DOTALL)
        assert empty
        written = re.search(r"<code[^>]*>([^<]+)</code>", empty[1])
        assert written
        command = html.unescape(written[1]).split()
        assert command[:2] == ["ENVIRONMENT=demo", ".venv/bin/python"]
        environment = clean_environment() | {"VAR_DIR": str(demo.path.parent), "ENVIRONMENT": "demo"}
        assert "filled" in run(command[2:], environment)
        page = bob.get("/portfolio/").text
    assert '<div class="empty" hidden data-empty>' in page
    assert "Bought 1 QQQ @" in page


def test_its_venue_is_started_again_when_it_dies(demo):
    run_dir = demo.path.parent / "demo" / "run"
    before, book = people.address(run_dir), {"account": "5WX00001"}
    plain_http.post(f"{before}/_sim/lives", json=book | {"count": 30, "rate": 300}).raise_for_status()
    orders = eventually(lambda: plain_http.post(f"{before}/_sim/book", json=book).json()["orders"])
    (pid,) = (pid for pid in demo.family if "simulator" in command_of(pid))
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: "The simulated venue ended with -9; starting it again in" in demo.log)
    eventually(lambda: "The simulated venue runs again" in demo.log, within=20)
    assert people.address(run_dir) == before, "links find it where it was"
    assert orders.keys() <= plain_http.post(f"{before}/_sim/book", json=book).json()["orders"].keys(), "it goes on"
    visitor = Visitor(demo.url)
    url = f"{visitor.ws_url}/ws/streaming/"
    cookie = visitor.cookie(people.PEOPLE[0], people.PASSWORD)
    with websockets.sync.client.connect(url, additional_headers={"Cookie": cookie}) as socket:
        socket.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
        while '"quote_update"' not in socket.recv(timeout=20):
            pass


def test_a_file_of_its_venue_that_cannot_be_read_is_set_aside_and_said(tmp_path, caplog):
    kept = tmp_path / venue.KEPT
    kept.write_bytes(b"nothing that anybody could read" * 100)
    with venue.running(tmp_path / "run", BASE_DIR, kept) as simulated:
        simulated.wait()
        assert kept.stat().st_mode & 0o777 == 0o600
        assert "token" not in simulated.log.read_text()
    assert f"{kept} cannot be read" in caplog.text
    assert [each.read_bytes()[:7] for each in tmp_path.glob("*.unreadable-*")] == [b"nothing"]


def test_a_venue_that_cannot_keep_what_it_knows_does_not_start_and_says_why(tmp_path):
    (tmp_path / "file").touch()
    kept = tmp_path / "file" / venue.KEPT
    said = f"The venues cannot go on: {kept} cannot be opened: "
    with venue.running(tmp_path / "run", BASE_DIR, kept) as simulated, pytest.raises(venue.VenueError, match=said):
        simulated.wait()


def test_a_second_one_in_the_same_folder_is_refused(demo):
    with pytest.raises(RuntimeError, match="A demo runs already in"):
        run(DEMO, clean_environment() | {"VAR_DIR": str(demo.path.parent), "PORT": "0"})
    assert plain_http.get(f"{demo.url}/health").is_success


def test_a_port_in_use_is_named(demo, tmp_path):
    port = str(httpx.URL(demo.url).port)
    with pytest.raises(RuntimeError, match=f"Cannot listen on 127.0.0.1:{port}.*Choose another with PORT="):
        run(DEMO, clean_environment() | {"VAR_DIR": str(tmp_path), "PORT": port})


def test_it_leaves_a_real_desk_alone(demo):
    """It goes by its own folder, and all that the tests here see of it is from there."""
    folder = demo.path.parent
    assert (folder / "demo" / "db" / "tapedeck.sqlite3").exists()
    assert not (folder / "real.sqlite3").exists()
