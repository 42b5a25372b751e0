"""The connection page: it moves by itself, tells what is broken, and works while everything else is down."""

import contextlib
import functools
import json
import os
import re
import signal
import typing

import httpx
import pytest
import redis
from playwright.sync_api import Browser, Locator, Route, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import sign_in
from tests.browser.test_portfolio import CUT
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE, BOB, LABEL, OLGA


@pytest.fixture(scope="module")
def signed_in(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice's browser, for all tests of this module."""
    visitor = Visitor(browser, url=desk.url)
    sign_in(visitor)
    yield visitor
    visitor.close()


@pytest.fixture
def alice(signed_in: Visitor) -> Visitor:
    """Alice on the page, with her link live."""
    signed_in.page.goto("/status/")
    signed_in.errors.clear()
    expect(row(signed_in, "links", LABEL).locator(".state")).to_have_text("live", timeout=20_000)
    expect(cell(signed_in, "links", LABEL, "Feeds")).to_have_text("prices")
    return signed_in


def row(visitor: Visitor, table: str, name: str) -> Locator:
    """The row of a table that is about `name`."""
    heading = visitor.page.locator("th[scope=row]").filter(has_text=name)
    return visitor.page.locator(f"[data-table={table}] tbody tr").filter(has=heading)


def cell(visitor: Visitor, table: str, name: str, head: str) -> Locator:
    """One cell of it."""
    return row(visitor, table, name).locator(f'[data-label^="{head}"]')


def test_a_link_that_was_cut_is_counted_and_told_without_a_reload(alice: Visitor, desk: Desk) -> None:
    before = int(cell(alice, "links", LABEL, "Reconnects").text_content() or "")
    assert desk.fault(fault="drop", stream="dxlink", account=desk.grants[0]["accounts"][0])["struck"]
    expect(cell(alice, "links", LABEL, "Reconnects")).to_have_text(str(before + 1), timeout=15_000)
    expect(row(alice, "links", LABEL).locator(".state")).to_have_text("live", timeout=15_000)
    expect(alice.page.locator("[data-table=log] tbody")).to_contain_text(f"{LABEL} is live again", timeout=15_000)
    expect(cell(alice, "links", LABEL, "Events/s")).not_to_have_text("–", timeout=15_000)
    expect(cell(alice, "links", LABEL, "Venue")).to_contain_text(" ms", timeout=15_000)
    expect(cell(alice, "streams", "WebSocket, frames", "Server")).to_contain_text(" ms")
    alice.examine()


def test_a_person_sees_their_own_streams_and_staff_everybodys(alice: Visitor, desk: Desk) -> None:
    cookies = {email: {"Cookie": desk.cookie(email)} for email in (BOB, OLGA)}
    with connect(f"{desk.ws_url}/ws/streaming/", additional_headers=cookies[BOB]):
        for email, links, sockets in ((BOB, 1, "1"), (OLGA, 2, "1")):
            told = eventually(functools.partial(has_links, desk, cookies[email], links), within=20)
            assert [row["cells"][1] for row in told["streams"]["rows"] if "plain" in row["cells"][0]] == [sockets]
            assert ("drops" in told) is (email == OLGA)
    expect(alice.page.locator("[data-table=links] tbody tr")).to_have_count(1)
    expect(alice.page.locator("[data-table=drops]")).to_have_count(0)
    his = desk.get("/status/facts", headers=cookies[BOB]).json()["facts"]
    hers = desk.get("/status/facts", headers={"Cookie": desk.cookie(ALICE)}).json()["facts"]
    assert {fact["link"] for fact in his}.isdisjoint({fact["link"] for fact in hers}), "nor facts of others"
    assert [facts[0]["code"] for facts in (his, hers)] == ["link_added"] * 2
    assert desk.get("/status/facts").status_code == 401


def test_no_table_is_cut_on_a_wide_screen(alice: Visitor) -> None:
    """Whatever links are called, and why ever they have no prices; the last column is how late the venue is."""
    reason = "orders and accounts only: prices come by other links"

    def lengthen(route: Route) -> None:
        told = route.fetch().json()
        (link,) = told["tables"]["links"]["rows"]
        cells = ["Person 12: Simulated tastytrade (simulated)", "live", "prices", reason, *link["cells"][4:-1]]
        told["tables"]["links"]["rows"] = [{**link, "cells": [*cells, "73 / 132 / 20,628 ms"]}] * 3
        route.fulfill(json=told)

    alice.page.route("**/status/now", lengthen)
    expect(cell(alice, "links", "Person 12", "Venue").nth(2)).to_have_text("73 / 132 / 20,628 ms")
    alice.look(theme="dark", width=1440)
    assert alice.page.evaluate(CUT) == []
    alice.page.unroute("**/status/now")


def has_links(desk: Desk, headers: dict[str, str], count: int) -> typing.Any:
    """The tables of the page, once they tell of so many links."""
    tables = desk.get("/status/now", headers=headers).json()["tables"]
    return tables if len(tables["links"]["rows"]) == count else None


def test_the_page_reconnects_when_it_is_told_to(alice: Visitor) -> None:
    reconnects = alice.page.locator("socket-panel [data-field=reconnects]")
    expect(reconnects).to_have_text("0")
    alice.page.get_by_role("button", name="Reconnect").click()
    expect(reconnects).to_have_text("1")
    expect(alice.page.locator("socket-panel")).to_have_attribute("data-state", "live")
    expect(alice.page.locator("socket-panel [data-field=recovered]")).to_have_text("resumed")


def test_diagnostics_name_both_ends_and_no_secret_name_or_account(alice: Visitor, desk: Desk) -> None:
    expect(alice.page.locator("socket-panel")).to_have_attribute("data-state", "live")
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.page.get_by_role("button", name="Copy diagnostics").click()
    expect(alice.page.locator("copy-diagnostics [data-field=said]")).to_have_text("Copied.")
    copied = alice.page.evaluate("navigator.clipboard.readText()")
    told = json.loads(copied)
    assert told["browser"]["socket"]["state"] == "open"
    assert told["browser"]["cursor"].startswith(told["server"]["host"]["managers"][0]["epoch"])
    assert told["server"]["host"]["managers"][0]["links"][0]["state"] == "live"
    assert "drops" not in told["server"]
    secrets = [value for cookie in alice.state()["cookies"] if (value := cookie["value"])]
    for grant in desk.grants:
        secrets += [*grant["accounts"], grant["client_secret"], grant["refresh_token"]]
    for canary in (*secrets, LABEL, ALICE):
        assert canary not in copied
    alice.examine()


@contextlib.contextmanager
def no_database(desk: Desk) -> typing.Iterator[None]:
    """Take the database away; what is at its place cannot be opened."""
    if desk.ground.has_postgresql:
        with desk.ground.closed():
            yield
        return
    names = [f"tapedeck.sqlite3{suffix}" for suffix in ("", "-wal", "-shm")]
    folder, away = desk.folder / "db", desk.folder / "away"
    away.mkdir()
    held = [name for name in names if (folder / name).exists()]
    for name in held:
        (folder / name).rename(away / name)
    (folder / names[0]).mkdir()
    try:
        yield
    finally:
        (folder / names[0]).rmdir()
        for name in held:
            (away / name).rename(folder / name)
        away.rmdir()


@contextlib.contextmanager
def no_valkey(desk: Desk) -> typing.Iterator[None]:
    """Stop the desk's Valkey, as a machine that hangs would."""
    with redis.Redis.from_url(desk.layer_url) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_page_says_which_part_is_away_and_works_without_it(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    expect(row(alice, "parts", "Database").locator(".state")).to_have_text("ok")
    with no_database(desk):
        expect(row(alice, "parts", "Database").locator(".state")).to_have_text("not ready", timeout=15_000)
        page.reload()
        expect(page.get_by_text("The database is away.", exact=False).first).to_be_visible()
        expect(row(alice, "parts", "Database").locator(".state")).to_have_text("not ready")
        expect(page.locator("[data-empty=log]")).to_contain_text("which is away")
        expect(page.locator("connection-banner")).to_contain_text("cannot reach its database")
        alice.errors.clear()  # the browser notes a socket that could not be opened
        assert alice.axe() == []
    page.reload()
    expect(row(alice, "parts", "Database").locator(".state")).to_have_text("ok")
    expect(row(alice, "links", LABEL).locator(".state")).to_have_text("live", timeout=20_000)
    with no_valkey(desk):
        page.reload()
        expect(row(alice, "parts", "Channel layer").locator(".state")).to_have_text("down", timeout=15_000)
        if desk.children:
            expect(page.locator("[data-empty=links]")).to_contain_text("whoever streams them is not heard")
        else:
            expect(row(alice, "links", LABEL).locator(".state")).to_have_text("live", timeout=20_000)
    expect(row(alice, "parts", "Channel layer").locator(".state")).to_have_text("up", timeout=15_000)
    desk.kill_venue()
    expect(row(alice, "links", LABEL).locator(".state")).not_to_have_text("live", timeout=20_000)
    page.reload()
    expect(cell(alice, "links", LABEL, "Reason")).not_to_have_text("–", timeout=20_000)
    desk.restart_venue()
    expect(row(alice, "links", LABEL).locator(".state")).to_have_text("live", timeout=30_000)


def test_tables_that_cannot_be_refreshed_look_old_and_say_how_old(alice: Visitor) -> None:
    page, state = alice.page, row(alice, "links", LABEL).locator(".state")
    old, fresh = colour(page.locator(".muted").first), colour(state)
    note = page.locator("status-tables > .notice")
    page.route("**/status/now", lambda route: route.abort())
    expect(note).to_contain_text(re.compile(r"does not answer. The tables are from \d+ s ago"), timeout=10_000)
    assert colour(state) == old != fresh
    assert alice.axe() == []
    page.unroute("**/status/now")
    expect(note).to_be_hidden(timeout=10_000)
    assert colour(state) == fresh


def colour(part: Locator) -> str:
    """The colour its text has."""
    return str(part.evaluate("(part) => getComputedStyle(part).color"))


def test_who_has_a_socket_sees_their_streams_although_the_database_is_away(alice: Visitor, desk: Desk) -> None:
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in alice.state()["cookies"])

    def told_of_hers() -> httpx.Response | None:
        answer = desk.get("/status/now", headers={"Cookie": cookie})
        return answer if LABEL in answer.text else None

    with no_database(desk):
        eventually(lambda: desk.get("/ready").status_code == 503, within=10)
        eventually(lambda: "it cannot be asked who may still stream" in desk.log, within=10)
        hers = eventually(told_of_hers)  # of several processes, the one that has her socket knows her
        strangers = desk.get("/status/now", headers={"Cookie": "sessionid=0123456789abcdef"})
    assert "sessionid" not in hers.headers.get("set-cookie", "")
    assert strangers.status_code == 200
    assert LABEL not in strangers.text
    assert strangers.json()["tables"]["links"]["rows"] == []
    assert desk.get("/status/now").status_code == 401
    assert desk.get("/status/").status_code == 302
    assert "access died" not in desk.log


def test_every_door_says_come_again_while_the_database_is_away_and_open_streams_go_on(desk: Desk) -> None:
    headers = {"Cookie": desk.cookie(OLGA)}
    watch = json.dumps({"quotes": ["QQQ"]})
    since = len(desk.log)
    with connect(f"{desk.ws_url}/ws/streaming/", additional_headers=headers) as before, no_database(desk):
        eventually(lambda: desk.get("/ready").status_code == 503, within=10)
        for path in ("/ws/status", "/metrics", "/sse/streaming/", "/api/stream/poll/"):
            answer = desk.get(path, headers=headers, params={"watch": watch})
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
            assert int(answer.headers["Retry-After"]) > 0
        with connect(f"{desk.ws_url}/ws/streaming/", additional_headers=headers) as socket:
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=10)
            assert (socket.close_code, socket.close_reason) == (4013, "the database is away")
        eventually(lambda: "it cannot be asked who may still stream" in desk.log[since:], within=10)
        before.send(json.dumps({"type": "ping", "ref": "still here"}))
        eventually(lambda: json.loads(before.recv(timeout=20))["type"] == "pong", within=10)
    assert "access died" not in desk.log[since:]
    assert desk.get("/metrics", headers=headers).status_code == 200
