"""What a page shows of every outcome there is in the fault matrix, in a real browser.

A handful of people, each with a page of their own and a fault that leads to another outcome, suffer at once.
"""

import re
import typing
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import balance, field, is_live, moves, muted, quote
from tests.conftest import MakeDesk
from tests.support import crowd
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.fault_matrix import CASES, Order, Outcome, newcomer

SOON, LATER = 12_000, 30_000
"""ms: how long a page may take to show an outcome, and to recover from one."""
REMEMBER = """
(card) => {
  const begun = performance.now();
  const field = (name) => card.querySelector(`[data-field=${name}]`);
  const colour = (element) => getComputedStyle(element).color;
  globalThis.passed = [];
  const remember = () => {
    if (passed.at(-1)?.state === card.dataset.state) return;
    const texts = ["word", "note", "age", "price"].map((name) => [name, field(name).textContent]);
    const isDimmed = colour(field("price")) === colour(card.querySelector(".foot"));
    const after_s = (performance.now() - begun) / 1000;
    passed.push({ state: card.dataset.state, after_s, isDimmed, ...Object.fromEntries(texts) });
  };
  new MutationObserver(remember).observe(card, { attributes: true });
}
"""
"""Has a page remember each state a card comes into, with what it showed then."""
Check = Callable[[Page], None]


def shows(card: Locator, state: str, word: str, within: int = SOON) -> None:
    """The card is in a state, and says so in a word."""
    expect(card).to_have_attribute("data-state", state, timeout=within)
    expect(field(card, "word")).to_have_text(re.compile(f"^({word})$"), timeout=within)


def is_dimmed_with_its_age(page: Page) -> None:
    """The price stays, dimmed, and says how old it is."""
    price = field(quote(page), "price")
    expect(price).not_to_have_text("–")
    assert price.evaluate("e => getComputedStyle(e).color") == muted(page), "an old price must be dimmed"
    expect(field(quote(page), "age")).to_have_text(re.compile(r"^\d+ (s|min)$"))


def untouched(page: Page) -> None:
    for card in (quote(page), balance(page)):
        shows(card, "live", "live")
    moves(field(quote(page), "price"))
    moves(field(balance(page), "balance"))


def reconnecting(page: Page) -> None:
    for card in (quote(page), balance(page)):
        shows(card, "lost", "reconnecting|connecting")
    is_dimmed_with_its_age(page)


def stale(page: Page) -> None:
    """A link is stale for a moment only, until it is replaced: the page itself remembers what it showed."""
    shown = eventually(lambda: page.evaluate("passed.find((shown) => shown.state === 'stale')"), within=20)
    assert shown["word"] == "stale"
    assert "the feed is silent" in shown["note"]
    assert shown["after_s"] <= 15
    assert shown["price"] != "–"
    assert shown["isDimmed"], "an old price must be dimmed"
    assert re.match(r"\d+ s$", shown["age"])


def refused(page: Page) -> None:
    for card in (quote(page), balance(page)):
        shows(card, "refused", "re-link needed")
    expect(field(quote(page), "note")).to_contain_text("revoked")
    is_dimmed_with_its_age(page)
    expect(page.locator("link-state").first).to_have_attribute("data-state", "refused")


def without_quotes(page: Page) -> None:
    shows(quote(page), "stale", "no quotes")
    expect(field(quote(page), "note")).to_contain_text("no market data for these credentials")
    is_dimmed_with_its_age(page)
    shows(balance(page), "live", "live")
    moves(field(balance(page), "balance"))


def unknown(page: Page) -> None:
    for name in ("balance", "cash"):
        expect(field(balance(page), name)).to_have_text("–", timeout=SOON)
    shows(balance(page), "live", "live")
    moves(field(quote(page), "price"))


def spoiled(page: Page) -> None:
    for name in ("bid", "ask"):
        expect(field(quote(page), name)).to_have_text("–", timeout=SOON)
    shows(quote(page), "live", "live")


def halted(page: Page) -> None:
    shows(quote(page), "halted", "halted")
    shows(balance(page), "live", "live")


class Scene(typing.NamedTuple):
    """A person's fault, what their page shows of it, and whether it is live again afterwards."""

    orders: tuple[Order, ...]
    check: Check
    recovers: bool = True


DROP: Order = {"fault": "drop", "stream": "dxlink"}
SCENES: dict[str, Scene] = {
    "stale": Scene(({"fault": "mute", "stream": "dxlink"},), stale),
    "reconnecting": Scene(({"fault": "never_authorized", "times": 1}, DROP), reconnecting),
    "refused": Scene(({"fault": "revoke"},), refused, recovers=False),
    "no quotes": Scene(
        ({"fault": "rest", "mode": "not_customer", "path": "/api-quote-tokens"}, DROP), without_quotes, recovers=False
    ),
    "untouched": Scene(({"fault": "garbage"}, {"fault": "short_row"}, {"fault": "unknown_enum"}), untouched),
    "unknown": Scene(
        (
            {"fault": "missing", "field": "net-liquidating-value", "seconds": 8.0},
            {"fault": "missing", "field": "cash-balance", "mode": "null", "seconds": 8.0},
        ),
        unknown,
    ),
}
"""What pages can show. QQQ is everybody's, so it is spoiled and halted after them."""
SHOWN = {
    Outcome.UNTOUCHED: ("untouched", "unknown"),
    Outcome.REPAIRED: ("reconnecting", "no quotes"),
    Outcome.RESTARTED: ("reconnecting",),
    Outcome.STALE: ("stale",),
    Outcome.REFUSED: ("refused",),
}


@pytest.fixture(scope="module")
def visitors(browser: Browser, make_desk: MakeDesk) -> typing.Iterator[tuple[Desk, dict[str, Visitor]]]:
    """A desk, and the pages of everybody, live."""
    with make_desk() as desk:
        customers = [newcomer(number) for number in range(len(SCENES))]
        pages: dict[str, Visitor] = {}
        for name, cookies in zip(SCENES, crowd.join(desk, customers), strict=True):
            known = [{"name": key, "value": value, "url": desk.url} for key, value in cookies.items()]
            pages[name] = Visitor(browser, url=desk.url)
            pages[name].context.add_cookies(known)  # type: ignore[arg-type]  # what its type lacks is optional
            pages[name].page.goto("/accounts/settings")
        for visitor in pages.values():
            is_live(visitor.page)
        yield desk, pages
        for visitor in pages.values():
            visitor.close()


def test_pages_show_every_outcome_and_recover(visitors: tuple[Desk, dict[str, Visitor]]) -> None:
    desk, pages = visitors
    quote(pages["stale"].page).evaluate(REMEMBER)
    for number, scene in enumerate(SCENES.values()):
        for order in scene.orders:
            assert desk.fault(**order, account=newcomer(number)["accounts"][0]["number"])["struck"] >= 1
    for name in ("reconnecting", "unknown", "refused", "no quotes", "untouched", "stale"):
        SCENES[name].check(pages[name].page)
    for name in ("refused", "no quotes"):
        pages[name].examine()
    for name, scene in SCENES.items():
        if scene.recovers:
            shows(quote(pages[name].page), "live", "live", within=LATER)
            expect(field(balance(pages[name].page), "balance")).not_to_have_text("–", timeout=SOON)
    desk.fault(fault="nan", symbol="QQQ")
    spoiled(pages["untouched"].page)
    desk.fault(fault="clear", mode="nan")
    expect(field(quote(pages["untouched"].page), "bid")).not_to_have_text("–")
    desk.fault(fault="halt", symbol="QQQ")
    halted(pages["untouched"].page)
    pages["untouched"].examine()
    desk.fault(fault="halt", symbol="QQQ", mode="resume")
    shows(quote(pages["untouched"].page), "live", "live")


def test_every_outcome_of_the_matrix_is_shown() -> None:
    assert {case.adapter for case in CASES} == SHOWN.keys()
    assert {name for names in SHOWN.values() for name in names} == SCENES.keys()
