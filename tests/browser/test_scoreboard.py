"""The scoreboard in a browser: sound in both themes at every width, read by keys alone, and there without a script."""

import re
import typing

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.conftest import MakeDesk
from tests.support.desk import Desk, run
from tests.support.people import ALICE

BOARD = "/learning"
RECORD = "import django; django.setup(); from tests.support import scored_models; scored_models.record"


@pytest.fixture(scope="module")
def scored(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk on which alice has models of 42 scored sessions."""
    with make_desk() as desk:
        run(["-c", f"{RECORD}({ALICE!r})"], desk.environment)
        yield desk


@pytest.fixture
def alice(visit: Visit, scored: Desk) -> Visitor:
    visitor: Visitor = visit(url=scored.url)
    visitor.enter(scored.cookie(), scored.url)
    visitor.page.goto(BOARD)
    await_script(visitor)
    return visitor


def await_script(visitor: Visitor) -> None:
    """Wait for what the page loads once it is seen."""
    expect(visitor.page.locator("signal-list [data-field=word]")).not_to_have_text("as loaded")


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator("tr[data-place]", has_text=name)


def test_the_scoreboard_is_sound_in_both_themes_at_every_width(alice: Visitor) -> None:
    for details in alice.page.locator("summary", has_text="As table").all():
        details.click()
    alice.examine_everywhere()
    for path in ("/learning/models/5", "/learning/chain"):
        alice.page.goto(path)
        expect(alice.page.get_by_role("heading", level=1)).to_be_visible()
        alice.examine_everywhere()


def test_models_are_chosen_by_keys_alone_and_the_pictures_follow(alice: Visitor) -> None:
    page, press = alice.page, alice.page.keyboard.press
    row(alice, "online logistic").get_by_role("link").focus()
    press("ArrowDown")
    expect(row(alice, "feature v1").first.get_by_role("link")).to_be_focused()
    expect(page.get_by_role("heading", name="Gates feature v1")).to_be_visible()
    expect(page).to_have_url(re.compile("model=5"))
    press("ArrowUp")
    expect(page.get_by_role("heading", name="Reliability online logistic v1")).to_be_visible()
    expect(row(alice, "online logistic")).to_have_attribute("aria-current", "true")
    assert alice.page.evaluate("violations") == []
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("online logistic v1")
    page.go_back()
    await_script(alice)
    with page.expect_download() as download:
        press("x")
    assert download.value.suggested_filename == "signals.jsonl"
    press("c")
    expect(page.get_by_role("heading", name="The chain is whole")).to_be_visible()
    alice.examine()


def test_a_table_that_was_opened_stays_open_for_the_next_model(alice: Visitor) -> None:
    page = alice.page
    page.locator(".score-coverage summary").click()
    expect(page.get_by_role("region", name="Coverage by session")).to_be_visible()
    row(alice, "contrary").click(position={"x": 300, "y": 8})
    expect(page.get_by_role("heading", name="Coverage contrary v1")).to_be_visible()
    expect(page.get_by_role("region", name="Coverage by session")).to_be_visible()
    expect(page.get_by_role("region", name="Coverage by session")).to_contain_text("80.8 %")


def test_on_a_phone_a_line_has_name_state_and_need_and_the_chosen_one_the_rest(alice: Visitor) -> None:
    alice.look(theme="dark", width=360)
    brier = alice.page.locator("tr[data-place] td[data-label='Brier skill']")
    assert [cell.is_visible() for cell in brier.all()] == [True, *[False] * 6]
    expect(row(alice, "contrary")).to_contain_text("never again")
    row(alice, "contrary").locator(".standing").click()
    expect(brier.nth(6)).to_be_visible()
    assert [cell.is_visible() for cell in brier.all()] == [*[False] * 6, True]
    expect(alice.page.locator(".score-legend a").first).to_be_visible()
    heights = alice.page.locator(".score-legend a").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert min(heights) >= 44


def test_the_table_and_its_pictures_are_there_without_a_script(visit: Visit, scored: Desk) -> None:
    guest = visit(url=scored.url, java_script_enabled=False)
    guest.enter(scored.cookie(), scored.url)
    guest.page.goto(BOARD)
    expect(guest.page.locator("tr[data-place]")).to_have_count(7)
    expect(guest.page.locator("svg.score-picture")).to_have_count(3)
    guest.page.get_by_role("link", name="spent feature").first.click()
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("spent feature v1")


def test_the_panel_stands_on_the_desk_and_says_the_regime_apart(visit: Visit, scored: Desk) -> None:
    visitor = visit(url=scored.url)
    visitor.enter(scored.cookie(), scored.url)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.goto("/")
    expect(visitor.page.locator("feed-badge")).to_have_attribute("data-state", "live")
    assert not [url for url in asked if "scoreboard" in url], "nothing of it is loaded before it is seen"
    panel = visitor.page.locator("signal-list")
    panel.scroll_into_view_if_needed()
    expect(panel.locator("[data-field=volatility]")).to_have_text(re.compile("calm|normal|stressed"), timeout=60_000)
    expect(panel).to_contain_text("It predicts nothing.")
    expect(panel.locator(".planted").first).to_have_text("planted edge, IC 0.12: planted in the simulated market")
    for look in LOOKS:
        visitor.look(**look)
        visitor.examine(within="signal-list")


FOCUS = """(symbol) => {
    const panel = document.querySelector("signal-list");
    const text = (name) => panel.querySelector(`[data-field=${name}]`).textContent;
    window.seen = null;
    new MutationObserver(() => {
        if (text("focus") !== symbol) return;
        const notes = ["volatility_note", "trend_note", "liquidity_note", "since"];
        window.seen ??= [...["volatility", "trend", "liquidity"].map(text), notes.map(text).join("")];
    }).observe(panel, { childList: true, characterData: true, subtree: true });
    document.dispatchEvent(new CustomEvent("focussymbol", { detail: { symbol } }));
}"""


def test_another_symbol_in_focus_has_no_regime_until_its_own_is_known(alice: Visitor) -> None:
    page, panel = alice.page, alice.page.locator("signal-list")
    expect(panel.locator("[data-field=volatility]")).to_have_text(re.compile("calm|normal|stressed"), timeout=60_000)
    page.evaluate(FOCUS, "ZZZZ")
    expect(panel.locator("[data-field=focus]")).to_have_text("ZZZZ")
    assert page.evaluate("seen") == ["unknown", "unknown", "unknown", ""], "as its name is first shown"
    expect(panel.locator("[data-field=reason]")).not_to_be_empty()
