"""What lets a client in, by cookie or by token, and that its end ends every carrier within five seconds."""

import asyncio
import contextlib
import datetime
import functools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading

import httpx
import pytest
import websockets
from django.contrib.sessions.models import Session
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.auth import tokens
from accounts.models import ApiToken, User
from config.env import BASE_DIR
from tests.support import databases
from tests.support.eventually import OPEN_S, aeventually
from tests.support.people import ALICE, BOB, OLGA, PASSWORD
from tests.support.plain_http import NO_TLS

WITHIN_S = 5.0
NEW = "another quiet password"
HTTP = ("/sse/streaming/", "/api/stream/poll/")
HELLO = {"type": "hello", "watch": {"quotes": ["QQQ"], "topics": ["links"]}}


@pytest.fixture(scope="module")
def desk(make_desk):
    with make_desk() as running:
        yield running


@pytest.fixture(scope="module")
def secret(desk):
    """A token of alice's."""
    return desk.token(ALICE, name="of the module")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def connect(desk, headers, query="", **options):
    return websockets.connect(
        f"{desk.ws_url}/ws/streaming/{query}", additional_headers=headers, open_timeout=OPEN_S, **options
    )


async def ending(socket):
    """Read to the end; return the close code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


async def answers(socket):
    """Fail unless the socket still answers."""
    async with asyncio.timeout(20):
        await socket.send('{"type":"ping"}')
        while json.loads(await socket.recv())["type"] != "pong":
            pass


class Carriers:
    """One client on every carrier, by one way in; `async with` it."""

    def __init__(self, desk, headers) -> None:
        self.desk = desk
        self.headers = headers
        self.sockets: list[websockets.ClientConnection] = []

    async def __aenter__(self) -> "Carriers":
        self._stack = contextlib.AsyncExitStack()
        for subprotocols in (None, [websockets.Subprotocol("tapedeck.v1")]):
            socket = connect(self.desk, self.headers, subprotocols=subprotocols)
            self.sockets.append(await self._stack.enter_async_context(socket))
        await self.sockets[1].send(json.dumps(HELLO))
        client = httpx.AsyncClient(verify=NO_TLS, base_url=self.desk.url, headers=self.headers, timeout=30)
        self.client = await self._stack.enter_async_context(client)
        events = self.client.stream("GET", "/sse/streaming/", params=WATCH)
        self.events = (await self._stack.enter_async_context(events)).aiter_lines()
        async with asyncio.timeout(20):
            while await anext(self.events) != "event: heartbeat":
                pass
        stands = (await self.client.get("/api/stream/poll/", params=WATCH)).raise_for_status().json()["cursor"]
        self.poll = asyncio.ensure_future(self.client.get("/api/stream/poll/", params={**WATCH, "cursor": stands}))
        await self.go_on()
        return self

    async def __aexit__(self, *error) -> None:
        self.poll.cancel()
        await self._stack.aclose()

    async def ended(self) -> tuple[int | None, ...]:
        """Wait until all ended, five seconds at most; return how each did."""
        async with asyncio.timeout(WITHIN_S):
            codes = [await ending(socket) for socket in self.sockets]
            *_, event, data, _ = [line async for line in self.events]
            assert event == "event: closed"
            return *codes, json.loads(data.removeprefix("data: "))["code"], (await self.poll).status_code

    async def go_on(self) -> None:
        """Fail unless all still stream."""
        for socket in self.sockets:
            await answers(socket)
        assert not self.poll.done()


WATCH = {"watch": '{"quotes":["QQQ"],"topics":["links"]}'}
SIGNED_OUT = (4001, 4001, 4001, 401)
"""How plain and frames, server-sent events and a waiting poll end."""


# Who is let in


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
@pytest.mark.parametrize("origin", [None, "https://elsewhere.example"])
async def test_a_token_opens_a_socket_from_anywhere(desk, secret, header, origin):
    value = f"Bearer {secret}" if header == "Authorization" else secret
    async with connect(desk, {header: value}, origin=origin) as socket:
        balance = json.loads(await socket.recv())
        assert balance["account"] == desk.grants[0]["accounts"][0]
    polled = desk.get(
        "/api/stream/poll/", params=WATCH, headers={header: value} | ({"Origin": origin} if origin else {})
    )
    assert polled.status_code == 200
    assert not [name for name in polled.headers if name.startswith("access-control")]


async def test_a_token_does_not_open_the_desk_under_a_name_that_is_not_its_own(desk, secret):
    port = int(desk.url.rpartition(":")[2])
    for url in (f"ws://elsewhere.example:{port}/ws/streaming", f"{desk.ws_url}/ws/nothing"):
        with pytest.raises(InvalidStatus) as refused:
            async with websockets.connect(url, host="127.0.0.1", port=port, additional_headers=bearer(secret)):
                pass
        assert refused.value.response.status_code == 403


async def test_the_token_decides_although_the_cookie_is_good(desk, secret):
    cookie = {"Cookie": desk.cookie(BOB)}
    async with connect(desk, cookie | bearer(secret)) as socket:
        assert json.loads(await socket.recv())["account"] == desk.grants[0]["accounts"][0]
    async with connect(desk, cookie | bearer("tdk_mistyped")) as socket:
        assert await ending(socket) == 4001
        assert "mistyped" in socket.close_reason
    for path in HTTP:
        refused = desk.get(path, params=WATCH, headers=cookie | bearer("tdk_mistyped"))
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("headers", [{"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "same-site"}])
async def test_a_cookie_from_another_page_streams_nothing(desk, headers):
    cookie = {"Cookie": desk.cookie(BOB)}
    for path in HTTP:
        assert desk.get(path, params=WATCH, headers=cookie | headers).status_code == 403
    with pytest.raises(InvalidStatus):
        async with connect(desk, cookie | headers):
            pass


async def test_who_says_nothing_of_themselves_is_asked_to_sign_in(desk):
    for path in HTTP:
        refused = desk.get(path, params=WATCH)
        assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_a_token_in_the_url_is_refused_and_ends_for_good(desk):
    secret = desk.token(BOB, name="careless")
    async with connect(desk, bearer(secret)) as streaming:
        await answers(streaming)
        async with connect(desk, {"Cookie": desk.cookie(BOB)}, f"?access_token={secret}") as socket:
            assert await ending(socket) == 4400
            assert "URL" in socket.close_reason
        async with asyncio.timeout(WITHIN_S):
            assert await ending(streaming) == 4001
    for path in HTTP:
        refused = desk.get(path, params={**WATCH, "token": secret}, headers=bearer(secret))
        assert (refused.status_code, refused.json()["code"]) == (400, "token_in_url")
    async with connect(desk, bearer(secret)) as socket:
        assert await ending(socket) == 4001
        assert "revoked" in socket.close_reason
    assert secret not in desk.log


async def test_a_token_in_use_is_known_to_be(desk):
    """Its last use is noted when it comes in, and again while it stays."""
    secret = desk.token(BOB, name="in use")
    mine = ApiToken.objects.filter(digest=tokens.digest(secret))
    then = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    def used():
        return behind(desk, lambda: mine.get().last_used)

    assert used() is None
    async with connect(desk, bearer(secret)) as socket:
        await answers(socket)
        assert used() > then
        behind(desk, lambda: mine.update(last_used=then))
        await aeventually(lambda: used() > then)


# What docs/tokens.md shows

PAGE = (BASE_DIR / "docs/tokens.md").read_text()


@contextlib.contextmanager
def running(command, desk, folder):
    """A program of the page, with its output line by line; it ends with what it started, after 30 s at the latest."""
    program = subprocess.Popen(
        command, cwd=folder, env=desk.environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert program.stdout is not None
    latest = threading.Timer(30, os.killpg, [program.pid, signal.SIGKILL])
    latest.start()
    try:
        yield program.stdout
    finally:
        latest.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        program.stdout.close()


def until(lines, holds):
    """Return the first line that `holds`; the program's end is the end of waiting."""
    return next(line for line in lines if holds(line))


def test_the_page_of_tokens_shows_what_works(desk, tmp_path):
    """A token is made, sent by curl, and by Python, letter by letter as the page says."""
    made, sent = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    here = f"{shlex.quote(sys.executable)} {shlex.quote(str(BASE_DIR / 'manage.py'))}"
    assert made.count(".venv/bin/python manage.py") == 2
    made = made.replace(".venv/bin/python manage.py", here)
    with running(["bash", "-ec", made], desk, tmp_path) as lines:
        assert "\tnightly report\tread-only\tactive\t" in until(lines, bool)
    assert re.fullmatch(r"tdk_\w{49}\n", (tmp_path / "token").read_text())
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    with running(["bash", "-ec", sent.replace("http://127.0.0.1:8000", desk.url)], desk, tmp_path) as lines:
        assert '"type":"poll"' in until(lines, lambda line: line.startswith("{"))
        assert until(lines, lambda line: line.startswith("data:") and '"symbol":"QQQ"' in line)
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    script = script.replace("ws://127.0.0.1:8000", desk.ws_url)
    with running([sys.executable, "-c", script], desk, tmp_path) as lines:
        assert until(lines, lambda line: "quote_update" in line and "QQQ" in line)


# How it ends


def behind(desk, work):
    """Do `work` in the desk's database, as another program does it, and return what it returns."""
    return databases.inside(databases.of(desk), work)


@contextlib.asynccontextmanager
async def newcomer(desk, name):
    """Somebody who signed up: their browser, and their carriers by cookie and by token."""
    email = f"{name}@example.com"
    with desk.sign_up(email) as browser:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        secret = desk.token(email)
        async with Carriers(desk, {"Cookie": cookie}) as by_cookie, Carriers(desk, bearer(secret)) as by_token:
            yield browser, by_cookie, by_token


async def post(browser, path, **fields):
    """Post a form of the desk's."""
    fields["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    answer = await asyncio.to_thread(browser.post, path, data=fields)
    assert answer.status_code == 302, answer.text[:2000]


async def test_signing_out_ends_what_came_by_that_session_alone(desk):
    async with newcomer(desk, "dora") as (browser, by_cookie, by_token):
        await post(browser, "/accounts/logout/")
        assert await by_cookie.ended() == SIGNED_OUT
        await by_token.go_on()


async def test_a_new_password_ends_everything(desk):
    async with newcomer(desk, "emil") as (browser, by_cookie, by_token):
        await post(browser, "/accounts/password/change/", oldpassword=PASSWORD, password1=NEW, password2=NEW)
        assert await by_cookie.ended() == SIGNED_OUT
        assert await by_token.ended() == SIGNED_OUT


async def test_a_disabled_account_ends_everything(desk):
    async with newcomer(desk, "fred") as (_, by_cookie, by_token):
        number = behind(desk, lambda: User.objects.get(email="fred@example.com").pk)
        with desk.sign_in(OLGA) as admin:
            page = f"/admin/accounts/user/{number}/change/"
            await asyncio.to_thread(admin.get, page)
            await post(admin, page, email="fred@example.com", first_name="", last_name="")
        assert await by_cookie.ended() == SIGNED_OUT
        assert await by_token.ended() == SIGNED_OUT


async def test_revoking_a_token_ends_what_came_by_it_alone(desk):
    async with newcomer(desk, "gina") as (browser, by_cookie, by_token):
        number = behind(desk, lambda: ApiToken.objects.latest("pk").pk)
        await post(browser, f"/accounts/tokens/{number}/revoke")
        assert await by_token.ended() == SIGNED_OUT
        await by_cookie.go_on()


def token_of(who):
    return ApiToken.objects.filter(digest=who["digest"])


BEHIND = {
    "a session that was deleted": lambda who: Session.objects.filter(session_key=who["session"]).delete()[0],
    "an account that was disabled": lambda who: User.objects.filter(email=who["email"]).update(is_active=False),
    "a token that expires": lambda who: token_of(who).update(expires=timezone.now() + datetime.timedelta(seconds=1)),
    "a token that was revoked": lambda who: token_of(who).update(revoked=timezone.now()),
    "a token that was deleted": lambda who: token_of(who).delete()[0],
}


async def test_what_ends_behind_the_desks_back_is_found_within_five_seconds(desk):
    """Each as another program does it, unannounced; all at once, because each takes seconds."""
    async with contextlib.AsyncExitStack() as stack:
        opened = {}
        for what, change in BEHIND.items():
            # Nothing happens to olga, who is linked to nothing: her poll waits.
            email = "hugo@example.com" if "account" in what else OLGA
            secret, session = "", ""
            if "token" in what:
                secret = desk.token(email, name=what)
                headers = bearer(secret)
            else:
                with desk.sign_up(email) if "account" in what else desk.sign_in(email) as browser:
                    session = browser.cookies["sessionid"]
                headers = {"Cookie": f"sessionid={session}"}
            carriers = await stack.enter_async_context(Carriers(desk, headers))
            opened[what] = (carriers, change, {"session": session, "email": email, "digest": tokens.digest(secret)})
        for _, change, who in opened.values():
            assert behind(desk, functools.partial(change, who)) == 1
        started = asyncio.get_running_loop().time()
        for what, (carriers, *_) in opened.items():
            assert await carriers.ended() == SIGNED_OUT, what
        # One second of them was left to the expiring token.
        assert asyncio.get_running_loop().time() - started < WITHIN_S + 1
