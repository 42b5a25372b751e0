"""Pages that nobody looks at, that are frozen or put away come back without a gap; every tab holds the same board."""

import time
import typing

import pytest

from tests.browser.board import BoardWatcher
from tests.browser.middlebox import Middlebox
from tests.browser.tabs import Chromium, Tab
from tests.browser.test_carriers import RECORD, WATCH, missed_nothing
from tests.conftest import MakeDesk
from tests.desk import Desk
from tests.eventually import eventually
from tests.people import ALICE

ACK_TIMEOUT_S = 2.0
"""As in scaled.py: after 60 s in a desk as it is."""
IS_LIVE = "document.querySelector('feed-badge').dataset.state === 'live'"
STATUS = "desk.connection.status"
ALL_LIVE = """['watch-list .panel-head', 'price-chart', 'radial-hub .panel-head', 'option-chain'].every(
    (one) => document.querySelector(one).dataset.state === 'live')"""
SHOWN = """(() => {
    const texts = (select) => [...document.querySelectorAll(select)].map((one) => one.textContent.trim());
    return {
        rows: texts(".watchlist tbody th .symbol"), bars: texts(".chart-table tbody tr :first-child"),
        facts: texts(".tape li"), timers: seen.timers,
        open: sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length,
    };
})()"""
"""What is on the desk that must not be there twice."""


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    with make_desk(variables={"DJANGO_SETTINGS_MODULE": "tests.browser.scaled"}) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> typing.Iterator[Chromium]:
    with Chromium(chromium_path, tmp_path_factory.mktemp("profile"), throttle_s=1) as running:
        yield running


@pytest.fixture
def board(desk: Desk) -> typing.Iterator[BoardWatcher]:
    with BoardWatcher(desk, WATCH) as watcher:
        yield watcher


OpenTab = typing.Callable[..., Tab]


@pytest.fixture
def tab(chromium: Chromium, desk: Desk) -> OpenTab:
    """Opens a tab of alice's on her settings, in front of the others, and waits until it is live."""
    cookie = desk.cookie(ALICE)

    def opened(url: str = desk.url) -> Tab:
        tab = chromium.tab(f"{url}/accounts/settings", cookie, RECORD)
        tab.awaits(IS_LIVE)
        return tab

    return opened


def test_a_hidden_page_slows_down_stays_connected_and_holds_what_a_second_tab_holds(
    tab: OpenTab, board: BoardWatcher
) -> None:
    hidden, front = tab(), tab()
    hidden.awaits("document.hidden")
    ticks = "(globalThis.ticks ??= (setInterval(() => (globalThis.ticks += 1), 100), 0))"
    hidden.evaluate(ticks)
    began, before = time.monotonic(), hidden.evaluate("seen.frames.length")
    front.awaits(f"seen.frames.length > 100 && performance.now() > {10 * ACK_TIMEOUT_S * 1000}", within=60)
    seconds = time.monotonic() - began
    assert hidden.evaluate("ticks") <= seconds / 2, "its timers must be throttled, or this proves nothing"
    assert hidden.evaluate("[desk.connection.reconnects, seen.states.at(-1)]") == [0, "open"]
    assert seconds / 2 <= hidden.evaluate("seen.frames.length") - before <= 1.5 * seconds, "one frame a second"
    for each in (hidden, front):
        missed_nothing(each, board)
    hidden.front()
    hidden.awaits("!document.hidden")
    shown = hidden.evaluate("seen.frames.length")
    hidden.awaits(f"seen.frames.length > {shown + 10}", within=5)
    missed_nothing(hidden, board)


def test_a_page_that_was_frozen_comes_back_with_its_cursor(tab: OpenTab, board: BoardWatcher, desk: Desk) -> None:
    frozen, front = tab(), tab()
    frozen.awaits("document.hidden")
    at = frozen.evaluate("desk.connection.intake.cursor.seq")
    frozen.freeze()
    desk.fault(fault="drop", stream="dxlink")
    front.awaits(f"seen.facts.length && desk.connection.intake.cursor.seq > {at + 30} && {IS_LIVE}", within=30)
    frozen.thaw()
    frozen.front()
    frozen.awaits(f"!document.hidden && {IS_LIVE}")
    assert "Connected again after" in frozen.awaits("seen.says.find((text) => text.includes('again'))")
    assert frozen.evaluate(f"[{STATUS}.recovered, seen.facts.length > 0]") == [True, True]
    for each in (frozen, front):
        missed_nothing(each, board)


def test_a_page_in_the_back_forward_cache_comes_back_with_its_cursor_and_one_of_each_timer(
    tab: OpenTab, desk: Desk
) -> None:
    page = tab()
    page.go(f"{desk.url}/accounts/email/")  # the pages with settings on them are never stored
    page.awaits(IS_LIVE)
    page.evaluate("addEventListener('pageshow', (event) => (globalThis.cached = event.persisted))")
    timers = page.evaluate("seen.timers")
    with BoardWatcher(desk, {"quotes": ["QQQ"], "topics": ["links", "market", "balance"]}) as board:
        for _ in range(3):
            page.go(f"{desk.url}/accounts/password/change/")
            page.awaits(IS_LIVE)
            page.back()
            assert page.awaits("globalThis.cached"), "the page must come from the cache, or this proves nothing"
            page.awaits(f"{IS_LIVE} && {STATUS}.state === 'open'")
            assert page.evaluate(f"{STATUS}.recovered") is True
            page.evaluate("globalThis.cached = false")
        missed_nothing(page, board)
    assert page.evaluate("[seen.timers, sockets.length]") == [timers, 4]
    assert page.evaluate("sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length") == 1


def test_the_desk_comes_back_from_wherever_it_was_and_does_nothing_twice(
    chromium: Chromium, tab: OpenTab, desk: Desk
) -> None:
    page = chromium.tab(f"{desk.url}/", desk.cookie(ALICE), RECORD)
    page.awaits(f"{IS_LIVE} && globalThis.desk && {ALL_LIVE}", within=60)
    page.evaluate("document.querySelector('price-chart [data-act=table]').click()")
    zone = "document.querySelector('price-chart [data-field=zone]').textContent"  # as served it is that of New York
    page.awaits(f"{zone} === 'your time' && ({SHOWN}).bars.length > 5")
    before = page.evaluate(SHOWN)
    at = page.evaluate("desk.connection.intake.cursor.seq")

    def is_as_before() -> None:
        page.awaits(f"{IS_LIVE} && {ALL_LIVE}", within=30)
        after = page.evaluate(SHOWN)
        assert after["rows"] == before["rows"]
        for name in ("rows", "bars", "facts"):
            assert len(set(after[name])) == len(after[name]), f"doubled {name}: {after[name]}"
        assert set(before["bars"][1:]) <= set(after["bars"]), "bars that were there are there"
        assert after["timers"] == before["timers"]
        assert after["open"] == 1

    front = tab()
    page.awaits("document.hidden")
    page.freeze()
    desk.fault(fault="drop", stream="dxlink")
    front.awaits(f"desk.connection.intake.cursor.seq > {at + 30} && {IS_LIVE}", within=30)
    page.thaw()
    page.front()
    page.awaits("!document.hidden")
    is_as_before()
    page.call("Network.enable")
    for offline in (True, False):
        page.call(
            "Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        page.awaits(f"navigator.onLine === {str(not offline).lower()}")
    is_as_before()
    page.go(f"{desk.url}/accounts/email/")
    page.back()
    page.awaits(f"{IS_LIVE} && globalThis.desk && {ALL_LIVE}", within=60)
    assert page.evaluate(SHOWN)["rows"] == before["rows"]
    assert page.evaluate(SHOWN)["open"] == 1


def test_a_hidden_page_on_a_lower_carrier_leaves_the_browsers_connections_to_others(
    tab: OpenTab, board: BoardWatcher, desk: Desk
) -> None:
    with Middlebox(desk.url) as between:
        between.treat(websocket="refuse")
        hidden = tab(between.url)
        assert hidden.evaluate(f"{STATUS}.carrier") == "sse"
        asked = between.count("poll")
        tab()
        hidden.awaits("document.hidden")
        eventually(lambda: between.count("poll") >= asked + 2, within=10)
        eventually(lambda: between.open("sse") + between.open("poll") == 0)
        assert hidden.evaluate("seen.states.at(-1)") == "open"
        hidden.front()
        eventually(lambda: between.open("sse") == 1)
        missed_nothing(hidden, board)
