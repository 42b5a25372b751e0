"""Pages that nobody looks at, that are frozen or put away come back without a gap; every tab holds the same board."""

import time
import typing

import pytest

from tests.browser.board import BoardWatcher
from tests.browser.middlebox import Middlebox
from tests.browser.tabs import Chromium, Tab
from tests.browser.test_carriers import RECORD, WATCH, missed_nothing
from tests.conftest import MakeDesk
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.fault_matrix import trade
from tests.support.people import ALICE

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
        facts: [...document.querySelectorAll(".tape li")].map((one) => one.dataset.fact), timers: seen.timers,
        open: sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length,
        asked: performance.getEntriesByType("resource").filter(({ name }) => name.includes("limit=500")).length,
    };
})()"""
"""What is on the desk that must not be there twice, and what it does."""
RETURNS = f"""
globalThis.asleep = 0;  // ms, of which only the clock on the wall knows
const {{ now: wall }} = Date;
Date.now = () => wall() + asleep;
globalThis.backAt = 0;  // when the page was loaded, or last came back
globalThis.moments = [];
const back = () => (globalThis.backAt = performance.now());
addEventListener("online", back);
addEventListener("DOMContentLoaded", () => {{
    document.addEventListener("visibilitychange", () => document.hidden || back());
    const look = () => {{
        const newest = {IS_LIVE} && {ALL_LIVE} ? (document.querySelector(".tape li")?.dataset.fact ?? "") : null;
        if (newest !== moments.at(-1)?.[1]) moments.push([performance.now(), newest]);
        setTimeout(look, 20);
    }};
    if (document.querySelector("fact-tape")) look();
}});
"""
"""Notes, by the page's own clock, since when a desk shows what is right: all of it is live, with the newest fact."""
LOADED_S = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
RIGHT_S = 2.0
TRIES = 5
"""A return is tried so often: the least time counts, as a busy machine must not decide."""


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    with make_desk(venue=["--speed", "1"], variables={"DJANGO_SETTINGS_MODULE": "tests.browser.scaled"}) as running:
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
    hidden.awaits(f"seen.frames.length > {shown + 10}")
    missed_nothing(hidden, board)


def test_a_page_that_was_frozen_comes_back_with_its_cursor(tab: OpenTab, board: BoardWatcher, desk: Desk) -> None:
    frozen, front = tab(), tab()
    frozen.awaits("document.hidden")
    at = frozen.evaluate("desk.connection.inbox.cursor.seq")
    frozen.freeze()
    desk.fault(fault="drop", stream="dxlink")
    front.awaits(f"seen.facts.length && desk.connection.inbox.cursor.seq > {at + 30} && {IS_LIVE}", within=30)
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
    with Middlebox(desk.url) as between:
        page = tab(between.url)
        goes_and_comes_back(page, desk, between)
        page.go("about:blank")  # nothing of it is on its way when the middlebox ends


def goes_and_comes_back(page: Tab, desk: Desk, between: Middlebox) -> None:
    between.lets_keep = True  # the desk's pages ask not to be, which some browsers do not heed
    page.go(f"{between.url}/accounts/email/")
    page.awaits(IS_LIVE)
    page.evaluate("addEventListener('pageshow', (event) => (globalThis.cached = event.persisted))")
    timers = page.evaluate("seen.timers")
    with BoardWatcher(desk, {"quotes": ["QQQ"], "topics": ["links", "market", "balance"]}) as board:
        for _ in range(3):
            page.go(f"{between.url}/accounts/password/change/")
            page.awaits(IS_LIVE)
            page.back()
            assert page.awaits("globalThis.cached"), "the page must come from the cache, or this proves nothing"
            page.awaits(f"{IS_LIVE} && {STATUS}.state === 'open'")
            assert page.evaluate(f"{STATUS}.recovered") is True
            page.evaluate("globalThis.cached = false")
        missed_nothing(page, board)
    assert page.evaluate("[seen.timers, sockets.length]") == [timers, 4]
    assert page.evaluate("sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length") == 1


class Away:
    """A desk in one tab, which goes away and comes back, beside one in another tab that stays."""

    def __init__(self, chromium: Chromium, desk: Desk, between: Middlebox) -> None:
        self.desk = desk
        self.between = between
        self.stays = chromium.tab(f"{desk.url}/", desk.cookie(ALICE), RECORD)
        self.stays.awaits(f"{IS_LIVE} && globalThis.desk && {ALL_LIVE}", within=60)
        self.page = chromium.tab(f"{between.url}/", desk.cookie(ALICE), RECORD + RETURNS)
        self.begin()
        self.before = self.page.evaluate(SHOWN)

    def begin(self) -> None:
        """Show the chart as a table, so that its bars can be read."""
        self.page.awaits(f"{IS_LIVE} && globalThis.desk && {ALL_LIVE}", within=60)
        self.page.evaluate("document.querySelector('price-chart [data-act=table]').click()")
        zone = "document.querySelector('price-chart [data-field=zone]').textContent"  # as served that of New York
        self.page.awaits(f"{zone} === 'your time' && ({SHOWN}).bars.length > 5")

    def trade(self) -> None:
        """Let something happen, and wait until who stayed knows of it."""
        known = len(self.stays.evaluate(SHOWN)["facts"])
        trade(
            self.desk.venue_url, {**self.desk.grants[0], "accounts": [{"number": self.desk.grants[0]["accounts"][0]}]}
        )
        self.stays.awaits(f"({SHOWN}).facts.length >= {known + 3}")  # routed, filled, and the fill

    def hidden(self) -> None:
        self.stays.front()
        self.page.awaits("document.hidden")
        self.trade()
        away = 10 * ACK_TIMEOUT_S * 1000
        self.stays.evaluate(f"new Promise((done) => setTimeout(done, {away}))")
        self.page.front()

    def frozen(self) -> None:
        self.stays.front()
        self.page.awaits("document.hidden")
        self.page.freeze()
        at = self.stays.evaluate("desk.connection.inbox.cursor.seq")
        self.desk.fault(fault="drop", stream="dxlink")
        self.trade()
        self.stays.awaits(f"desk.connection.inbox.cursor.seq > {at + 30} && {IS_LIVE}", within=30)
        self.page.thaw()
        self.page.front()

    def asleep(self) -> None:
        """An hour passes on the clock, and nobody said that the connection ended."""
        self.between.lose()
        self.trade()
        self.page.evaluate("(globalThis.asleep += 3_600_000, globalThis.backAt = performance.now())")

    def offline(self) -> None:
        with self.between.down():
            self._network(offline=True)
            self.trade()
        self._network(offline=False)

    def _network(self, *, offline: bool) -> None:
        rates = dict.fromkeys(("downloadThroughput", "uploadThroughput"), -1)
        self.page.call("Network.emulateNetworkConditions", offline=offline, latency=0, **rates)
        self.page.awaits(f"navigator.onLine === {str(not offline).lower()}")

    def elsewhere(self) -> None:
        """On another page, whence the browser's button leads back: the desk is never stored."""
        self.page.go(f"{self.between.url}/accounts/email/")
        self.trade()
        self.page.back()

    def took_s(self) -> float:
        """Wait until all is right again; how long that took since it was back, by the page's own clock."""
        newest = self.stays.evaluate(SHOWN)["facts"][0]
        self.page.awaits(f"globalThis.moments?.at(-1)?.[1] === '{newest}'", within=60)
        return float(self.page.evaluate("(moments.at(-1)[0] - backAt) / 1000"))

    def is_as_it_was(self) -> None:
        """Nothing is missing, and nothing is there or done twice."""
        after, beside = self.page.evaluate(SHOWN), self.stays.evaluate(SHOWN)
        assert after["facts"] == beside["facts"]
        assert after["rows"] == self.before["rows"] == beside["rows"]
        for name in ("rows", "bars", "facts"):
            assert len(set(after[name])) == len(after[name]) > 0, f"doubled {name}: {after[name]}"
        assert set(self.before["bars"][1:-2]) <= set(after["bars"]), "bars that were there are there"
        assert after["timers"] == self.before["timers"]
        assert after["open"] == 1
        assert after["asked"] <= self.before["asked"] + 1, "a history was asked for once at most"


@pytest.fixture(scope="module")
def away(chromium: Chromium, desk: Desk) -> typing.Iterator[Away]:
    with Middlebox(desk.url) as between:
        yield Away(chromium, desk, between)


@pytest.mark.parametrize("way", [Away.hidden, Away.frozen, Away.asleep, Away.offline, Away.elsewhere])
def test_the_desk_is_right_within_two_seconds_wherever_it_was_and_does_nothing_twice(
    away: Away, way: typing.Callable[[Away], None]
) -> None:
    took: list[tuple[float, float]] = []
    while not any(seconds <= limit for seconds, limit in took):
        assert len(took) < TRIES, f"seconds until it was right, and what they may be: {took}"
        away.before = away.page.evaluate(SHOWN)
        way(away)
        took.append((away.took_s(), RIGHT_S))
        if way is Away.elsewhere:  # a whole page is loaded: by its own measure on a busy machine, as in test_pages
            took[-1] = (took[-1][0], max(RIGHT_S, 4 * away.page.evaluate(LOADED_S)))
            away.begin()
            away.before |= {name: away.page.evaluate(SHOWN)[name] for name in ("timers", "asked")}
        away.is_as_it_was()


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
