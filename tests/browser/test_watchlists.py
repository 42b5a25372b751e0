"""Watchlists on a page: live, used by keys alone, kept, the same in every tab, and honest about what is old."""

import re
import typing

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import THEMES, Visit, Visitor
from tests.browser.test_connection import Wire
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import BOB, LABEL

LISTS = "/market/watchlists/"
ALL = "**/api/watchlists/"
PRICE = re.compile(r"^[\d,]+\.\d{2,4}$")
CELLS = (
    "(name) => [...document.querySelectorAll(`watch-list tbody [data-cell=${name}]`)].map((cell) => cell.textContent)"
)
CUT = """() => [...document.querySelectorAll("watch-list tbody :is(td, th):not(.tools)")].filter((cell) => {
    const [range, { left, right }] = [document.createRange(), cell.getBoundingClientRect()];
    range.selectNodeContents(cell);
    const text = range.getBoundingClientRect();
    const isNoted = cell.querySelector("small:not(:empty)");
    return cell.offsetParent && !isNoted && (text.left < left || text.right > right + 1);
}).map((cell) => `${cell.className} ${cell.textContent}`)"""
COLUMNS = "() => [...document.querySelectorAll('watch-list thead th')].map((cell) => cell.getBoundingClientRect().x)"
SYMBOLS = "[...document.querySelectorAll('watch-list tbody tr')].map((row) => row.dataset.symbol)"
FOCUSED = "document.activeElement.closest('tr')?.dataset.symbol ?? document.activeElement.ariaLabel"
COUNT_FLASHES = """() => {
    globalThis.flashes = [0, 0];  // begun, ended
    const count = (records) => records.forEach(({ target, oldValue }) => {
        const [before, now] = [oldValue, target.className].map((name) => /flash-(up|down)/.test(name ?? ""));
        flashes[0] += !before && now;
        flashes[1] += before && !now;
    });
    new MutationObserver(count).observe(document.querySelector("watch-list"),
        { subtree: true, attributeFilter: ["class"], attributeOldValue: true });
}"""
FIRST = ["QQQ", "SPY", "IWM", "AAPL", "MSFT", "NVDA", "AMZN", "META", "TSLA", "GLD", "TLT", "VIX"]


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
    """A tab of it with her lists."""
    return opened(visit(beside=at_home))


def opened(visitor: Visitor) -> Visitor:
    visitor.page.goto(LISTS)
    expect(visitor.page.locator("watch-list .panel-head")).to_have_attribute("data-state", "live")
    return visitor


def table(page: Page) -> Locator:
    return page.get_by_role("table", name=re.compile("^Watchlist"))


def symbols(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('watch-list tbody tr')].map((r) => r.dataset.symbol)"
    )
    return found


def cells(page: Page, name: str) -> list[str]:
    found: list[str] = page.evaluate(CELLS, name)
    return found


def focused(page: Page) -> str:
    return str(page.evaluate(FOCUSED))


def says(page: Page, text: str) -> None:
    expect(page.locator("watch-list [role=status]")).to_contain_text(text)


def test_a_list_moves_and_is_walked_changed_and_undone_by_keys_alone(alice: Visitor) -> None:
    page = alice.page
    press = page.keyboard.press
    assert symbols(page) == FIRST
    before = cells(page, "last")
    eventually(lambda: cells(page, "last") != before, within=20)
    expect(table(page).get_by_role("row", name=re.compile("^QQQ"))).to_contain_text("×")
    eventually(lambda: all(re.fullmatch(r"\d+|–", rank) for rank in cells(page, "iv_rank")), within=20)
    expect(page.locator("watch-list polyline:not([points=''])").first).to_be_attached()

    page.get_by_role("combobox", name="List").focus()
    for _ in range(12):
        if focused(page) in FIRST:
            break
        press("Tab")
    assert focused(page) == "QQQ", "the tab key comes to the first row"
    for key, there in (("ArrowDown", "SPY"), ("End", "VIX"), ("PageUp", "SPY"), ("ArrowUp", "QQQ"), ("ArrowUp", "QQQ")):
        press(key)
        assert focused(page) == there
    press("ArrowDown")
    press("Enter")
    detail = page.locator("quote-detail")
    expect(detail.get_by_role("heading", level=2)).to_contain_text("SPY")
    expect(detail.locator("[data-field=price]")).to_have_text(PRICE)
    expect(detail.locator("[data-field=iv_rank]")).to_have_text(re.compile(r"^\d+$"))
    expect(detail.locator("[data-field=low_52w]")).to_have_text(PRICE)
    expect(detail.locator("[data-field=day_age]")).to_have_text(re.compile(r"^\d+ s$"))
    expect(detail.locator("[data-field=link]")).to_have_text(f"prices by {LABEL}")
    expect(page).to_have_url(re.compile(r"symbol=SPY"))
    expect(table(page).get_by_role("link", name="SPY")).to_have_attribute("aria-current", "true")
    press("Alt+ArrowUp")
    eventually(lambda: symbols(page)[:2] == ["SPY", "QQQ"], within=20)
    eventually(lambda: focused(page) == "SPY", within=20)
    press("Delete")
    says(page, "SPY was removed.")
    assert focused(page) == "QQQ", "the keyboard stays where the row was"
    page.get_by_role("button", name="Undo").press("Enter")
    eventually(lambda: symbols(page)[:2] == ["SPY", "QQQ"], within=20)

    percent = table(page).get_by_role("columnheader", name="%")
    percent.get_by_role("button").press("Enter")
    expect(percent).to_have_attribute("aria-sort", "descending")
    moved = [float(text.split()[-1].rstrip("%").replace("−", "-")) for text in cells(page, "percent")]
    assert moved == sorted(moved, reverse=True)
    table(page).get_by_role("link", name="SPY").press("Alt+ArrowDown")
    says(page, "sorted by a column")
    percent.get_by_role("button").press("Enter")
    percent.get_by_role("button").press("Enter")
    expect(percent).to_have_attribute("aria-sort", "none")
    assert symbols(page) == ["SPY", "QQQ", *FIRST[2:]]

    add = page.get_by_role("textbox", name="Add symbols")
    add.fill("amd, Q!Q")
    add.press("Enter")
    says(page, "No such symbol: Q!Q")
    expect(add).to_have_attribute("aria-invalid", "true")
    add.fill("amd zzzz")
    add.press("Enter")
    eventually(lambda: symbols(page)[-2:] == ["AMD", "ZZZZ"], within=20)
    expect(table(page).get_by_role("row", name=re.compile("^AMD")).locator("[data-cell=last]")).to_have_text(PRICE)
    expect(table(page).get_by_role("row", name=re.compile("^ZZZZ"))).to_contain_text("not listed")
    expect(page.locator("watch-list .panel-head .state")).to_have_text("live")
    kept = symbols(page)
    page.reload()
    assert symbols(page) == kept
    assert [error for error in alice.errors if "400" not in error] == [], "what is refused is no error of the page"


def test_lists_are_made_imported_dragged_and_deleted_and_every_tab_agrees(alice: Visitor, visit: Visit) -> None:
    page, other = alice.page, opened(visit(beside=alice)).page
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name of a new list").fill("Metals")
    page.get_by_role("button", name="Create").click()
    which = page.get_by_role("combobox", name="List")
    expect(which.locator(":checked")).to_have_text("Metals")
    expect(page.get_by_text("Nothing is in this list yet.")).to_be_visible()
    page.get_by_role("textbox", name="Add symbols").fill("GLD SLV TLT")
    page.get_by_role("button", name="Add", exact=True).click()
    eventually(lambda: symbols(page) == ["GLD", "SLV", "TLT"], within=20)
    other.get_by_role("combobox", name="List").select_option("Metals")
    eventually(lambda: symbols(other) == ["GLD", "SLV", "TLT"], within=20)
    page.get_by_role("button", name="Move TLT up").click()
    page.get_by_role("button", name="Remove SLV").click()
    for tab in (page, other):
        eventually(lambda tab=tab: symbols(tab) == ["GLD", "TLT"], within=20)  # type: ignore[misc]

    handle, above = page.locator("tr[data-symbol=TLT] .handle"), page.locator("tr[data-symbol=GLD]")
    handle.hover()
    page.mouse.down()
    box = above.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 2, steps=4)
    page.mouse.up()
    for tab in (page, other):
        eventually(lambda tab=tab: symbols(tab) == ["TLT", "GLD"], within=20)  # type: ignore[misc]

    page.get_by_role("textbox", name="Name of this list").fill("Gold")
    page.get_by_role("button", name="Rename").click()
    expect(other.get_by_role("combobox", name="List").locator(":checked")).to_have_text("Gold")
    page.get_by_role("button", name="Import from a broker").click()
    page.get_by_role("button", name="Import Liquid ETFs").click()
    expect(which.locator(":checked")).to_have_text("Liquid ETFs")
    says(page, "Liquid ETFs was copied.")
    assert len(symbols(page)) > 5
    page.reload()
    expect(which.locator(":checked")).to_have_text("Liquid ETFs")
    kept = which.locator("option").all_text_contents()
    assert kept[2] == "Liquid ETFs"
    held: list[Route] = []
    page.route(ALL, lambda route: held.append(route) if len(held) < 2 else route.continue_())
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="List up").press("Enter")  # before the desk told of any list
    eventually(lambda: page.title() and len(held) == 2)
    for route in held:
        route.continue_()
    says(page, "Liquid ETFs is list 2 of 3.")
    kept[1:] = reversed(kept[1:])
    for tab in (page, other):
        shown = tab.get_by_role("combobox", name="List").locator("option")
        expect(shown).to_have_text(kept)
    delete = page.get_by_role("button", name="Delete this list")
    expect(delete).to_be_enabled()
    delete.click()
    says(page, "Liquid ETFs was deleted.")
    expect(other.get_by_role("combobox", name="List").locator("option")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(which.locator(":checked")).to_have_text("Liquid ETFs")
    expect(other.get_by_role("combobox", name="List").locator("option")).to_have_text(kept)
    assert alice.errors == []


def test_a_price_that_moves_flashes_legibly_where_motion_is_wanted_and_only_there(visit: Visit, desk: Desk) -> None:
    moved: Visitor = visit(url=desk.url, motion=True)
    still: Visitor = visit(url=desk.url)
    for visitor in (moved, still):
        visitor.enter(desk.cookie(BOB), desk.url)
        page = opened(visitor).page
        page.evaluate(COUNT_FLASHES)
        before = cells(page, "last")
        eventually(lambda page=page, before=before: cells(page, "last") != before, within=20)  # type: ignore[misc]
    eventually(lambda: min(moved.page.evaluate("flashes")) > 0, within=10)
    assert still.page.evaluate("flashes") == [0, 0]
    for way in ("flash-up", "flash-down"):
        still.page.evaluate(
            "(way) => document.querySelectorAll('watch-list td').forEach((td) => td.classList.add(way))", way
        )
        for theme in THEMES:
            still.look(theme=theme, width=1440)
            still.examine("color-contrast", within="watch-list")


def test_it_is_sound_in_every_look_nothing_jumps_and_what_is_old_looks_old(visit: Visit, desk: Desk) -> None:
    bob: Visitor = visit(url=desk.url)
    bob.enter(desk.cookie(BOB), desk.url)
    page = opened(bob).page
    bob.examine_in_both_themes(768)
    page.get_by_role("button", name="Edit").click()
    bob.examine_everywhere()
    for width in (1440, 768, 320):
        bob.look(theme="dark", width=width)
        assert page.evaluate(CUT) == [], width
        before, where = cells(page, "last"), page.evaluate(COLUMNS)
        eventually(lambda before=before: cells(page, "last") != before, within=20)  # type: ignore[misc]
        assert page.evaluate(COLUMNS) == where, width
    wire = Wire(bob)
    wire.hold()
    wire.cut(1012)
    expect(page.locator("watch-list .panel-head")).to_have_attribute("data-state", "lost")
    expect(page.locator("watch-list .panel-head .state")).to_have_text("reconnecting")
    for row in page.locator("watch-list tbody tr").all():
        expect(row).to_have_attribute("data-state", "lost")
        expect(row.locator("[data-cell=age]")).to_have_text(re.compile(r"^\d+s$"))
    bob.examine()
    wire.release()
    expect(page.locator("watch-list .panel-head")).to_have_attribute("data-state", "live")
    expect(page.locator("watch-list [data-cell=age]").first).to_be_empty()

    plain: Visitor = visit(url=desk.url, state=bob.state(), java_script_enabled=False)
    plain.page.goto(LISTS)
    assert symbols(plain.page) == FIRST
    for cell in plain.page.locator("watch-list [data-cell=last]").all():
        expect(cell).to_have_text(PRICE)
    expect(plain.page.locator("watch-list .panel-head .state")).to_have_text("as loaded")
    plain.page.get_by_role("link", name="AAPL").click()
    expect(plain.page.locator("quote-detail").get_by_role("heading", level=2)).to_contain_text("AAPL")
