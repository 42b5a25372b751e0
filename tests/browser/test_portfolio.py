"""The portfolio's page: what the JSON says, live, with every order and fill as it happens, sound in every look."""

import json
import re
import typing

import httpx
import pytest
from playwright.sync_api import Browser, Locator, StorageState, expect

from streaming.templatetags.figures import change, fixed, money
from streaming.wire import frames
from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.browser.test_connection import Wire
from tests.browser.test_pages import sign_in
from tests.conftest import MakeDesk
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.fault_matrix import trade
from tests.support.node import run_module
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS
from tests.trading.display.test_tape import SAYINGS

PAGE = "/portfolio/"
ACCOUNT = "5WX00001"
FILL = re.compile(r"^Bought 1 QQQ @ \d+\.\d\d")
ROWS = """[...document.querySelectorAll(".positions tr.group")].map((row) => Object.fromEntries(
    [...row.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell.textContent])))"""
TOTALS = """Object.fromEntries([...document.querySelectorAll("portfolio-totals [data-field]")].map(
    (cell) => [cell.dataset.field, cell.textContent]))"""
LINES = """[...document.querySelectorAll(".tape li")].map(
    (line) => [line.dataset.fact, ...[...line.querySelectorAll("b, .told, .late")].map((part) => part.textContent)])"""
WRITTEN = """
    import { text } from "node:stream/consumers";
    import { groups, moneyOf, portfolios, worth } from "./static/js/portfolio/rows.js";

    const { frame: { state } } = JSON.parse(await text(process.stdin));
    const all = (type) => state.filter((item) => item.type === type);
    const { totals, accounts } = portfolios(all("portfolio"));
    const counts = { environments: totals.length, accounts: accounts.length };
    const found = groups(all("exposure"), all("position"), all("link"), counts);
    const { buying_power, ...total } = { ...moneyOf(totals[0]), net_liq: worth(totals[0]) };
    console.log(JSON.stringify({ rows: found.flatMap(({ head, legs }) => [head, ...legs]), total }));
"""
TOLD = """
    import { text } from "node:stream/consumers";
    import { tapeLine } from "./static/js/portfolio/tape-text.js";

    const facts = JSON.parse(await text(process.stdin)).map(tapeLine);
    console.log(JSON.stringify(facts.map(({ word, tone, text, late }) => [word, tone, text, late])));
"""
CUT = """[...document.querySelectorAll(".table-box")].filter((box) => box.scrollWidth > box.clientWidth)
    .map((box) => `${box.ariaLabel} ${box.scrollWidth} in ${box.clientWidth}`)"""


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk whose market moves as fast as people have it: the page and the JSON must meet at some moment."""
    with make_desk(venue=["--speed", "1"]) as running:
        yield running


@pytest.fixture(scope="module")
def session(desk: Desk) -> StorageState:
    """Alice, signed in."""
    pairs = (pair.partition("=") for pair in desk.cookie(ALICE).split("; "))
    cookies = [{"name": name, "value": value, "url": desk.url} for name, _, value in pairs]
    return typing.cast(StorageState, {"cookies": cookies, "origins": []})


@pytest.fixture(scope="module")
def at_home(browser: Browser, desk: Desk, session: StorageState) -> typing.Iterator[Visitor]:
    """Alice's browser, on a page that does nothing."""
    visitor = Visitor(browser, url=desk.url)
    visitor.context.add_cookies(session["cookies"])  # type: ignore[arg-type]
    visitor.page.goto("/health")
    yield visitor
    visitor.close()


@pytest.fixture
def alice(visit: Visit, at_home: Visitor) -> Visitor:
    """A tab of it, which remembers nothing."""
    at_home.page.evaluate("localStorage.clear()")
    visitor: Visitor = visit(beside=at_home)
    visitor.page.goto(PAGE)
    expect(visitor.page.locator("portfolio-totals")).to_have_attribute("data-state", "live", timeout=15_000)
    return visitor


def told(desk: Desk, session: StorageState, path: str) -> typing.Any:
    """What an endpoint says."""
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in session["cookies"])
    answer = httpx.get(f"{desk.url}/trade/{path}", headers={"Cookie": cookie}, verify=NO_TLS, timeout=10)
    return answer.raise_for_status().json()


def buy(desk: Desk) -> None:
    """Alice buys one share at her venue, by other means than this desk."""
    grant = next(one for one in desk.grants if ACCOUNT in one["accounts"])
    trade(desk.venue_url, {**grant, "accounts": [{"number": ACCOUNT}]})


def lines(visitor: Visitor) -> Locator:
    return visitor.page.locator(".tape li")


def shares(visitor: Visitor) -> Locator:
    """How many shares of QQQ are shown."""
    return visitor.page.locator("tbody[data-group$='|QQQ'] tr.leg", has_text="Shares").locator("[data-cell=quantity]")


def test_the_page_says_what_the_json_says_while_both_move(alice: Visitor, desk: Desk, session: StorageState) -> None:
    page = alice.page

    said: list[tuple[dict[str, str], dict[str, tuple[str, str]]]] = []
    seen: list[tuple[dict[str, str], dict[str, tuple[str, str]]]] = []

    def agree() -> bool:
        """Whether the page showed, at some moment, all that the JSON said at one: no two looks see the same one."""
        sums = told(desk, session, "portfolio")
        shown, rows = page.evaluate(f"[{TOTALS}, {ROWS}]")
        seen.append((shown, {row["name"]: (row["value"], row["open_pl"]) for row in rows}))
        (total,) = sums["totals"]
        expected = {name: money(total[name]) for name in ("net_liq", "balance", "cash")}
        expected |= {name: change(total[name]) for name in ("difference", "day_pl", "open_pl", "realised_pl")}
        expected |= {name: fixed(total[name], 1) for name in ("delta", "theta", "vega", "beta_delta")}
        worth = {one["underlying"]: (money(one["value"]), change(one["open_pl"])) for one in sums["exposures"]}
        said.append((expected, worth))
        return any(
            expected.items() <= totals.items() and worth.items() <= lines.items()
            for expected, worth in said
            for totals, lines in seen
        )

    eventually(agree, within=20)
    held = {one["symbol"]: one for one in told(desk, session, "positions")["positions"]}
    single = {row["name"]: row for row in page.evaluate(ROWS) if row["quantity"]}
    assert single.keys() == {"AAPL", "GLD", "TSLA"}
    for symbol, row in single.items():
        assert row["source"] == held[symbol]["mark_source"] == "mid"
        assert abs(float(row["mark"].replace(",", "")) - held[symbol]["mark"]) < held[symbol]["mark"] / 100
    assert alice.errors == []


def test_the_script_writes_what_the_server_wrote(alice: Visitor, visit: Visit, desk: Desk) -> None:
    """Of one frame of the board, and of every kind of fact."""
    plain = visit(url=desk.url, state=alice.state(), java_script_enabled=False)
    plain.page.goto(PAGE)
    board = plain.page.locator("meta[name=board]").get_attribute("content")
    assert board
    written = json.loads(run_module(WRITTEN, board))
    rows = plain.page.locator(".positions tr").all()[1:]
    shown = [
        {cell.get_attribute("data-cell"): cell.text_content() for cell in row.locator("[data-cell]").all()}
        for row in rows
    ]
    assert len(rows) == len(written["rows"]) > 6
    for row, texts in zip(shown, written["rows"], strict=True):
        assert row == {name: texts[name] for name in row}
    for name, text in written["total"].items():
        assert plain.page.locator(f"portfolio-totals [data-field={name}]").text_content() == text, name
    facts = frames.dumps([fact for fact, _ in SAYINGS])
    assert [tuple(line) for line in json.loads(run_module(TOLD, facts))] == [said for _, said in SAYINGS]


def test_a_fill_comes_onto_the_tape_and_into_the_position_as_it_happens(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    before = lines(alice).count()
    held = int(shares(alice).text_content() or "")
    buy(desk)
    expect(lines(alice).filter(has=page.locator(".told", has_text=FILL)).first).to_be_visible()
    expect(shares(alice)).to_have_text(str(held + 1))
    expect(lines(alice).filter(has_text="Filled").first).to_contain_text("Buy 1 QQQ market")
    expect(page.locator("#announcements")).to_contain_text("Bought 1 QQQ")
    assert lines(alice).count() > before
    shown = page.evaluate(LINES)
    assert len({fact for fact, *_ in shown}) == len(shown)
    page.reload()
    assert page.evaluate(LINES) == shown, "the server writes it as the script does"
    expect(page.locator("portfolio-totals")).to_have_attribute("data-state", "live", timeout=15_000)
    assert page.evaluate(LINES) == shown


def test_a_fill_that_no_stream_told_comes_late_and_says_so(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    held = int(shares(alice).text_content() or "")
    desk.fault(fault="swallow_notice", times=20)
    buy(desk)
    expect(shares(alice)).to_have_text(str(held + 1))
    assert desk.fault(fault="drop", stream="alerts")["struck"]
    late = lines(alice).filter(has=page.locator(".late", has_text=re.compile(r"^recovered, \d+ s late$")))
    expect(late.filter(has=page.locator(".told", has_text=FILL)).first).to_be_visible()
    expect(page.locator("#announcements")).to_contain_text("late")
    desk.fault(fault="clear")
    shown = page.evaluate(LINES)
    page.reload()
    assert page.evaluate(LINES) == shown
    expect(page.locator("portfolio-totals")).to_have_attribute("data-state", "live", timeout=15_000)


def test_who_reads_further_down_is_not_moved_by_what_is_new(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    alice.look(theme="dark", width=320)
    while lines(alice).count() < 12:
        count = lines(alice).count()
        buy(desk)
        expect(lines(alice).nth(count)).to_be_attached()
    page.locator(".tape-box").evaluate("(box) => { box.scrollTop = 120; }")
    top = page.evaluate(LINES)[0]
    buy(desk)
    news = page.locator("fact-tape [data-act=news]")
    expect(news).to_be_visible()
    assert page.evaluate(LINES)[0] == top
    news.click()
    expect(news).to_be_hidden()
    assert page.evaluate(LINES)[0] != top


def test_it_is_sound_and_nothing_is_cut_in_any_look(alice: Visitor) -> None:
    page = alice.page
    for look in LOOKS:
        alice.look(**look)
        alice.examine()
        assert page.evaluate(CUT) == [], look


def test_legs_fold_and_unfold_by_keyboard(alice: Visitor) -> None:
    page = alice.page
    twist = page.get_by_role("button", name="Legs of QQQ")
    legs = page.locator("tbody[data-group$='|QQQ'] tr.leg")
    expect(legs).to_have_count(2)
    twist.focus()
    page.keyboard.press("Enter")
    expect(twist).to_have_attribute("aria-expanded", "false")
    expect(legs.first).to_be_hidden()
    value = page.locator("tbody[data-group$='|QQQ'] tr.group [data-cell=value]")
    before = value.text_content() or ""
    expect(value).not_to_have_text(before, timeout=15_000)
    expect(legs.first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(legs.first).to_be_visible()


def test_what_is_lost_looks_lost_and_comes_back(alice: Visitor) -> None:
    page, wire = alice.page, Wire(alice)
    page.reload()
    expect(page.locator("portfolio-totals")).to_have_attribute("data-state", "live", timeout=15_000)
    wire.hold()
    wire.cut(1012)
    for name in ("portfolio-totals", "portfolio-positions", "portfolio-accounts"):
        expect(page.locator(name)).to_have_attribute("data-state", "lost")
    alice.examine()
    wire.release()
    expect(page.locator("portfolio-totals")).to_have_attribute("data-state", "live", timeout=20_000)


def test_without_javascript_all_of_it_is_there_as_it_was_known(alice: Visitor, visit: Visit, desk: Desk) -> None:
    plain = visit(url=desk.url, state=alice.state(), java_script_enabled=False)
    page = plain.page
    page.goto(PAGE)
    expect(page.locator("portfolio-totals .state")).to_have_text("as loaded")
    expect(page.locator("portfolio-totals [data-field=net_liq]")).to_have_text(re.compile(r"^\d{3},\d{3}\.\d\d$"))
    expect(page.locator("tr.leg").first).to_be_visible()
    assert lines(plain).count() > 0
    assert page.locator("tr.group").count() == 5


def test_the_navigation_leads_here_and_who_linked_nothing_is_told_so(visit: Visit, desk: Desk) -> None:
    olga: Visitor = visit(url=desk.url)
    sign_in(olga, email="olga@example.com")
    olga.page.get_by_role("link", name="Portfolio", exact=True).click()
    expect(olga.page.get_by_role("heading", level=1)).to_have_text("Portfolio")
    expect(olga.page.get_by_text("Nothing is linked yet")).to_be_visible()
    expect(olga.page.get_by_role("link", name="Portfolio", exact=True)).to_have_attribute("aria-current", "page")
    olga.examine()


def test_with_alpaca_alone_there_are_no_quotes_and_the_page_says_why(visit: Visit, desk: Desk) -> None:
    """What a venue that only carries out orders says of prices marks nothing; what it says of accounts is all there."""
    email = "dora@example.com"
    with desk.sign_up(email):
        pass
    venues = json.loads((desk.run_dir / "loopback.json").read_text())
    told_by = venues["alpaca"]
    grant = {name: told_by["grants"][0][name] for name in ("key_id", "secret_key")}
    link(desk, email, "alpaca", "Fills", grant)
    dora: Visitor = visit(url=desk.url)
    sign_in(dora, email=email)
    page = dora.page
    page.goto(PAGE)
    headers = {"APCA-API-KEY-ID": grant["key_id"], "APCA-API-SECRET-KEY": grant["secret_key"]}
    order = {"symbol": "IWM", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day"}
    expect(page.locator("portfolio-accounts")).to_have_attribute("data-state", "live", timeout=15_000)
    httpx.post(f"{told_by['rest']}/v2/orders", json=order, headers=headers, verify=NO_TLS).raise_for_status()
    expect(lines(dora).filter(has=page.locator(".told", has_text="Bought 3 IWM @ ")).first).to_be_visible()
    iwm = page.locator("tbody[data-group$='|IWM'] tr.group")
    cells = {name: iwm.locator(f"[data-cell={name}]") for name in ("quantity", "mark", "source", "open_pl", "day_pl")}
    expect(cells["quantity"]).to_have_text("3")
    for name, text in {"mark": "–", "source": "", "open_pl": "–", "day_pl": "–"}.items():
        expect(cells[name]).to_have_text(text)
    why = page.locator("portfolio-totals [data-field=lacks]")
    expect(why).to_contain_text("No venue for market data is linked. Fills only carries out orders")
    expect(page.locator("portfolio-totals [data-field=net_liq]")).to_have_text(re.compile(r"^[\d,]+\.\d\d$"))
    expect(page.locator("header [data-field=price]").first).to_have_text("–")
    dora.examine_everywhere()


def link(desk: Desk, email: str, venue: str, label: str, credentials: dict[str, str]) -> None:
    """Link somebody to a simulated venue."""
    options = ["--user", email, "--venue", venue, "--environment", "simulated", "--label", label]
    desk.manage("link_broker", *options, stdin=json.dumps(credentials))
