"""What lies over a chart: marks of news, and lines of alerts that are drawn and moved by keys, mouse and finger."""

import email.utils
import http.server
import re
import threading
import time
import typing

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.conftest import MakeDesk
from tests.support.desk import Desk

CHART = "/market/chart/QQQ/?interval=1m"
NEWEST_SEEN = """() => document.querySelector("price-chart").view.canvas.seen"""
FIRST, SECOND = HEADLINES = "Invesco $QQQ raises its outlook on record profit", "Analysts cut $QQQ to sell"
"""In a feed the newest stands on top, so that the second one comes first."""


class Feed(http.server.ThreadingHTTPServer):
    """An RSS feed of two headlines, whose answer waits until they are `told`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FeedHandler)
        self.told = threading.Event()


class FeedHandler(http.server.BaseHTTPRequestHandler):
    """Answers with the feed."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Feed)
        self.server.told.wait(15)
        items = "".join(
            f"<item><title>{title}</title><guid>{at}</guid><link>https://news.example/{at}</link>"
            f"<pubDate>{email.utils.formatdate(time.time())}</pubDate></item>"
            for at, title in enumerate(HEADLINES)
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.end_headers()
        self.wfile.write(f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode())

    def log_message(self, format: str, *args: typing.Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def feed() -> typing.Iterator[Feed]:
    with Feed() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk, feed: Feed) -> typing.Iterator[Desk]:
    """A desk that reads the feed, within 10 s at first."""
    address = f"http://127.0.0.1:{feed.server_address[1]}/"
    variables = {"NEWS_FEEDS": address, "NEWS_UPDATE_INTERVAL": "1", "ALLOWED_PRIVATE_TARGETS": "127.0.0.1"}
    with make_desk(variables=variables) as running:
        yield running


@pytest.fixture(scope="module")
def at_home(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice's browser, signed in, on a page that does nothing."""
    visitor = Visitor(browser, url=desk.url)
    visitor.enter(desk.cookie(), desk.url)
    visitor.page.goto("/health")
    yield visitor
    visitor.close()


@pytest.fixture(scope="module", autouse=True)
def reader(browser: Browser, at_home: Visitor, desk: Desk, feed: Feed) -> typing.Iterator[Visitor]:
    """Her other tab: its chart is there before there is news."""
    visitor = Visitor(browser, url=desk.url, beside=at_home)
    visitor.page.goto(CHART)
    is_live(visitor.page)
    assert visitor.page.locator(".chart-marks button").count() == 0
    feed.told.set()
    yield visitor
    visitor.close()


@pytest.fixture
def alice(visit: Visit, at_home: Visitor) -> Visitor:
    """A tab of it with a chart, which remembers nothing."""
    at_home.page.evaluate("localStorage.clear()")
    visitor: Visitor = visit(beside=at_home)
    visitor.page.goto(CHART)
    is_live(visitor.page)
    return visitor


def is_live(page: Page) -> None:
    expect(page.locator("price-chart")).to_have_attribute("data-state", "live", timeout=30_000)
    expect(page.locator("chart-annotations")).to_have_attribute("style", re.compile("--width"))


def said(page: Page) -> Locator:
    """What is told to who listens."""
    return page.locator("#announcements")


def rules(alice: Visitor, desk: Desk) -> list[dict[str, typing.Any]]:
    """Alice's alerts, as the desk keeps them."""
    answer = alice.context.request.get(f"{desk.url}/api/alerts/")
    assert answer.ok
    alerts: list[dict[str, typing.Any]] = answer.json()["alerts"]
    return alerts


def level(alert: dict[str, typing.Any]) -> typing.Any:
    return alert["rule"]["when"]["all"][0]


def place(part: Locator) -> FloatRect:
    found = part.bounding_box()
    assert found
    return found


def drag(page: Page, grip: Locator, by: int) -> None:
    """Pull a line so many pixels down."""
    at = place(grip)
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + by, steps=4)
    page.mouse.up()


def test_a_line_is_drawn_moved_put_back_and_deleted_by_keys_alone(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    page.locator(".chart-box").focus()
    page.keyboard.press("a")
    grip = page.locator(".chart-level [role=slider]")
    expect(grip).to_be_focused()
    begun = float(grip.get_attribute("aria-valuenow") or "")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowUp")
    drawn = round(begun + 0.11, 2)
    expect(said(page)).to_have_text(re.compile(rf"^{drawn:.2f}, crosses up, \d.\d\d away, \d.\d\d %$"))
    expect(page.locator(".level-text")).to_have_text("○ not saved · crosses up")
    assert rules(alice, desk) == []
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text(re.compile(rf"^Alert saved\. Tell me when QQQ last price crosses up {drawn:g},"))
    expect(page.locator(".level-text")).to_have_text(re.compile(r"^(◆ armed|✕ not checked)\b.* · crosses up$"))
    expect(grip).to_be_focused()
    (kept,) = rules(alice, desk)
    assert level(kept) == {"field": "QQQ.last", "is": "crosses_up", "value": drawn}
    page.keyboard.press("PageUp")
    expect(page.locator(".level-tag")).to_have_text(f"{drawn + 1:.2f}")
    page.keyboard.press("Escape")
    expect(page.locator(".level-tag")).to_have_text(f"{drawn:.2f}")
    expect(said(page)).to_have_text(f"Put back to {drawn:.2f}.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text(re.compile(r"^Alert saved\."))
    (moved,) = rules(alice, desk)
    assert (moved["id"], moved["version"]) == (kept["id"], kept["version"] + 1)
    assert moved["rule"] == {**kept["rule"], "when": {"all": [{**level(kept), "value": round(drawn - 0.01, 2)}]}}
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Delete it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(grip).to_be_focused()
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(grip).to_have_count(0)
    expect(page.locator(".chart-box")).to_be_focused()
    assert rules(alice, desk) == []


def test_a_line_is_drawn_and_dragged_by_mouse_and_the_chart_stays(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    page.get_by_role("button", name="+ Alert").click()
    grip = page.locator(".chart-level:not([data-unplaced]) [role=slider]")
    expect(grip).to_be_focused()
    seen = page.evaluate(NEWEST_SEEN)
    drag(page, grip, 40)
    expect(page.locator(".level-text")).to_have_text("○ not saved · crosses down")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".level-text")).to_have_text(re.compile(r"^(◆ armed|✕ not checked)\b.* · crosses down$"))
    (kept,) = rules(alice, desk)
    was = page.locator(".level-tag").text_content()
    assert f"{level(kept)['value']:.2f}" == was
    drag(page, grip, -25)
    expect(page.locator(".level-tag")).not_to_have_text(str(was))
    page.get_by_role("button", name="Put back").click()
    expect(page.locator(".level-tag")).to_have_text(str(was))
    assert page.evaluate(NEWEST_SEEN)[1] - seen[1] <= 1, "a line that is dragged moves no bar"
    assert rules(alice, desk) == [kept]


def test_what_changes_elsewhere_is_drawn_and_stands_for_what_it_is(alice: Visitor, desk: Desk) -> None:
    page = alice.page
    text = page.locator(".level-text")
    expect(text).to_have_count(1)
    (alert,) = rules(alice, desk)
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    headers = {"X-CSRFToken": token, "Referer": f"{desk.url}/"}
    address = f"{desk.url}/api/alerts/{alert['id']}"
    elsewhere = alice.context.request
    part = {**level(alert), "value": 321.5}
    changed = {**alert["rule"], "when": {"all": [part, {"field": "QQQ.iv_rank", "is": "above", "value": 50}]}}
    assert elsewhere.put(address, data=changed, headers=headers).ok
    expect(page.locator(".level-tag")).to_have_text("321.50")
    expect(page.locator(".chart-level")).to_have_attribute("data-beyond", "below")
    expect(text).to_have_text(re.compile(r" · crosses down and 1 more$"))
    assert elsewhere.post(f"{address}/arm", data={"armed": False}, headers=headers).ok
    expect(text).to_have_text("○ rests · crosses down and 1 more")
    assert elsewhere.delete(address, headers=headers).ok
    expect(page.locator(".chart-level")).to_have_count(0)
    assert alice.errors == []


def test_news_is_marked_when_it_came_and_is_read_by_keys_and_on_a_phone(
    reader: Visitor, desk: Desk, visit: Visit
) -> None:
    page = reader.page
    page.bring_to_front()
    marks = page.get_by_role("list", name="News on the chart")
    mark = marks.get_by_role("button")
    both = rf"^2 stories: \d\d:\d\d:\d\d {re.escape(SECOND)}; \d\d:\d\d:\d\d {re.escape(FIRST)}$"
    expect(mark).to_have_accessible_name(re.compile(both))
    expect(mark).to_have_text("2")
    page.locator(".chart-box").focus()
    page.keyboard.press("a")
    page.keyboard.press("[")
    expect(mark).to_be_focused()
    card = page.locator(".chart-card:visible")
    read = r"\d\d:\d\d:\d\d Invesco \$QQQ raises .* guidance · positive \+\d.\d\d, lexicon 1"
    expect(card).to_contain_text(re.compile(read))
    page.keyboard.press("Tab")
    link = card.get_by_role("link", name=FIRST)
    expect(link).to_be_focused()
    expect(link).to_have_attribute("rel", re.compile(r"\bnoopener\b"))
    expect(link).to_have_attribute("target", "_blank")
    reader.examine_everywhere()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".chart-box")).to_be_focused()
    expect(card).to_have_count(0)
    reader.look(theme="dark", width=1440)
    mark.hover()
    expect(card).to_have_count(1)
    page.mouse.move(0, 0)
    expect(card).to_have_count(0)
    page.locator(".chart-menu summary").click()
    page.get_by_label("Marks of news").uncheck()
    expect(marks).to_be_hidden()
    page.reload()
    expect(page.locator("price-chart")).to_have_attribute("data-state", "live")
    expect(page.locator("chart-annotations .chart-marks")).to_be_hidden()
    page.locator(".chart-menu summary").click()
    page.get_by_label("Marks of news").check()
    expect(mark).to_have_count(1)
    phone: Visitor = visit(url=desk.url, state=reader.state(), has_touch=True, width=360)
    phone.page.goto(CHART)
    is_live(phone.page)
    phone.page.locator(".chart-marks button").tap()
    expect(phone.page.locator(".chart-card:visible")).to_contain_text(FIRST, timeout=5_000)
    phone.examine()
