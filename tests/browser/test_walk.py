"""A person signs up, links a venue, watches prices move, and is told the truth while that venue is dead."""

import pathlib
import re
import typing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.support.desk import Desk

PASSWORD = "a desk with a view of the harbour"
LIVE_S = 15
AGAIN_S = 60
"""The longer a venue was away, the more rarely a link tries."""
MOVES = """
(element, before) => new Promise((moved) => {
  const look = () => element.textContent !== before && moved(element.textContent);
  new MutationObserver(look).observe(element, {characterData: true, childList: true, subtree: true});
  look();
})
"""


def quote(page: Page) -> Locator:
    """The QQQ card."""
    return page.locator("live-quote.panel")


def balance(page: Page) -> Locator:
    """The first balance card."""
    return page.locator("balance-list live-balance").first


def field(card: Locator, name: str) -> Locator:
    return card.locator(f"[data-field={name}]")


def sign_up(visitor: Visitor, email: str) -> None:
    page = visitor.page
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


def link(visitor: Visitor, desk: Desk) -> None:
    form, grant = visitor.page.get_by_role("region", name="Link tastytrade"), desk.grants[0]
    form.get_by_label("Environment").select_option("simulated")
    form.get_by_label("Client secret").fill(grant["client_secret"])
    form.get_by_label("Refresh token").fill(grant["refresh_token"])
    form.get_by_role("button", name="Link tastytrade").click()


def is_live(page: Page, within_s: float = LIVE_S) -> None:
    for card in (quote(page), balance(page)):
        expect(card).to_have_attribute("data-state", "live", timeout=within_s * 1000)
        expect(field(card, "word")).to_have_text("live")


def moves(cell: Locator) -> None:
    before = cell.text_content()
    assert before not in (None, "", "–")
    assert cell.evaluate(MOVES, before) != before


def stands_under_its_name(figure: Locator) -> None:
    name, value = figure.locator("dt").bounding_box(), figure.locator("dd > :last-child").bounding_box()
    assert name is not None
    assert value is not None
    assert abs(value["x"] - name["x"]) < 16
    assert value["y"] >= name["y"] + name["height"] - 1


def test_a_person_signs_up_links_and_watches(visit: Visit, fresh_desk: Desk) -> None:
    first = visit(url=fresh_desk.url, width=320)
    sign_up(first, "dora@example.com")
    expect(first.page.get_by_text("No venue is linked yet")).to_be_visible()
    expect(field(quote(first.page), "price")).to_have_text("–")
    expect(field(balance(first.page), "balance")).to_have_text("–")
    first.examine()
    link(first, fresh_desk)
    is_live(first.page)
    expect(first.page.locator(".top").get_by_text("Simulated venue")).to_be_visible()

    watching = {width: visit(beside=first) for width in WIDTHS}
    for width, visitor in watching.items():
        visitor.look(theme="dark", width=width)
        visitor.page.goto("/accounts/settings")
    for width, visitor in watching.items():
        is_live(visitor.page)
        moves(field(quote(visitor.page), "price"))
        moves(field(balance(visitor.page), "balance"))
        stands_under_its_name(balance(visitor.page).locator(".facts > div", has_text="Day"))
        visitor.examine_in_both_themes(width)

    fresh_desk.kill_venue()
    for width, visitor in watching.items():
        is_honest_while_dead(visitor)
        visitor.look(theme="light", width=width)
        is_dimmed(visitor.page)

    fresh_desk.restart_venue()
    for width, visitor in watching.items():
        is_live(visitor.page, AGAIN_S)
        moves(field(quote(visitor.page), "price"))
        visitor.examine_in_both_themes(width)


@pytest.fixture
def empty_desk(tmp_path: pathlib.Path) -> typing.Iterator[Desk]:
    """A desk without people, as a new machine has it."""
    desk = Desk(tmp_path / "desk")
    desk.manage("migrate", "--verbosity", "0")
    with desk:
        yield desk


def test_the_first_owner_comes_by_the_printed_link_and_invites(visit: Visit, empty_desk: Desk) -> None:
    path = re.search(r"/accounts/claim/[\w-]+", empty_desk.log)
    assert path is not None, empty_desk.log[:2000]
    owner = visit(url=empty_desk.url)
    page = owner.page
    page.goto(path[0])
    owner.examine_everywhere()
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.get_by_label("E-mail address").fill("erin@example.com")
    page.get_by_role("button", name="Invite").click()
    invited = page.get_by_role("listitem").filter(has_text="until")
    expect(invited).to_contain_text("erin@example.com")
    owner.examine_everywhere()
    invited.get_by_role("button", name="Withdraw").click()
    expect(invited).to_have_count(0)


def is_dimmed(page: Page) -> None:
    colour = field(quote(page), "price").evaluate("e => getComputedStyle(e).color")
    assert colour == muted(page), "an old price must be dimmed"


def is_honest_while_dead(visitor: Visitor) -> None:
    page = visitor.page
    for card in (quote(page), balance(page)):
        expect(card).to_have_attribute("data-state", "lost", timeout=LIVE_S * 1000)
        expect(field(card, "word")).to_have_text(re.compile("^(reconnecting|connecting)$"))
        expect(field(card, "age")).to_have_text(re.compile(r"^\d+ (s|min)$"))
    expect(field(quote(page), "price")).not_to_have_text("–")
    expect(field(balance(page), "balance")).not_to_have_text("–")
    is_dimmed(page)
    aged = field(quote(page), "age").text_content()
    assert field(quote(page), "age").evaluate(MOVES, aged) != aged, "an age must move"
    expect(page.locator(".state").get_by_text("live", exact=True)).to_have_count(0)
    visitor.examine()


def muted(page: Page) -> str:
    colour: str = page.locator(".foot").first.evaluate("e => getComputedStyle(e).color")
    return colour
