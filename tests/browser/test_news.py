"""News on a page: read by keys alone, hostile texts are texts, and what a person's key brings nobody else is shown."""

import re
import typing

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.conftest import MakeDesk
from tests.support import linked_news
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE, BOB

NEWS = "/news/"
MARKED = ("script", "image", "link", "bidi", "entity", "long")
FOCUSED = "document.activeElement.name || document.activeElement.dataset.part"


@pytest.fixture(scope="module")
def told(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk that hears of news by a key of its own and by one of alice's, and has heard one story by its own."""
    with make_desk(variables={"NEWS_UPDATE_INTERVAL": "1"}) as desk:
        tell(desk, "Fed holds rates where they are")
        linked_news.link(desk, "", "alpaca", "The desk's wire")
        linked_news.link(desk, ALICE, "finnhub", "Wire of alice", grant=1)
        with desk.sign_in(BOB) as client:
            eventually(lambda: "The desk's wire" in client.get("/news/headlines").text)
        yield desk


def tell(desk: Desk, headline: str, source: str = "alpaca", **fault: typing.Any) -> None:
    """Have a story told, spoilt by a fault if one is named."""
    if fault:
        desk.order("news/fault", fault="markup", times=1, **fault)
    desk.order("news/story", symbol="AAPL", headline=headline, sources=[source])


def opened(visitor: Visitor, desk: Desk, *who: str) -> Visitor:
    visitor.enter(desk.cookie(*who), desk.url)
    visitor.page.goto(NEWS)
    expect(visitor.page.locator("news-list")).to_have_attribute("data-state", "live")
    return visitor


@pytest.fixture
def bob(visit: Visit, told: Desk) -> Visitor:
    return opened(visit(url=told.url), told, BOB)


def go_to(visitor: Visitor, name: str, key: str) -> None:
    """Press a key until what is called so has the focus."""
    for _ in range(60):
        if visitor.page.evaluate(FOCUSED) == name:
            return
        visitor.page.keyboard.press(key)
    pytest.fail(f"{name} is not reached by {key}")


def rows(visitor: Visitor, text: str = "") -> Locator:
    return visitor.page.locator(".stories > li", has_text=text)


def test_hostile_texts_are_texts_in_both_themes_at_every_width(bob: Visitor, told: Desk):
    for number, mode in enumerate(MARKED):
        tell(told, f"Hostile {mode} {number}", mode=mode)
    expect(bob.page.get_by_role("button", name="6 new stories")).to_be_visible()
    bob.page.locator("[data-part=chip]").press("Enter")
    expect(rows(bob, "Hostile")).to_have_count(len(MARKED))
    assert bob.page.evaluate("document.querySelectorAll('news-list :is(script, img, iframe, style, svg)').length") == 0
    assert not re.search(r"[<\u202a-\u202e\u2066-\u2069\u200b]", bob.page.locator("news-list").inner_text())
    links = bob.page.locator("news-list a[href]").evaluate_all("(all) => all.map((one) => one.protocol)")
    assert set(links) <= {"http:", "https:"}
    bob.examine_everywhere()
    bob.page.reload()
    expect(rows(bob, "Hostile")).to_have_count(len(MARKED))
    bob.examine()
    bob.page.goto("/")
    expect(rows(bob, "Hostile").first).to_be_visible()
    for look in LOOKS:
        bob.look(**look)
        bob.examine(within="news-list")


def test_stories_are_read_by_keys_alone(bob: Visitor, told: Desk):
    page, press = bob.page, bob.page.keyboard.press
    tell(told, "Apple opens a plant by the sea")
    expect(page.locator("[data-part=chip]")).to_be_visible()
    go_to(bob, "chip", "Tab")
    press("Enter")
    expect(rows(bob).first).to_be_focused()
    expect(rows(bob).first).to_contain_text("Apple opens a plant by the sea")
    press("ArrowDown")
    expect(rows(bob).nth(1)).to_be_focused()
    press("ArrowUp")
    tell(told, "Brakes have a million cars recalled")
    expect(page.locator("[data-part=chip]")).to_be_visible()
    press(".")
    expect(rows(bob).first).to_contain_text("Brakes have")
    expect(rows(bob).first).to_be_focused()
    go_to(bob, "q", "Shift+Tab")
    page.keyboard.type("sea opens")
    expect(page.locator("[data-part=said]")).to_have_text(re.compile("^1 with these words"))
    expect(rows(bob)).to_have_count(1)
    press("Control+A")
    press("Delete")
    expect(rows(bob, "Brakes have")).to_have_count(1)
    press("Shift+Tab")
    press("ArrowRight")
    expect(page.locator("input[name=news-scope][value=mine]")).to_be_checked()
    bob.examine()


def test_what_alices_key_brings_is_on_no_page_of_bobs(bob: Visitor, visit: Visit, told: Desk):
    alice = opened(visit(url=told.url), told)
    tell(told, "Canary of alice", source="finnhub")
    expect(alice.page.locator("[data-part=chip]")).to_be_visible()
    alice.page.locator("[data-part=chip]").press("Enter")
    expect(rows(alice, "Canary")).to_contain_text("Wire of alice")
    tell(told, "Known to everybody")
    expect(bob.page.locator("[data-part=chip]")).to_have_text("1 new story ↑")
    for path in (NEWS, "/news/sources/", "/", "/status/"):
        bob.page.goto(path)
        assert not re.search("Canary|Wire of alice", bob.page.content())
