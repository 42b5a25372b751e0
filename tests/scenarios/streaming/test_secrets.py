"""Secrets stay where they belong, on a desk that logs at DEBUG and is thrown about by its venue."""

import asyncio
import re
import time
from functools import partial

import pytest
import redis

from tests.support import databases
from tests.support.cast import REFUSED
from tests.support.eventually import aeventually, eventually
from tests.support.people import ALICE, CAROL, PASSWORD
from tests.support.watcher import Watcher

TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}|Bearer [\w.-]{8,}")


@pytest.fixture(scope="module")
def monitor(desk):
    """Everything that passes the desk's Valkey while the module runs."""
    lines: list[str] = []
    with redis.Redis.from_url(desk.layer_url) as client, client.monitor() as stream:
        stream.connection._sock.settimeout(0.2)
        yield stream, lines


def drain(monitor):
    stream, lines = monitor
    while True:
        try:
            lines.append(str(stream.next_command()))
        except (redis.TimeoutError, TimeoutError):
            return "\n".join(lines)


@pytest.fixture(scope="module")
def said(desk, monitor, django_db_blocker):
    """What left the desk, by way: after every kind of trouble a secret could slip out at."""
    frames, pages = asyncio.run(trouble(desk))
    streamed = desk.manage("stream", "--user", ALICE, "--symbols", "QQQ", "--for", "2")
    pages += browse(desk)
    with django_db_blocker.unblock():
        stored = databases.inside(databases.of(desk), databases.copied).decode("latin1")
    return {
        "frames": frames,
        "pages": pages,
        "terminal": streamed,
        "layer": drain(monitor),
        "log": desk.log,
        "database": stored,
    }


async def trouble(desk):
    cookie = await asyncio.to_thread(desk.cookie, ALICE)
    received = []
    async with Watcher(desk, cookie, greeks=["QQQ270115C00450000"]) as alice:
        await aeventually(lambda: alice.link.get("state") == "live", within=20)
        for fault in (
            "expire",
            "garbage",
            "unauthorized",
            "bad_quote_token",
            "unknown_enum",
            "partial_balance",
            "drop",
        ):
            before = time.monotonic()
            desk.fault(fault=fault, account=desk.grants[0]["accounts"][0])
            await aeventually(partial(alice.quoted, "QQQ", before + 0.5), within=30)
            desk.fault(fault="clear")
        received += [str(item) for _, item in alice.moments]
    async with Watcher(desk, await asyncio.to_thread(desk.cookie, CAROL)) as carol:
        await aeventually(lambda: carol.link.get("state") == "refused", within=20)
        received += [str(item) for _, item in carol.moments]
    return "\n".join(received), ""


def browse(desk):
    """Visit every page that knows of a link, send a grant that is refused, and one that is taken."""
    told = []
    with desk.sign_in(ALICE) as person:
        token = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
        form = {**token, "environment": "simulated", "label": "second"}
        bad = {**form, **REFUSED}
        good = {**form, **{name: desk.grants[1][name] for name in REFUSED}}
        for fields in (bad, good):
            told.append(person.post("/accounts/links/tastytrade", data=fields, follow_redirects=True, timeout=30).text)
        for path in ("/accounts/settings", "/status/", "/admin/", "/ready", "/nothing-here"):
            told.append(person.get(path, follow_redirects=True).text)
    eventually(lambda: desk.get("/health").is_success)
    return "\n".join(told)


def secrets(desk):
    return [grant[name] for grant in desk.grants for name in REFUSED] + list(REFUSED.values()) + [PASSWORD]


@pytest.mark.parametrize("way", ["frames", "pages", "terminal", "layer", "log", "database"])
def test_no_secret_leaves_this_way(desk, said, way):
    assert said[way]
    for number, secret in enumerate(secrets(desk)):
        assert secret not in said[way], f"secret {number}"


@pytest.mark.parametrize("way", ["frames", "pages", "terminal", "layer", "log"])
def test_no_access_token_leaves_this_way(said, way):
    assert TOKEN.findall(said[way]) == []


def test_no_session_cookie_is_logged(desk):
    cookie = desk.cookie(ALICE)
    key = dict(part.split("=") for part in cookie.split("; "))["sessionid"]

    async def visit():
        async with Watcher(desk, cookie) as alice:
            await aeventually(lambda: alice.slots, within=20)

    asyncio.run(visit())
    assert key not in desk.log


def test_the_layer_was_watched(said):
    """The command came through the layer, so what a manager publishes was seen there."""
    assert "tapedeck" in said["layer"]
    assert "QQQ" in said["layer"]
