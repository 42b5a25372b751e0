"""Charts: live and joined to their past, also after a gap; by keyboard, as a table, in every look and on the desk."""

import asyncio
import concurrent.futures
import datetime
import re
import typing
import zoneinfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_connection import Wire
from tests.conftest import MakeDesk
from tests.scenarios.streaming.test_candles_end_to_end import past
from tests.support import plain_http
from tests.support.desk import Desk
from tests.support.eventually import eventually

CHART = "/market/chart/QQQ/?interval=1m"
PRICE = re.compile(r"^[\d,]+\.\d{2,4}$")
INDICATORS = ["SMA 20", "VWAP of the day", "Bollinger 20, 2", "RSI 14", "MACD 12, 26, 9"]
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
ROWS = """() => [...document.querySelectorAll(".chart-table tbody tr")].map((row) =>
    [...row.cells].map((cell) => cell.textContent))"""
UP = {"dark": [47, 191, 131], "light": [10, 122, 69]}
"""What a rising bar is drawn in."""
DRAWS = """([red, green, blue]) => [...document.querySelectorAll(".chart-host canvas")].some((canvas) => {
    if (!canvas.width || !canvas.height) return false;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) return true;
    }
    return false;
})"""


COUNTS = """async () => {
    const { ChartCanvas } = await import(document.querySelector("script[src*='js/main']").src);
    globalThis.drawn = { set: 0, update: 0 };
    for (const name of ["set", "update"]) {
        const draw = ChartCanvas.prototype[name];
        ChartCanvas.prototype[name] = function (...told) {
            drawn[name] += 1;
            return draw.apply(this, told);
        };
    }
    return drawn;
}"""
"""Counts how often bars are drawn."""


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk at whose venue something is traded in each minute, also in one that is hurried through."""
    with make_desk(venue=["--speed", "2"]) as running:
        yield running


@pytest.fixture(scope="module")
def at_home(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice's browser, signed in, on a page that does nothing."""
    visitor = Visitor(browser, url=desk.url)
    visitor.enter(desk.cookie(), desk.url)
    visitor.page.goto("/health")
    yield visitor
    visitor.close()


@pytest.fixture
def alice(visit: Visit, at_home: Visitor) -> Visitor:
    """A tab of it, which remembers nothing."""
    at_home.page.evaluate("localStorage.clear()")
    visitor: Visitor = visit(beside=at_home)
    return visitor


def is_live(page: Page) -> None:
    expect(page.locator("price-chart")).to_have_attribute("data-state", "live", timeout=30_000)


def shown(page: Page, cell: str) -> str:
    return str(page.locator(f"price-chart [data-bar={cell}]").text_content())


def table(page: Page) -> list[list[str]]:
    """The rows of the table: when, open, high, low, close, volume."""
    found: list[list[str]] = page.evaluate(ROWS)
    return found


def written(bar: dict[str, typing.Any]) -> list[str]:
    """A bar of the endpoint as the table writes it."""
    at = datetime.datetime.fromtimestamp(bar["time"] / 1000, NEW_YORK)
    prices = [f"{bar[name]:,.4f}" for name in ("open", "high", "low", "close")]
    short = [re.sub(r"0{1,2}$", "", price) for price in prices]
    return [f"{at.day} {at:%b %H:%M}", *short, f"{round(bar['volume']):,}"]


def test_a_chart_moves_and_is_sound_in_every_look_by_keyboard_and_as_a_table(alice: Visitor) -> None:
    page = alice.page
    page.goto(CHART)
    is_live(page)
    chart = page.locator("price-chart")
    expect(chart.locator("[data-field=summary]")).to_have_text(re.compile(r"^QQQ, \d+ bars of 1 minute from .*now"))
    expect(chart.locator("[data-field=ends]")).to_have_text(re.compile(r"^(ends in 0:\d\d|has ended)$"))
    before = shown(page, "close")
    assert PRICE.match(before)
    eventually(lambda: shown(page, "close") != before, within=30)
    told = page.evaluate(COUNTS)
    eventually(lambda: page.evaluate("drawn.update") > told["update"] + 5, within=30)
    assert page.evaluate("drawn.set") == 0, "a price that moves is drawn as one bar, not as all of them"
    menu = page.locator(".chart-menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    for name in INDICATORS:
        page.get_by_label(name).check()
    alice.examine_everywhere()
    alice.look(theme="dark", width=1440)
    page.get_by_label(INDICATORS[0]).focus()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(chart.locator(".chart-values > span")).to_have_text(
        [re.compile(rf"^{re.escape(name.removesuffix(' of the day'))} −?[\d.]+") for name in INDICATORS]
    )
    for theme in ("light", "dark"):
        alice.look(theme=theme, width=1440)
        eventually(lambda theme=theme: page.evaluate(DRAWS, UP[theme]), within=20)  # type: ignore[misc]
    go_by_keys(page)
    page.get_by_role("button", name="As table").click()
    eventually(lambda: len(table(page)) == 50, within=20)
    alice.examine_everywhere()
    page.reload()
    expect(chart.locator(".chart-values > span")).to_have_count(len(INDICATORS))


def go_by_keys(page: Page) -> None:
    """Point at bars, come to older ones, and back."""
    page.locator(".chart-box").focus()
    now = shown(page, "when")
    page.keyboard.press("ArrowLeft")
    eventually(lambda: shown(page, "when") != now, within=20)
    with page.expect_response(re.compile(r"/api/charts/QQQ.*before=")):
        page.keyboard.press("Home")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_role("button", name="Go live")).to_be_hidden()
    page.get_by_role("radio", name="1m").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("price-chart")).to_have_attribute("interval", "5m")
    is_live(page)
    expect(page).to_have_url(re.compile(r"interval=5m$"))


def test_what_a_chart_missed_is_filled_in_and_its_bars_are_the_venues_own(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    page.goto(CHART)
    is_live(page)
    wire = Wire(alice)
    is_live(page)
    page.evaluate("document.documentElement.dataset.zone = 'exchange'")
    page.get_by_role("button", name="As table").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/charts/" in request.url else None)
    cookie = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in alice.context.cookies())}

    def newest(count: int) -> typing.Any:
        found = plain_http.get(f"{desk.url}/api/charts/QQQ?interval=1m&limit={count}", headers=cookie)
        return found.raise_for_status().json()["candles"]

    (known,) = newest(1)
    wire.hold()
    wire.cut(1012)
    expect(page.locator("price-chart")).to_have_attribute("data-state", "lost")
    desk.order("hurry", seconds=300, rate=60)
    desk.fault(fault="drop", stream="dxlink")
    eventually(lambda: newest(1)[0]["time"] >= known["time"] + 300_000, within=30)
    eventually(lambda: page.evaluate("1") and len(wire.routes) > 1, within=30)
    wire.cut(1012)  # what that one was told meanwhile is lost
    eventually(lambda: page.evaluate("1") and len(wire.routes) > 2, within=30)
    wire.release()
    is_live(page)
    expect(page.locator("price-chart [data-field=note]")).to_have_text(re.compile(r"^\d+ bars? filled in at"))
    desk.fault(fault="halt", symbol="QQQ")
    try:
        with concurrent.futures.ThreadPoolExecutor() as beside:  # this thread has Playwright's event loop
            own = [written(bar) for bar in beside.submit(asyncio.run, past(desk)).result().values()]
        assert len(own) > 20
        eventually(  # they are the venue's own, once the last of them has come through
            lambda: table(page)[len(own) - 1 :: -1] == own,
            within=30,
            saying=lambda: f"{table(page)[:4]}, not {own[-4:]}",
        )
        rows = table(page)
        assert rows == [written(bar) for bar in reversed(newest(50))]
        assert len({row[0] for row in rows}) == 50, "no bar is there twice"
        assert 1 <= len(asked) <= 2, "it asked once, and once more if the link came back after the socket"
    finally:
        desk.fault(fault="halt", symbol="QQQ", mode="resume")


def test_without_javascript_there_is_the_table_as_it_was_loaded(alice: Visitor, visit: Visit, desk: Desk) -> None:
    plain = visit(url=desk.url, state=alice.state(), java_script_enabled=False)
    page = plain.page
    page.goto("/market/chart/QQQ/?interval=1h")
    page.reload()
    expect(page.locator("price-chart .state")).to_have_text("as loaded")
    expect(page.locator(".chart-table tbody tr")).to_have_count(50)
    expect(page.locator(".chart-table tbody td").first).to_have_text(PRICE)
    page.get_by_role("radio", name="1d").check()
    page.locator("price-chart").get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"interval=1d"))
    expect(page.locator(".chart-table tbody th").first).to_have_text(re.compile(r"^\d+ \w{3} 20\d\d$"))


def test_on_the_desk_it_follows_the_symbol_in_focus_and_keeps_its_interval(alice: Visitor) -> None:
    page = alice.page
    page.goto("/")
    is_live(page)
    chart = page.locator("price-chart")
    chart.get_by_role("radio", name="15m").check()
    page.locator(".wedge[data-symbol=IWM] .track").click()
    expect(chart.locator("[data-field=symbol]")).to_have_text("IWM")
    is_live(page)
    expect(chart.locator("[data-field=summary]")).to_have_text(re.compile(r"^IWM, \d+ bars of 15 minutes"))
    page.reload()
    expect(chart).to_have_attribute("interval", "15m")
    expect(page.get_by_role("link", name="TradingView")).to_have_attribute("href", "https://www.tradingview.com/")
    assert alice.errors == []
    assert page.evaluate("violations") == []
