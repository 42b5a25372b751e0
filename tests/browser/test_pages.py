"""Every page is sound in both themes and at three widths: axe, policy, console, width."""

import json
import re
import typing

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.support.desk import Desk
from tests.support.people import ALICE, BOB, PASSWORD

SIGNED_OUT = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/nobody-nothing/",
    "/accounts/inactive/",
    "/accounts/confirm-email/",
]
SIGNED_IN = [
    "/accounts/settings",
    "/accounts/tokens",
    "/status/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/news/sources/",
]
WATCHED = [
    "/",
    "/portfolio/",
    "/market/hub/",
    "/market/watchlists/",
    "/market/chart/QQQ",
    "/market/chain/QQQ",
    "/news/",
    "/alerts/",
    "/learning/",
]
SMALLEST_PX = 9.75
SMALL = """(least) => {
    const small = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    while (texts.nextNode()) {
        const { data, parentElement: element } = texts.currentNode;
        if (!data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
        const set = Number.parseFloat(getComputedStyle(element).fontSize);
        const size = element instanceof SVGGraphicsElement ? set * Math.abs(element.getScreenCTM().a) : set;
        seen += 1;
        if (size && size < least - 0.01) small.add(`${data.trim().slice(0, 40)}: ${size.toFixed(2)} px`);
    }
    return seen ? [...small] : ["no text was seen"];
}"""
"""What is smaller than that on a page; a text of no size is a phone's word for an icon."""
BROKEN = {"/accounts/nowhere/": 404, "/accounts/relink/00000000-0000-4000-8000-000000000000": 404}


@pytest.fixture(scope="module")
def passer_by(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Somebody who never signs in."""
    visitor = Visitor(browser, url=desk.url)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice, who signs in once and stays."""
    visitor = Visitor(browser, url=desk.url)
    sign_in(visitor)
    expect(visitor.page.get_by_role("heading", name="Accounts")).to_be_visible()
    yield visitor
    visitor.close()


def anew(visitor: Visitor) -> Visitor:
    """The same person, without what was noticed in the test before, and in the first of all looks."""
    visitor.errors.clear()
    visitor.look(theme="dark", width=1440)
    return visitor


@pytest.fixture
def guest(passer_by: Visitor) -> Visitor:
    return anew(passer_by)


@pytest.fixture
def alice(signed_in: Visitor) -> Visitor:
    return anew(signed_in)


@pytest.fixture
def leaver(visit: Visit, desk: Desk) -> Visitor:
    """Alice in a browser of her own for one test, signed in, which may be left as it is."""
    visitor: Visitor = visit(url=desk.url)
    sign_in(visitor)
    return visitor


def sign_in(visitor: Visitor, password: str = PASSWORD, email: str = ALICE) -> None:
    visitor.page.goto("/accounts/login/")
    visitor.page.get_by_label("Email").fill(email)
    visitor.page.get_by_label("Password", exact=True).fill(password)
    visitor.page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("path", SIGNED_OUT)
def test_a_page_before_sign_in_is_sound(guest: Visitor, path: str) -> None:
    guest.page.goto(path)
    expect(guest.page.get_by_role("heading", level=1)).to_be_visible()
    guest.examine_everywhere()


def test_the_pages_of_a_person_are_sound(alice: Visitor) -> None:
    for path in SIGNED_IN:
        alice.page.goto(path)
        expect(alice.page.get_by_role("heading", level=1)).to_be_visible()
        alice.examine_everywhere()


def test_the_pages_of_a_link_are_sound(alice: Visitor) -> None:
    for name in ("Re-link", "Remove"):
        alice.page.goto("/accounts/settings")
        alice.page.get_by_role("link", name=name).first.click()
        expect(alice.page.get_by_role("heading", level=1)).to_contain_text(name)
        alice.examine_everywhere()


def test_the_pages_of_a_token_are_sound(alice: Visitor) -> None:
    page = alice.page
    page.goto("/accounts/settings")
    page.get_by_role("link", name="Your API tokens").click()
    page.get_by_label("Name", exact=True).fill("nightly report of everything that moved since yesterday's bell")
    page.get_by_label("Your password").fill("not this one")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_be_focused()
    alice.examine()
    page.get_by_label("trade:").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_contain_text("shown only this once")
    secret = page.locator(".copied")
    secret.click()
    assert page.evaluate("getSelection().toString()") == secret.text_content()
    alice.examine_everywhere()
    page.get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("nightly report")
    alice.examine_everywhere()
    page.get_by_role("button", name="Revoke this token").click()
    page.get_by_text("Revoked", exact=True).click()
    expect(page.get_by_text("never used")).to_be_visible()
    alice.examine()


def too_small(visitor: Visitor) -> list[str]:
    """Texts of the page that are too small to be read, at both densities, on a wide screen and on a phone."""
    found = []
    for width in (1440, 360):
        visitor.look(theme="dark", width=width)
        for density in ("calm", "dense"):
            visitor.page.evaluate("(density) => { document.documentElement.dataset.density = density; }", density)
            small = visitor.page.evaluate(SMALL, SMALLEST_PX)
            found += [f"{visitor.page.url}, {width}, {density}: {text}" for text in small]
    return found


def test_nothing_that_must_be_read_is_set_too_small(alice: Visitor, guest: Visitor) -> None:
    found = []
    for path in SIGNED_OUT:
        guest.page.goto(path)
        found += too_small(guest)
    for path in [*SIGNED_IN, *WATCHED]:
        alice.page.goto(path)
        expect(alice.page.locator("feed-badge")).to_have_attribute("data-state", "live")
        found += too_small(alice)
    assert not found


@pytest.mark.parametrize(("path", "status"), BROKEN.items())
def test_a_page_that_is_not_there_says_so(alice: Visitor, path: str, status: int) -> None:
    answer = alice.page.goto(path)
    assert answer is not None
    assert answer.status == status
    alice.errors.clear()  # the browser itself notes the 404
    expect(alice.page.get_by_role("heading", level=1)).to_be_visible()
    alice.examine_everywhere()


def test_a_wrong_password_is_explained_once_above_the_form(guest: Visitor) -> None:
    sign_in(guest, "not this one")
    summary = guest.page.get_by_role("alert")
    expect(summary).to_be_visible()
    expect(summary).to_be_focused()
    guest.examine_everywhere()


def test_an_empty_form_leads_to_its_fields(guest: Visitor) -> None:
    guest.page.goto("/accounts/signup/")
    guest.page.get_by_role("button", name="Sign up").click()
    guest.page.get_by_role("alert").get_by_role("link").first.click()
    expect(guest.page.get_by_label("Email")).to_be_focused()
    expect(guest.page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    described = guest.page.get_by_label("Email").get_attribute("aria-describedby") or ""
    assert all(guest.page.locator(f"#{id_}").count() == 1 for id_ in described.split())
    guest.examine_everywhere()


def test_a_password_can_be_pasted_and_shown(guest: Visitor) -> None:
    guest.page.goto("/accounts/login/")
    field = guest.page.get_by_label("Password", exact=True)
    field.focus()
    guest.page.keyboard.insert_text("pasted")
    expect(field).to_have_value("pasted")
    button = guest.page.get_by_role("button", name="Show Password")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")


TO_LIFE = """
() => new Promise((done) => {
  const seen = {};
  const look = () => {
    const price = document.querySelector("live-quote.panel [data-field=price]").textContent;
    const balance = document.querySelector("balance-list [data-field=balance]")?.textContent ?? "–";
    if (price !== "–") seen.first ??= price;
    if (seen.first && price !== seen.first && balance !== "–") {
      const [page] = performance.getEntriesByType("navigation");
      done([performance.now() / 1000, page.domContentLoadedEventEnd / 1000]);
    }
    else setTimeout(look, 10);
  };
  look();
})
"""


def test_within_two_seconds_of_signing_in_a_price_moves_beside_a_balance(visit: Visit, desk: Desk) -> None:
    taken = []
    for email in (BOB, ALICE, BOB):  # the best of three, each by its own measure: a busy machine must not decide
        visitor = visit(url=desk.url)
        sign_in(visitor, email=email)
        expect(visitor.page.get_by_role("heading", name="Accounts")).to_be_visible()
        lives_s, loaded_s = visitor.page.evaluate(TO_LIFE)
        taken.append((lives_s, loaded_s))
        visitor.close()
        if lives_s <= max(2.0, 4 * loaded_s):
            return
    pytest.fail(f"seconds to life, and to a page that is read: {taken}")


def test_the_menu_opens_and_leads_out(leaver: Visitor) -> None:
    page = leaver.page
    for look in LOOKS:
        leaver.look(**look)
        page.get_by_role("button", name="Menu of").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        leaver.examine()
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Menu of").click()
    page.evaluate(
        """for (const name of ["notices", "notices.cleared.7"]) sessionStorage.setItem(`tapedeck.${name}`, "7");
        for (const name of ["legs.7", "theme"]) localStorage.setItem(`tapedeck.${name}`, "dark");"""
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    left = (
        "[...Object.keys(sessionStorage), ...Object.keys(localStorage)].filter((key) => /notices|legs|theme/.test(key))"
    )
    page.wait_for_function(f"{left}.length === 1")
    assert page.evaluate(left) == ["tapedeck.theme"], "what is about a person goes, what is about the device stays"


def test_a_chosen_theme_outlives_the_page_and_wins_over_the_system(leaver: Visitor) -> None:
    page = leaver.page
    expect(page.locator("feed-badge")).to_have_attribute("data-state", re.compile("."))
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("radio", name="Light").check()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.get_by_role("button", name="Menu of").click()
    expect(page.get_by_role("radio", name="Light")).to_be_checked()
    page.get_by_role("radio", name="System").check()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"


def test_every_page_is_reached_by_keyboard_from_a_skip_link(alice: Visitor) -> None:
    page = alice.page
    page.goto("/status/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_status_page_tells_of_every_part(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    page.goto("/status/")
    names = [name for name in desk.children if name.startswith("web")] or ["web"]
    for name in names:
        heading = page.get_by_role("rowheader", name=re.compile(rf"^process \d \({name}\)$"))
        expect(heading).to_be_visible()
    for part in ("Hub", "Channel layer", "Database"):
        expect(page.get_by_role("rowheader", name=part)).to_be_visible()
    expect(page.locator("socket-panel")).to_have_attribute("data-state", "live")
    expect(page.locator("socket-panel [data-field=frames]")).not_to_have_text("–")


def test_the_policy_is_strict(desk: Desk) -> None:
    policy = desk.get("/accounts/login/").headers["content-security-policy"]
    directives: dict[str, typing.Any] = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert "unsafe" not in json.dumps(directives)
