"""The desk: full of values before any script, live from there, arranged and used by keyboard and by touch."""

import functools
import json
import re
import typing

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.assistant.mcp.messages import BOTH, answer_of, message
from tests.browser.conftest import LOOKS, OF_COLOURS, Visit, Visitor
from tests.browser.test_connection import Wire
from tests.support import plain_http
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.fault_matrix import trade
from tests.support.people import ALICE, OLGA

PRICE = re.compile(r"^[\d,]+\.\d{2,4}$")
MONEY = re.compile(r"^[\d,]+\.\d\d$")
PLACES = "(screen) => [...document.querySelectorAll('.cell')].map((one) => [one.dataset.panel, one.dataset[screen]])"
OPENED = "dialog[open], :popover-open:not(#toasts)"
SEEN = """() => [...document.querySelectorAll(".cell")].map((one) => [one.getBoundingClientRect(), one.dataset.panel])
    .sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, name]) => name)"""

AMOUNTS = """async () => {
    const { store } = await import(document.querySelector("script[src*='js/main']").src);
    const money = (value) => value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const slots = ["balance", "portfolio", "exposure", "position"].flatMap((type) => store.all(type));
    const values = slots.flatMap((one) => [one.balance, one.net_liq, one.cash, one.buying_power, one.value]);
    return [...new Set(values.filter((value) => Math.abs(value) >= 1000).map((value) => money(Math.abs(value))))];
}"""
"""What alice has that no price of a market is written like."""
NUMBERS = r"""() => {
    const own = ".net-liq, portfolio-totals, portfolio-positions, fact-tape, option-payoff, .told-list, #toasts";
    const isNumber = (node) => node.nodeType === 3 && /\d/.test(node.data);
    const hasNumber = (one) => one.value > 0 || [...one.childNodes].some(isNumber);
    const found = [...document.querySelectorAll(own)].flatMap((panel) => [...panel.querySelectorAll("*:not(option)")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && hasNumber(one))
        .map((one) => `${panel.localName} ${one.dataset.cell ?? one.dataset.field ?? one.localName}`));
    return [...new Set(found)];
}"""
"""Where numbers can be seen in the panels that tell of what is hers."""
OF_ALL = {
    "live-balance account", "live-balance age", "portfolio-totals note", "portfolio-positions note",
    "portfolio-positions where", "portfolio-positions mark", "fact-tape time", "ol time", "div time",
    "option-payoff note", "option-payoff span", "option-payoff td", "option-payoff th", "option-payoff text",
    "option-payoff chance", "option-payoff day", "option-payoff when", "option-payoff column", "option-payoff how",
}  # fmt: skip
"""Those that tell nothing of it: times, names of options and accounts, prices of the market."""
READ = """() => [document.title, document.querySelector("link[rel=icon]").href, document.body.innerText,
    ...[...document.querySelectorAll("[aria-label], [title], [aria-valuetext], [alt]")]
        .flatMap((one) => [one.ariaLabel, one.title, one.ariaValueText, one.alt])].join("\\n")"""
BOTTOMS = """(cells) => {
    const boxes = Object.groupBy(cells.map((one) => one.getBoundingClientRect()), ({ left }) => left);
    return Object.values(boxes).map((column) => Math.max(...column.map(({ bottom }) => bottom)));
}"""
LINES = """(legs) => {
    const tops = (cells) => cells.filter((cell) => cell.offsetParent).map((cell) => Math.round(cell.offsetTop));
    return [...new Set(legs.map(({ cells }) => new Set(tops([...cells])).size))];
}"""
OF_STATES = """() => {
    const colours = {};
    const classes = { stop: "button danger", error: "notice error", right: "notice success" };
    for (const [name, className] of Object.entries(classes)) {
        const made = Object.assign(document.createElement("p"), { className });
        document.querySelector("main").append(made);
        const { color, borderInlineStartColor } = getComputedStyle(made);
        colours[name] = name === "stop" ? color : borderInlineStartColor;
        made.remove();
    }
    return { ...colours, live: getComputedStyle(document.querySelector("feed-badge .state")).color };
}"""
DRAWN = """() => {
    const { fillText } = CanvasRenderingContext2D.prototype;
    globalThis.drawn = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
        drawn.push(text);
        return fillText.call(this, text, ...more);
    };
}"""


class Sitting(typing.NamedTuple):
    """Alice at her desk, and what she and the desk say to each other."""

    visitor: Visitor
    wire: Wire

    @property
    def page(self) -> Page:
        return self.visitor.page


@pytest.fixture(scope="module")
def sitting(browser: Browser, desk: Desk) -> typing.Iterator[Sitting]:
    """One page for all tests, signed in once; each leaves it as it was."""
    visitor = Visitor(browser, url=desk.url, has_touch=True)
    visitor.enter(desk.cookie(ALICE), desk.url)
    wire = Wire(visitor)
    wire.sent.clear()
    visitor.page.goto("/")
    live(visitor.page)
    yield Sitting(visitor, wire)
    visitor.close()


def live(page: Page) -> None:
    expect(page.locator("option-chain")).to_have_attribute("data-state", "live")
    expect(page.locator("radial-hub .panel-head")).to_have_attribute("data-state", "live")
    expect(page.locator("portfolio-totals")).to_have_attribute("data-state", "live")


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def places(page: Page, screen: str = "wide") -> dict[str, str]:
    return dict(page.evaluate(PLACES, screen))


def test_it_is_full_of_values_before_any_script_and_says_that_it_does_not_move(
    sitting: Sitting, visit: Visit, desk: Desk
) -> None:
    visitor: Visitor = visit(url=desk.url, java_script_enabled=False)
    visitor.enter(desk.cookie(ALICE), desk.url)
    page = visitor.page
    page.goto("/")
    assert "nothing moves" in page.get_by_role("main").inner_text()
    expect(panel(page, "Market hub").locator("[data-row=QQQ] [data-cell=last]")).to_have_text(PRICE)
    expect(panel(page, "Options").locator("tbody tr td.price:not(.far)").first).to_have_text(PRICE)
    expect(panel(page, "All accounts").locator("[data-field=net_liq]")).to_have_text(MONEY)
    expect(panel(page, "Positions").locator("tbody tr").first).to_be_visible()
    for word in page.locator(".cell .state[data-field=word]").all_text_contents():
        assert word in ("as loaded", "", "connecting"), "nothing says live that does not move"
    assert visitor.errors == []


def test_one_socket_goes_on_where_the_page_was_rendered(sitting: Sitting) -> None:
    page, wire = sitting
    rendered = json.loads(page.page.locator("meta[name=board]").get_attribute("content") or "")
    (hello,) = [json.loads(text) for text in wire.said("hello")]
    assert hello["cursor"].startswith(rendered["frame"].get("epoch", ""))
    assert {"QQQ", "SPY", "XLE"} <= set(hello["watch"]["quotes"])
    before = page.page.title()
    expect(page.page).not_to_have_title(before)
    assert re.match(r"● [\d,.]+ .* QQQ · Desk", page.page.title())
    assert (page.page.locator("link[rel=icon]").get_attribute("href") or "").startswith("data:image/svg+xml")
    expect(page.page.get_by_role("group", name="Market session")).to_contain_text(re.compile(r"\d:\d\d:\d\d|opens"))


def test_panels_are_arranged_by_keyboard_and_stay_so(sitting: Sitting) -> None:
    page = sitting.page
    usual = places(page)
    assert page.get_by_role("toolbar").count() == 0, "it is locked"
    page.locator("body").press("e")
    expect(page.get_by_role("button", name="Done")).to_be_focused()
    bar = page.get_by_role("toolbar", name="Place of Market hub")
    with page.expect_response("**/api/desk/layout/wide") as saved:
        bar.get_by_role("button", name="Wider").press("Enter")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("ArrowLeft")
    assert saved.value.status == 200
    expect(page.get_by_role("status").last).to_contain_text("Market hub: place 2 of")
    expect(bar.get_by_role("button", name="Wider")).to_be_focused()
    sitting.visitor.examine()
    page.keyboard.press("Escape")
    assert page.get_by_role("toolbar").count() == 0
    number, width, height = usual["hub"].split()
    changed = f"n2 w{int(width[1:]) + 1} h{int(height[1:]) + 1}"
    assert places(page)["hub"] == changed != usual["hub"], (number, changed)
    page.reload()
    assert places(page)["hub"] == changed
    assert page.evaluate("[...document.querySelectorAll('.cell')][1].dataset.panel") == "hub", "the tab key goes along"
    live(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("reset")
    with page.expect_response("**/api/desk/layout/wide"):
        page.keyboard.press("Enter")
    eventually(lambda: places(page) == usual)


def test_what_is_put_away_can_be_brought_back_and_panels_are_dragged(sitting: Sitting) -> None:
    page = sitting.page
    page.locator("body").press("e")
    page.get_by_role("toolbar", name="Place of Orders and fills").get_by_role("button", name="Put away").click()
    expect(panel(page, "Orders and fills")).to_be_hidden()
    page.get_by_role("button", name="Show Orders and fills").click()
    expect(panel(page, "Orders and fills")).to_be_visible()
    before = page.evaluate(SEEN)
    held, other = (page.locator(f".cell[data-panel={name}]") for name in before[:2])
    held.drag_to(other, source_position={"x": 40, "y": 90}, target_position={"x": 60, "y": 90})
    eventually(lambda: page.evaluate(SEEN) != before)
    corner = held.locator(".cell-corner")
    size = held.bounding_box()
    corner.hover()
    page.mouse.down()
    box = corner.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 110, steps=4)
    page.mouse.up()
    after = held.bounding_box()
    assert size is not None
    assert after is not None
    assert after["height"] > size["height"]
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_role("button", name="Done").click()
    eventually(lambda: page.evaluate(SEEN) == before)


def test_a_symbol_is_found_by_keyboard_and_all_panels_follow(sitting: Sitting) -> None:
    page = sitting.page
    page.get_by_role("button", name="Notifications").focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="What to find or do")
    expect(box).to_be_focused()
    sitting.visitor.examine()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Notifications")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("spy")
    expect(page.get_by_role("listbox", name="What there is").get_by_role("option", selected=True)).to_have_text("SPY")
    page.keyboard.press("Enter")
    expect(panel(page, "Options").get_by_role("heading")).to_contain_text("SPY")
    expect(panel(page, "Options").get_by_role("region")).to_have_accessible_name("Table: options on SPY")
    expect(panel(page, "Options").locator("tbody tr")).not_to_have_count(0)
    expect(panel(page, "Market hub").locator("[data-field=focus]")).to_have_text("SPY")
    assert "symbol=SPY" in page.url
    panel(page, "Market hub").get_by_role("link", name=re.compile("^QQQ ")).press("Enter")
    expect(panel(page, "Options").get_by_role("heading")).to_contain_text("QQQ")
    expect(panel(page, "Options").locator("tbody tr")).not_to_have_count(0)
    assert sitting.visitor.errors == []


def test_single_keys_can_be_switched_off_and_money_hidden_for_good(sitting: Sitting) -> None:
    page = sitting.page
    worth = panel(page, "All accounts").locator("[data-field=net_liq]")
    page.locator("body").press("h")
    expect(worth).to_be_hidden()
    expect(page.locator(".net-liq .value")).to_be_hidden()
    expect(panel(page, "Market hub").locator("[data-field=price]")).to_be_visible()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    with page.expect_response("**/api/desk/preferences"):
        keys.get_by_role("switch", name="Single keys are shortcuts").uncheck()
    page.keyboard.press("Escape")
    for key in ("/", "?", "e", "h"):
        page.keyboard.press(key)
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_role("toolbar").count() == 0
    page.reload()
    expect(worth).to_be_hidden()
    live(page)
    page.keyboard.press("?")
    assert page.get_by_role("dialog").count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("preferences")
    page.keyboard.press("Enter")
    liked = page.get_by_role("dialog", name="Preferences")
    sitting.visitor.examine()
    states = page.evaluate(OF_STATES)
    liked.get_by_role("radio", name="Red up").check()
    liked.get_by_role("switch", name="Privacy mode").uncheck()
    with page.expect_response("**/api/desk/preferences"):
        liked.get_by_role("switch", name="Single keys").check()
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--up')")
    assert "ff6b6b" in red
    assert page.evaluate(OF_STATES) == states, "what is live stays green, what is wrong red"
    expect(page.locator("watch-list [data-way=up] .way").first).to_have_css("color", states["stop"])
    liked.get_by_role("radio", name="Green up").check()
    page.keyboard.press("Escape")
    expect(worth).to_be_visible()


def test_in_privacy_mode_nothing_that_is_her_own_can_be_read(sitting: Sitting, desk: Desk) -> None:
    page = sitting.page
    holding = panel(page, "Positions").locator("[data-group$='|QQQ'] .leg").first.locator("[data-cell=quantity]")
    page.evaluate(DRAWN)
    for side in ("call", "put"):
        page.locator(f".chain [data-near] td.{side}.price:not(.far)").last.click()
    panel(page, "Options").get_by_text("Payoff as a table").click()
    buyer = {**desk.grants[0], "accounts": [{"number": desk.grants[0]["accounts"][0]}]}
    trade(desk.venue_url, buyer)
    expect(panel(page, "Orders and fills").locator(".told", has_text="Bought 1 QQQ @")).not_to_have_count(0)
    held = f"+{holding.inner_text()}"
    eventually(lambda: held in page.evaluate("drawn"))

    def read() -> list[str]:
        amounts = page.evaluate(AMOUNTS)
        text = page.evaluate(READ) + page.locator("body").aria_snapshot()
        return [amount for amount in amounts if amount in text]

    assert read()
    assert not set(page.evaluate(NUMBERS)) <= OF_ALL
    with page.expect_response("**/api/desk/preferences"):
        page.locator("body").press("h")
    expect(holding).to_be_hidden()
    assert read() == []
    assert set(page.evaluate(NUMBERS)) <= OF_ALL
    assert "Money is hidden" in page.locator("#announcements").inner_text()
    page.evaluate("drawn.length = 0")
    trade(desk.venue_url, buyer)
    expect(page.locator("#announcements")).to_have_text(re.compile("Bought ••• QQQ @ •••"))
    page.get_by_role("button", name="Notifications").press("Enter")
    filled = page.get_by_role("region", name="Notifications").get_by_role("listitem").filter(has_text="Filled:")
    expect(filled.nth(1)).to_be_visible()  # of both orders, so that no news come later
    assert set(page.evaluate(NUMBERS)) <= OF_ALL
    page.keyboard.press("Escape")
    eventually(lambda: any(PRICE.match(text) for text in page.evaluate("drawn")), within=15)  # the chart goes on
    assert [text for text in page.evaluate("drawn") if re.fullmatch(r"[+−][\d.,]+", text)] == []
    other = page.context.new_page()
    other.goto("/status/")
    told = other.locator("[data-table=log] td")
    expect(told.filter(has_text="fill").first).to_be_hidden()
    expect(told.filter(has_text="was linked")).to_be_visible()
    for tab in (other, page):
        with tab.expect_response("**/api/desk/preferences"):
            tab.locator("body").press("h")
    expect(told.filter(has_text="fill").first).to_be_visible()
    expect(holding).to_be_visible()
    other.get_by_role("button", name="Notifications", exact=True).click()
    notices = other.get_by_role("region", name="Notifications")
    expect(notices).to_contain_text("Fill: Bought 1 QQQ @")
    notices.get_by_role("button", name="Clear").click()
    expect(notices).to_contain_text("Nothing has happened yet.")
    other.close()
    panel(page, "Options").get_by_role("button", name="Clear", exact=True).click()
    assert sitting.visitor.errors == []


def test_a_notification_is_listed_counted_and_can_be_switched_off(sitting: Sitting) -> None:
    page = sitting.page
    tell = """(text) => document.dispatchEvent(new CustomEvent("notify",
        { detail: { kind: "links", text, at: Date.now() } }))"""
    page.evaluate(tell, "Main is live again after 14 s")
    expect(page.get_by_role("status").last).to_have_text("Main is live again after 14 s")
    page.get_by_role("button", name="Notifications, 1 new").press("Enter")
    expect(page.get_by_role("region", name="Notifications")).to_contain_text("Main is live again after 14 s")
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("body").press(",")
    liked = page.get_by_role("dialog", name="Preferences")
    liked.get_by_role("switch", name="Links").uncheck()
    page.keyboard.press("Escape")
    page.evaluate(tell, "Main was lost")
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    page.locator("body").press(",")
    with page.expect_response("**/api/desk/preferences"):
        liked.get_by_role("switch", name="Links").check()
    page.keyboard.press("Escape")
    page.reload()
    told = page.locator("notice-list li")
    expect(told.filter(has_text="Main was lost")).to_have_count(1)
    live(page)  # a socket that is let go before it stands is a warning of the browser's
    before_me = """() => { const kept = JSON.parse(sessionStorage.getItem("tapedeck.notices"));
        sessionStorage.setItem("tapedeck.notices", JSON.stringify({ ...kept, person: "0" })); }"""
    page.evaluate(before_me)
    mine = page.evaluate("document.documentElement.dataset.mine")
    page.evaluate("""async () => {
        document.documentElement.dataset.mine = "0";
        (await import(document.querySelector("script[src*='js/main']").src)).connection.reconnect();
    }""")
    expect(page.locator("html")).to_have_attribute("data-mine", mine)
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    eventually(lambda: page.evaluate("sessionStorage.getItem('tapedeck.notices')") is None, within=15)
    expect(told).to_have_count(0)


def propose(desk: Desk, token: str, **leg: typing.Any) -> None:
    """Have a program propose an order of one leg on QQQ."""
    call = {"name": "draft_order", "arguments": {"symbol": "QQQ", "legs": [{"symbol": "QQQ", **leg}]}}
    headers = {"Authorization": f"Bearer {token}", "Accept": BOTH}
    answer = plain_http.post(f"{desk.url}/mcp", json=message("tools/call", call), headers=headers, timeout=60)
    assert answer_of(answer.raise_for_status())["result"]["isError"] is False


def test_what_a_program_proposes_lies_over_the_desk_at_once_until_its_minute_is_over(
    sitting: Sitting, desk: Desk
) -> None:
    page, token = sitting.page, desk.token(ALICE, name="proposes", scopes=("read", "trade"))
    page.evaluate("document.querySelector('#order-drafts').dataset.stayed = 'yes'")
    propose(desk, token, quantity=-5, price=450.5)
    card = panel(page, "Proposed order")
    expect(card).to_contain_text("A program proposes an order on QQQ")
    expect(page.locator("#order-drafts")).to_have_attribute("data-stayed", "yes")  # nothing was loaded anew
    expect(page.locator("#toasts p").last).to_contain_text(re.compile("Proposals A program proposes: sell 5 QQQ"))
    left, age = card.locator("[data-field=left]"), card.locator("td[data-field=age]")
    expect(left).to_have_text(re.compile(r"^ends in [1-5]?\d s$"))
    before = age.text_content()
    expect(age).to_have_text(re.compile(r"^\d+ s$"))
    expect(age).not_to_have_text(str(before))
    texts = card.locator("tbody [data-field]:not([data-field=age]), dd, p")
    told = texts.all_text_contents()
    assert told[:3] == ["QQQ", "−5", "450.50"]
    assert told[5:8] == ["−2,252.50", "2,252.50", "without limit"]
    assert told[-1].startswith("Nothing was sent. This desk has no order ticket yet")
    for width in (1440, 360):
        sitting.visitor.examine_in_both_themes(width, within="#order-drafts")
    sitting.visitor.look(theme="dark", width=1440)
    page.reload()
    assert texts.all_text_contents() == told, "as a page that is loaded has it"
    live(page)
    propose(desk, token, quantity=5)
    expect(card).to_have_count(2)
    card.first.get_by_role("button", name="Put away").click()
    expect(card).to_have_count(1)
    page.evaluate("document.querySelector('order-draft').dataset.expires = Date.now() + 1_500")
    expect(card).to_have_count(0)


def test_it_is_sound_in_every_look_with_a_payoff_below_the_chain(sitting: Sitting) -> None:
    page = sitting.page
    page.locator(".chain [data-near] td.call.price").last.click()
    expect(page.locator("option-payoff h3")).to_have_text(re.compile("^(Long|Short) call$"))
    sitting.visitor.examine_everywhere()
    assert page.locator(".chain-box").evaluate("(box) => box.clientHeight") > 150, "it is pressed to nothing"
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("option-payoff")).to_be_hidden()
    sitting.visitor.look(theme="dark", width=1440)


def test_whatever_opens_is_sound_in_every_look_and_breaks_no_policy(sitting: Sitting) -> None:
    visitor, page = sitting.visitor, sitting.page
    opened = page.locator(OPENED)
    body = page.locator("body")
    ways: dict[str, typing.Callable[[], None]] = {
        **{key: functools.partial(body.press, key) for key in ("Control+k", "?", ",")},
        **{name: page.get_by_role("button", name=name).first.click for name in ("Notifications", "Menu of")},
    }
    for name, open_it in ways.items():
        visitor.look(theme="dark", width=1440)
        open_it()
        expect(opened).to_be_visible()
        for look in LOOKS:
            visitor.look(**look)
            visitor.examine(*OF_COLOURS if look["theme"] == "light" else (), within=OPENED)
        if name in ("Control+k", "Notifications"):  # one that makes the page inert, one that leaves it as it is
            visitor.examine()
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
    visitor.look(theme="dark", width=1440)
    assert panel(page, "Positions").locator(".leg").evaluate_all(LINES) == [1], "a leg is one line beside its numbers"
    panel(page, "Chart").locator("summary").click()
    panel(page, "Chart").get_by_label("SMA 20").check()
    panel(page, "Market hub").get_by_role("button", name="View as table").click()
    panel(page, "Watchlist").get_by_role("button", name="Edit").click()
    visitor.examine_in_both_themes(320)
    visitor.examine_in_both_themes(1440)
    panel(page, "Chart").get_by_role("button", name="As table").click()
    visitor.examine(within="price-chart")
    page.evaluate("localStorage.clear()")
    page.goto("/")
    live(page)


def test_it_is_used_by_touch_on_a_small_phone(sitting: Sitting) -> None:
    visitor, page = sitting.visitor, sitting.page
    visitor.look(theme="dark", width=320)
    assert visitor.overflow() <= 0
    usual, wide = places(page, "phone"), places(page)
    page.get_by_role("button", name="Menu of").tap()
    page.get_by_role("button", name="Arrange panels").tap()
    first = page.get_by_role("toolbar").first
    assert first.get_by_role("button", name="Wider").count() == 0, "a phone has one column"
    with page.expect_response("**/api/desk/layout/phone"):
        first.get_by_role("button", name="Move later").tap()
    assert visitor.overflow() <= 0
    page.get_by_role("button", name="Done").tap()
    changed = places(page, "phone")
    assert changed != usual
    page.reload()
    assert places(page, "phone") == changed
    assert places(page) == wide, "a wide screen has a layout of its own"
    page.get_by_role("button", name="Commands").tap()
    page.get_by_role("combobox", name="What to find or do").fill("iwm")
    page.get_by_role("listbox", name="What there is").get_by_role("option", name="IWM").tap()
    expect(panel(page, "Options").get_by_role("heading")).to_contain_text("IWM")
    assert visitor.errors == []


def test_who_linked_nothing_has_a_desk_that_says_what_to_do(visit: Visit, desk: Desk) -> None:
    visitor: Visitor = visit(url=desk.url, java_script_enabled=False)
    visitor.enter(desk.cookie(OLGA), desk.url)
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("main")).to_contain_text("Nothing is linked yet")
    expect(panel(visitor.page, "Positions")).to_contain_text("No positions are held.")
    for name in ("Positions", "All accounts"):
        expect(panel(visitor.page, name).locator(".state")).to_have_text("nothing linked")
    below = "[data-panel=news], [data-panel=alerts], [data-panel=signals]"
    bottoms = visitor.page.locator(f".cell:not({below})").evaluate_all(BOTTOMS)
    assert len(bottoms) == 3, "three columns end in one line; news, alerts and signals stand below"
    assert max(bottoms) - min(bottoms) <= 1
    assert panel(visitor.page, "Options").count() == 0
    visitor.page.get_by_role("main").get_by_role("link", name="Link a broker").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Accounts")
