"""The radial hub and the option chain: live, by keyboard, sound in every look, and honest about what is old."""

import json
import re
import typing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.browser.test_connection import Wire
from tests.browser.test_pages import sign_in
from tests.support import plain_http
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import LABEL, OLGA

TEN = ["SPY", "QQQ", "IWM", "DIA", "VIX", "GLD", "TLT", "EEM", "XLF", "XLE"]
HUB, CHAIN = "/market/hub/", "/market/chain/QQQ/"
PRICE = re.compile(r"^[\d,]+\.\d{2,4}$")
PERCENT = re.compile(r"^[▲▼]? ?[+−]?\d+\.\d\d%$")
GREEKS = re.compile(r"^Greeks from the feed, \d+ s( to \d+ s)? old$")
CELLS = """(column) => {
    const at = [...document.querySelectorAll(".chain thead th")].findIndex((cell) => cell.matches(column));
    return [...document.querySelectorAll(".chain tbody tr")].map((row) => row.cells[at].textContent);
}"""
CUT = """[...document.querySelectorAll(".chain tbody :is(td, th)")].filter((cell) => {
    const [range, { left, right }] = [document.createRange(), cell.getBoundingClientRect()];
    range.selectNodeContents(cell);
    const text = range.getBoundingClientRect();
    return cell.offsetParent && cell.textContent && (text.left < left || text.right > right);
}).map((cell) => `${cell.className} ${cell.textContent}`)"""
WATCHED = """async () => {
    const { store } = await import(document.querySelector("script[src*='js/main']").src);
    return store.all("greeks").map(({ symbol }) => symbol);
}"""
ON_SCREEN = """() => {
    const box = document.querySelector(".chain-box").getBoundingClientRect();
    return [...document.querySelectorAll(".chain tbody tr")].filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return bottom > box.top && top < Math.min(box.bottom, innerHeight);
    }).flatMap((row) => [row.dataset.call, row.dataset.put]).filter(Boolean);
}"""
ENDS = """() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith("tapedeck.legs."));
    const kept = JSON.parse(localStorage.getItem(key));
    kept.QQQ.legs[0].ends = Date.now() - 1;
    localStorage.setItem(key, JSON.stringify(kept));
}"""
ENDED = "(body) => [...body.rows].every(({ cells }) => cells[1].textContent === cells[2].textContent)"
LATE_MIN = 40
DELTA_FIRST = ["Call bid", "Call ask", "Call delta", "Strike", "Put delta", "Put bid", "Put ask"]
COLUMNS = "[...document.querySelectorAll('.chain thead th')].map((cell) => cell.getBoundingClientRect().x)"


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


@pytest.fixture
def hub(alice: Visitor) -> Visitor:
    alice.page.goto(HUB)
    expect(alice.page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=15_000)
    return alice


@pytest.fixture
def chain(alice: Visitor) -> Visitor:
    alice.page.goto(CHAIN)
    expect(alice.page.locator("option-chain")).to_have_attribute("data-state", "live", timeout=15_000)
    return alice


def test_the_navigation_leads_to_both_and_says_where_one_is(alice: Visitor) -> None:
    page = alice.page
    page.goto("/accounts/settings")
    for name, heading in (("Hub", "Market hub"), ("Options", "QQQ options")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")


def middle(page: Page) -> str:
    return str(page.locator("radial-hub [data-field=focus]").text_content())


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.symbol"))


def test_ten_markets_move_around_the_ring_outward_for_up(hub: Visitor) -> None:
    page = hub.page
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


def test_the_hub_is_sound_as_ring_and_as_table(hub: Visitor) -> None:
    page = hub.page
    for name in ("View as table", "View as ring"):
        for look in LOOKS:
            hub.look(**look)
            hub.examine()
            box = page.locator("radial-hub .table-box")
            assert box.evaluate("(box) => box.scrollWidth <= box.clientWidth"), f"the table is cut: {look}"
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="View as table")).to_be_visible()


def test_the_keys_go_round_the_ring_and_enter_picks(hub: Visitor) -> None:
    page = hub.page
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


def test_a_focused_market_does_not_speak_with_every_price(hub: Visitor) -> None:
    page = hub.page
    wedge = page.locator(".wedge[data-symbol=SPY]")
    wedge.focus()
    label, price = wedge.get_attribute("aria-label"), page.locator("radial-hub [data-field=price]").text_content()
    expect(page.locator("radial-hub [data-field=price]")).not_to_have_text(price or "", timeout=15_000)
    assert wedge.get_attribute("aria-label") == label
    page.locator(".wedge[data-symbol=QQQ]").focus()
    expect(wedge).not_to_have_attribute("aria-label", label or "", timeout=15_000)


def test_a_click_picks_and_the_page_remembers_view_and_market(hub: Visitor) -> None:
    page = hub.page
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


def test_a_picked_market_shows_its_greeks_at_the_money(hub: Visitor) -> None:
    page = hub.page
    panel = page.locator("atm-greeks")
    expect(panel).to_have_attribute("data-state", "live", timeout=15_000)
    page.locator(".wedge[data-symbol=IWM] .track").click()
    expect(panel.get_by_role("heading")).to_have_text("IWM at the money")
    expect(panel.locator("[data-column=delta] td").first).to_have_text(re.compile(r"^0\.[3-7]\d$"), timeout=15_000)
    expect(panel.locator("[data-column=delta] td").last).to_have_text(re.compile(r"^−0\.[3-7]\d$"))
    expect(panel.locator("[data-column=source] td").first).to_have_text(re.compile(r"^feed \d+s$"))
    spot = float(page.locator("main live-quote [data-field=price]").text_content() or "")
    assert abs(float(panel.locator("[data-field=strike]").text_content() or "") - spot) <= 1.5
    page.locator(".wedge[data-symbol=VIX] .track").click()
    expect(panel.locator("[data-field=said]")).to_contain_text("VIX", timeout=15_000)
    expect(panel.locator("[data-column=delta] td").first).to_have_text("–")
    page.locator(".wedge[data-symbol=QQQ] .track").click()
    panel.get_by_role("link", name="Option chain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("QQQ options")


def test_a_hub_whose_feed_is_lost_looks_lost_with_its_age(hub: Visitor) -> None:
    wire = Wire(hub)
    page = hub.page
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=15_000)
    wire.hold()
    wire.cut(1012)
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "lost")
    expect(page.locator(".sector .age").first).to_have_text(re.compile(r"^\d+s$"))
    eventually(lambda: page.evaluate("1") and len(wire.routes) > 1, within=20)  # the next try is under way, and held
    expect(page.locator("radial-hub .panel-head .state")).to_have_text("reconnecting")
    hub.examine()
    wire.release()
    expect(page.locator("radial-hub")).to_have_attribute("data-state", "live", timeout=20_000)


def test_without_javascript_ring_and_table_show_what_was_known(hub: Visitor, visit: Visit, desk: Desk) -> None:
    plain = visit(url=desk.url, state=hub.state(), java_script_enabled=False)
    plain.page.goto(HUB)
    ring = plain.page.locator("radial-hub")
    expect(ring.locator(".state")).to_have_text("as loaded")
    expect(plain.page.locator("radial-hub table")).to_be_visible()
    for cell in ring.locator("[data-cell=last]").all():
        expect(cell).to_have_text(PRICE)
    expect(plain.page.locator("atm-greeks [data-column=delta] td").first).to_have_text(re.compile(r"^0\.\d\d$"))
    ring.locator(".wedge[data-symbol=IWM] .track").click()
    expect(plain.page.locator("radial-hub [data-field=focus]")).to_have_text("IWM")
    expect(plain.page.locator("main live-quote [data-field=price]")).to_have_text(PRICE)
    expect(ring.get_by_role("button")).to_be_hidden()


def rows(page: Page) -> typing.Any:
    return page.locator(".chain tbody tr")


def cells(page: Page, column: str, side: str = "call") -> list[str]:
    """The texts of one column, from the lowest strike to the highest."""
    found: list[str] = page.evaluate(CELLS, f".{side}[data-column={column}]")
    return found


def test_prices_and_greeks_move_around_the_money(chain: Visitor) -> None:
    page = chain.page
    expect(rows(page)).to_have_count(20)
    expect(page.locator(".chain [data-near]")).to_have_count(2)
    expect(page.locator("[data-field=greeks]")).to_have_text(
        re.compile(r"^Greeks from the feed, \d+ s( to \d+ s)? old$")
    )
    expect(page.locator("[data-field=iv]")).to_have_text(re.compile(r"^\d+\.\d$"))
    for day in page.locator(".days [data-iv]").all():
        expect(day).to_have_text(re.compile(r"^\d+\.\d$"))
    expect(page.locator("[data-field=ivs]")).to_have_text(re.compile(r"^IV by day \d+ s( to \d+ s)? old$"))
    deltas = [float(text.replace("−", "-")) for text in cells(page, "delta")]
    assert deltas == sorted(deltas, reverse=True), "calls are worth less the higher their strike"
    assert all(re.match(r"feed \d+s", text) for text in cells(page, "source", "put"))
    before = cells(page, "bid")
    eventually(lambda: cells(page, "bid") != before, within=15)


def test_the_chain_is_sound_and_nothing_is_cut_or_jumps_in_any_look(chain: Visitor) -> None:
    page = chain.page
    for look in LOOKS:
        chain.look(**look)
        chain.examine()
        for columns in ("Greeks", "Prices") if look["width"] == 320 else ("Greeks", "Prices", "All"):
            page.get_by_role("radio", name=columns, exact=True).first.check()
            before = page.evaluate(COLUMNS)
            assert page.evaluate(CUT) == [], (look, columns)
            bids = cells(page, "bid")
            eventually(lambda: cells(page, "bid") != bids, within=15)  # noqa: B023
            assert page.evaluate(COLUMNS) == before, (look, columns)


def test_only_what_is_on_the_screen_is_watched(chain: Visitor) -> None:
    page = chain.page
    page.get_by_role("radio", name="All").last.check()
    eventually(lambda: rows(page).count() > 60, within=15)
    shown = eventually(lambda: set(page.evaluate(ON_SCREEN)), within=15)
    eventually(lambda: shown <= set(page.evaluate(WATCHED)), within=15)
    assert len(page.evaluate(WATCHED)) < rows(page).count() * 1.5
    page.locator(".chain-box").evaluate("(box) => { box.scrollTop = 0; }")
    lowest = set(page.evaluate(ON_SCREEN))
    eventually(lambda: lowest <= set(page.evaluate(WATCHED)), within=15)
    eventually(lambda: len(shown & set(page.evaluate(WATCHED))) < len(shown) / 2, within=15)
    page.get_by_role("button", name="To the money").click()
    eventually(lambda: shown <= set(page.evaluate(WATCHED)), within=15)


def test_the_chain_is_used_by_keyboard_alone(chain: Visitor) -> None:
    page = chain.page
    page.locator("#symbol").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    first = page.locator(".days :checked").get_attribute("value") or ""
    expect(page.locator(".days :checked")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = page.locator(".days :checked").get_attribute("value") or ""
    assert chosen > first
    symbol = f"QQQ{chosen[2:10].replace('-', '')}"
    eventually(lambda: str(rows(page).first.get_attribute("data-call")).startswith(symbol), within=15)
    eventually(lambda: all(re.match(r"\d", text) for text in cells(page, "bid")), within=15)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("option-chain")).to_have_attribute("data-columns", "prices")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(rows(page)).to_have_count(10)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="gamma").uncheck()
    expect(page.get_by_role("radio", name="Own")).to_be_checked()
    inwards = page.get_by_role("button", name="Move delta inwards")
    for _ in range(3):
        inwards.press("Enter")
    expect(inwards).to_be_focused()
    assert heads(page) == DELTA_FIRST
    for side in ("Call", "Put"):
        expect(page.get_by_role("columnheader", name=f"{side} delta")).to_be_visible()
        expect(page.get_by_role("columnheader", name=f"{side} gamma")).to_be_hidden()
    eventually(lambda: all(cells(page, "open_interest")), within=15)
    page.set_viewport_size({"width": 320, "height": 640})
    expect(page.locator(".chooser [data-left]")).to_have_text("7 without room")
    expect(page.get_by_role("columnheader", name="Put bid")).to_be_visible()
    chain.examine()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("[data-left]")).to_be_empty()
    page.reload()
    expect(page.get_by_role("columnheader", name="Put delta")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Put gamma")).to_be_hidden()
    assert heads(page) == DELTA_FIRST
    eventually(lambda: all(re.match(r"−?0\.\d\d", text) for text in cells(page, "delta", "put")), within=15)
    page.get_by_role("radio", name="Prices").check()
    page.get_by_role("radio", name="Prices").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator(".chain-box")).to_be_focused()
    page.reload()
    expect(page.locator(".days :checked")).to_have_value(chosen)
    expect(rows(page)).to_have_count(10)
    expect(page.locator("option-chain")).to_have_attribute("data-columns", "prices")


def heads(page: Page) -> list[str]:
    """The heads of the columns next to the strikes, from left to right."""
    found: list[str] = page.locator(".chain thead th:not([hidden])").evaluate_all(
        "(heads) => heads.map((head) => head.lastElementChild?.textContent ?? 'Strike')"
    )
    at = found.index("Strike")
    return found[at - 3 : at + 4]


def offered(page: Page, option: str, column: str, strike: int) -> typing.Any:
    """The bid or ask of a call or put."""
    at: int = page.evaluate(
        "(column) => [...document.querySelectorAll('.chain thead th')].findIndex((one) => one.matches(column))",
        f".{option}[data-column={column}]",
    )
    row = rows(page).filter(has=page.get_by_role("rowheader", name=str(strike), exact=True))
    return row.locator("td, th").nth(at)


def legs(page: Page) -> list[str]:
    """Each leg: side, contracts and name."""
    found: list[str] = page.locator(".payoff-legs tbody tr").evaluate_all(
        "(rows) => rows.map((row) => `${row.querySelector('button').textContent} "
        "${row.querySelector('input').value} ${row.querySelector('span').textContent.split(' ·')[0]}`)"
    )
    return found


def said(page: Page, name: str) -> typing.Any:
    return page.locator(f"option-payoff [data-field={name}]").first


def test_clicked_prices_become_legs_with_a_payoff(chain: Visitor) -> None:
    """By mouse and by keys, in every look: what they can earn and lose, when, and how likely."""
    page = chain.page
    payoff = page.locator("option-payoff")
    expect(payoff).to_be_hidden()
    middle = int(page.locator(".chain [data-near] th").first.text_content() or "")
    offered(page, "put", "ask", middle - 5).click()
    expect(said(page, "name")).to_have_text("Long put")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(said(page, "name")).to_have_text("Bull put spread")
    for key in ("ArrowLeft", "ArrowLeft", *["ArrowDown"] * 5, " "):
        page.keyboard.press(key)
    offered(page, "call", "ask", middle + 6).click()
    expect(said(page, "name")).to_have_text("Iron condor")
    assert legs(page) == [
        f"Buy 1 {middle - 5} P",
        f"Sell 1 {middle - 2} P",
        f"Sell 1 {middle + 3} C",
        f"Buy 1 {middle + 6} C",
    ]
    expect(page.locator(".chain td[aria-selected=true]")).to_have_count(4)
    expect(payoff).to_have_attribute("data-state", "live")
    most, least = (float(said(page, name).text_content()) for name in ("most", "least"))
    assert most + least == pytest.approx(300, abs=0.02), "three dollars between the strikes of either side"
    expect(said(page, "breakevens")).to_have_text(re.compile(r"^\d+\.\d+ · \d+\.\d+$"))
    expect(said(page, "chance")).to_have_text(re.compile(r"^\d{1,2}%$"))
    expect(said(page, "theta")).to_have_text(re.compile(r"^−?\d+\.\d\d$"))
    expect(said(page, "said")).to_contain_text("Iron condor on QQQ")
    expect(said(page, "how")).to_have_text(re.compile(GREEKS.pattern.rstrip("$") + " · money at 4.00% · "))
    expect(page.locator(".matrix tbody tr")).to_have_count(7)
    page.get_by_text("Payoff as a table").click()
    eventually(lambda: page.locator(".curve tbody tr").count() > 12, within=15)

    page.get_by_label("Value", exact=False).and_(page.get_by_role("slider")).press("End")
    expect(page.locator(".matrix [data-field=when]")).to_have_text(re.compile(r"^on \d+ \w{3}$"))
    eventually(lambda: page.locator(".curve tbody").evaluate(ENDED), within=15)
    page.get_by_label(re.compile(rf"^Contracts of QQQ .* {middle - 5} P")).fill("3")
    expect(said(page, "name")).to_have_text("4 legs")
    page.get_by_label(re.compile(rf"^Price of QQQ .* {middle - 5} P")).fill("")
    expect(said(page, "lacks")).to_contain_text("There is no price for")
    expect(said(page, "most")).to_have_text("–")
    page.get_by_role("button", name="Prices to mid").click()
    expect(said(page, "lacks")).to_be_empty()

    offered(page, "call", "ask", middle + 6).click()
    assert legs(page)[-1].startswith("Buy 2")
    for look in LOOKS:
        chain.look(**look)
        chain.examine()
    page.get_by_role("button", name=re.compile(rf"^Remove QQQ .* {middle - 5} P")).click()
    assert len(legs(page)) == 3
    page.get_by_role("button", name="Clear").click()
    expect(payoff).to_be_hidden()
    expect(page.locator(".chain td[data-leg]")).to_have_count(0)

    offered(page, "call", "bid", middle).click()
    page.locator(".days label").nth(9).click()
    expect(page.locator(".chain td[data-leg]")).to_have_count(0)
    at = offered(page, "call", "ask", middle)
    expect(at).to_have_text(PRICE)
    at.click()
    expect(said(page, "name")).to_have_text(re.compile("^Long call (calendar|diagonal)$"))
    expect(said(page, "most")).to_have_text(PRICE)
    expect(said(page, "chance")).to_have_text(re.compile(r"^\d{1,2}%$"))

    kept, where = legs(page), page.url
    page.reload()
    expect(said(page, "name")).to_have_text(re.compile("^Long call (calendar|diagonal)$"))
    assert legs(page) == kept
    expect(page.locator(".chain td[data-leg]")).to_have_count(1)
    expect(said(page, "most")).to_have_text(PRICE)
    assert page.url == where, "who is sent the address learns nothing of them"
    page.evaluate(ENDS)
    page.reload()
    expect(page.locator("#announcements")).to_contain_text("No part of the payoff any more, because it has ended: QQQ ")
    assert legs(page) == kept[1:]
    page.get_by_role("button", name="Clear").click()
    page.reload()
    expect(payoff).to_be_hidden()


def test_another_symbol_is_asked_for_by_name_and_one_without_options_says_so(chain: Visitor) -> None:
    page = chain.page
    page.get_by_label("Symbol").fill("iwm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="IWM options")).to_be_visible()
    expect(page.locator("option-chain")).to_have_attribute("data-state", "live")
    page.get_by_label("Symbol").fill("VIX")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is no chain to show")).to_be_visible()
    chain.examine()


def test_a_chain_whose_feed_is_lost_looks_lost(chain: Visitor) -> None:
    wire = Wire(chain)
    page = chain.page
    expect(page.locator("option-chain")).to_have_attribute("data-state", "live", timeout=15_000)
    wire.hold()
    wire.cut(1012)
    expect(page.locator("option-chain")).to_have_attribute("data-state", "lost")
    expect(page.locator("option-chain > .panel-head .state")).to_have_text("reconnecting")
    chain.examine()
    wire.release()
    expect(page.locator("option-chain")).to_have_attribute("data-state", "live", timeout=20_000)


def test_without_javascript_the_chain_is_what_was_known_and_a_form(chain: Visitor, visit: Visit, desk: Desk) -> None:
    plain = visit(url=desk.url, state=chain.state(), java_script_enabled=False)
    page = plain.page
    page.goto(CHAIN)
    expect(page.locator("option-chain > .panel-head .state")).to_have_text("as loaded")
    assert all(re.match(r"\d", text) for text in cells(page, "ask"))
    page.locator(".days label").nth(1).click()
    page.get_by_text("40", exact=True).click()
    page.get_by_role("button", name="Show").last.click()
    expect(page.locator(".chain tbody tr")).to_have_count(40)
    assert page.locator(".days input").nth(1).is_checked()


def test_who_linked_nothing_is_told_so(visit: Visit, desk: Desk) -> None:
    olga: Visitor = visit(url=desk.url)
    sign_in(olga, email="olga@example.com")
    olga.page.goto(CHAIN)
    expect(olga.page.get_by_text("There is no chain to show")).to_be_visible()
    olga.examine()


def test_hub_and_chain_name_the_link_that_feeds(hub: Visitor) -> None:
    by = hub.page.locator("[data-field=by]")
    expect(by).to_have_text(f"prices by {LABEL}")
    hub.page.goto(CHAIN)
    expect(by).to_have_text(f"prices by {LABEL}")


def test_the_venues_own_greeks_are_marked_so_and_as_old_as_they_are(visit: Visit, desk: Desk) -> None:
    """Tradier computes Greeks about once an hour; what its own quotes explain is computed here, and marked so."""
    tradier = json.loads((desk.run_dir / "loopback.json").read_text())["tradier"]
    options = ["--user", OLGA, "--venue", "tradier", "--environment", "simulated", "--label", "Tradier alone"]
    desk.manage("link_broker", *options, stdin=json.dumps({"data_token": tradier["grants"][0]["data_token"]}))
    late = {"fault": "greeks", "delay": 60 * LATE_MIN}
    assert plain_http.post(f"{desk.control}/tradier/fault", json=late).is_success
    olga = visit(url=desk.url)
    olga.enter(desk.cookie(OLGA), desk.url)
    page = olga.page
    page.goto(CHAIN)
    expect(page.locator("option-chain")).to_have_attribute("data-state", "live", timeout=20_000)
    page.get_by_role("radio", name="All").last.check()
    eventually(lambda: rows(page).count() > 60, within=15)
    expect(page.locator("[data-field=by]")).to_have_text("prices by Tradier alone")
    page.locator(".chain-box").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    eventually(lambda: {"calc", "venue"} <= {text.split()[0] for text in cells(page, "source") if text}, within=30)
    ages = [int(text.split()[1].removesuffix("m")) for text in cells(page, "source") if re.match(r"venue \d+m", text)]
    assert ages
    assert set(ages) <= {LATE_MIN, LATE_MIN + 1}
    olga.examine()
