"""The radial hub: ten markets around a ring, by mouse, keyboard and as a table, and honest about what is old."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.browser.test_connection import Wire
from tests.browser.test_pages import sign_in
from tests.desk import Desk

TEN = ["SPY", "QQQ", "IWM", "DIA", "VIX", "GLD", "TLT", "EEM", "XLF", "XLE"]
HUB = "/market/hub/"
PRICE = re.compile(r"^[\d,]+\.\d{2,4}$")
PERCENT = re.compile(r"^[▲▼]? ?[+−]?\d+\.\d\d%$")


@pytest.fixture
def alice(visit: Visit, desk: Desk) -> Visitor:
    visitor: Visitor = visit(url=desk.url)
    sign_in(visitor)
    visitor.page.get_by_role("link", name="Hub", exact=True).click()
    expect(visitor.page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=15_000)
    return visitor


def middle(page: Page) -> str:
    return str(page.locator("radial-hub [data-field=focus]").text_content())


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.symbol"))


def test_ten_markets_move_around_the_ring_outward_for_up(alice: Visitor) -> None:
    page = alice.page
    assert page.locator(".sector .symbol").all_text_contents() == TEN
    for text in page.locator(".sector .percent").all():
        expect(text).to_have_text(PERCENT)
    drawn = page.evaluate(
        """[...document.querySelectorAll(".sector")].map((sector) => [
            sector.dataset.way ?? "", Number(sector.querySelector(".bar").getAttribute("r"))])"""
    )
    assert {(way, (radius > 100) - (radius < 100)) for way, radius in drawn} <= {("up", 1), ("down", -1), ("", 0)}
    before = page.locator("radial-hub [data-field=price]").text_content()
    expect(page.locator("radial-hub [data-field=price]")).not_to_have_text(before or "", timeout=15_000)


def test_the_hub_is_sound_as_ring_and_as_table(alice: Visitor) -> None:
    page = alice.page
    for name in ("View as table", "View as ring"):
        for look in LOOKS:
            alice.look(**look)
            alice.examine()
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="View as table")).to_be_visible()


def test_the_keys_go_round_the_ring_and_enter_picks(alice: Visitor) -> None:
    page = alice.page
    page.get_by_role("button", name="View as table").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "QQQ", "the tab key comes to the market in the middle"
    for key, symbol in [("ArrowRight", "IWM"), ("ArrowDown", "DIA"), ("ArrowLeft", "IWM"), ("ArrowUp", "QQQ"),
                        ("Home", "SPY"), ("ArrowLeft", "XLE"), ("ArrowRight", "SPY"), ("End", "XLE")]:  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == symbol
        expect(page.locator("radial-hub [data-field=focus]")).to_have_text(symbol)
    card = page.locator("main live-quote [data-field=symbol]")
    expect(card).to_have_text("QQQ")
    page.keyboard.press("Enter")
    expect(card).to_have_text("XLE")
    expect(page.locator("main live-quote [data-field=price]")).to_have_text(PRICE)
    expect(page).to_have_url(re.compile(r"\?symbol=XLE$"))
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.classList.contains('wedge')"), "one tab leaves the ring"
    assert middle(page) == "XLE"


def test_a_focused_market_does_not_speak_with_every_price(alice: Visitor) -> None:
    page = alice.page
    wedge = page.locator(".wedge[data-symbol=SPY]")
    wedge.focus()
    label, price = wedge.get_attribute("aria-label"), page.locator("radial-hub [data-field=price]").text_content()
    expect(page.locator("radial-hub [data-field=price]")).not_to_have_text(price or "", timeout=15_000)
    assert wedge.get_attribute("aria-label") == label
    page.locator(".wedge[data-symbol=QQQ]").focus()
    expect(wedge).not_to_have_attribute("aria-label", label or "", timeout=15_000)


def test_a_click_picks_and_the_page_remembers_view_and_market(alice: Visitor) -> None:
    page = alice.page
    page.locator(".wedge[data-symbol=GLD] .track").click()
    expect(page.locator("main live-quote [data-field=symbol]")).to_have_text("GLD")
    expect(page.locator("main live-quote [data-field=name]")).to_contain_text("Gold")
    page.get_by_role("button", name="View as table").click()
    expect(page.locator("radial-hub tbody tr")).to_have_count(10)
    page.reload()
    expect(page.locator("radial-hub table")).to_be_visible()
    expect(page.locator("radial-hub svg")).to_be_hidden()
    expect(page.locator("main live-quote [data-field=symbol]")).to_have_text("GLD")
    page.get_by_role("link", name="TLT").click()
    expect(page.locator("main live-quote [data-field=symbol]")).to_have_text("TLT")


def test_what_is_lost_looks_lost_with_its_age(alice: Visitor) -> None:
    wire = Wire(alice)
    page = alice.page
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=15_000)
    wire.hold()
    wire.cut(1012)
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "lost")
    expect(page.locator(".sector .age").first).to_have_text(re.compile(r"^\d+ s$"))
    expect(page.locator("radial-hub .panel-head .state")).to_have_text("reconnecting")
    alice.examine()
    wire.release()
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=20_000)


def test_without_javascript_ring_and_table_show_what_was_known(alice: Visitor, visit: Visit, desk: Desk) -> None:
    plain = visit(url=desk.url, state=alice.state(), java_script_enabled=False)
    plain.page.goto(HUB)
    hub = plain.page.locator("radial-hub")
    expect(hub.locator(".state")).to_have_text("as loaded")
    expect(plain.page.locator("radial-hub table")).to_be_visible()
    for cell in hub.locator("[data-cell=last]").all():
        expect(cell).to_have_text(PRICE)
    hub.locator(".wedge[data-symbol=IWM] .track").click()
    expect(plain.page.locator("radial-hub [data-field=focus]")).to_have_text("IWM")
    expect(plain.page.locator("main live-quote [data-field=price]")).to_have_text(PRICE)
    expect(hub.get_by_role("button")).to_be_hidden()
