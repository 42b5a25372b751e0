"""What a page does when its own connection ends, slows down or is paused."""

import re
import typing

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_pages import sign_in
from tests.support.desk import Desk
from tests.support.eventually import eventually

SOCKET = re.compile(r"/ws/streaming/")


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


class Wire:
    """Stands on the wire between pages and the server, which stay real, and can cut or shape it.

    Who has no page yet comes to their settings; any other page is loaded again.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.routes: list[WebSocketRoute] = []
        self.sent: list[str] = []
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []
        self._is_deaf = False
        visitor.page.route_web_socket(SOCKET, self._connect)
        visitor.page.goto("/accounts/settings") if visitor.page.url == "about:blank" else visitor.page.reload()
        expect(visitor.page.locator("feed-badge")).to_have_attribute("data-state", "live", timeout=15_000)

    def _connect(self, route: WebSocketRoute) -> None:
        self.routes.append(route)
        server = route.connect_to_server()
        route.on_message(lambda message: self._out(server, message))
        server.on_message(lambda message: self._in(route, message))

    def _out(self, server: WebSocketRoute, message: typing.Any) -> None:
        self.sent.append(str(message))
        server.send(message)

    def _in(self, route: WebSocketRoute, message: str | bytes) -> None:
        if self._is_deaf:
            self._held.append((route, message))
        else:
            route.send(message)

    def hold(self) -> None:
        """Keep back what the server says."""
        self._is_deaf = True

    def release(self) -> None:
        """Let the page hear what was kept back on its newest socket, in order, and all that follows."""
        self._is_deaf = False
        for route, message in self._held:
            if route is self.routes[-1]:
                route.send(message)

    def cut(self, code: int) -> None:
        """Close the page's socket with `code`, as the server would."""
        self.routes[-1].close(code=code)

    def said(self, kind: str) -> list[str]:
        """The messages of one type the pages sent."""
        return [message for message in self.sent if f'"type":"{kind}"' in message]


def test_a_lost_socket_dims_the_page_and_comes_back_with_its_cursor(alice: Visitor) -> None:
    wire = Wire(alice)
    wire.hold()
    wire.cut(1012)
    page = alice.page
    expect(page.locator("connection-banner")).to_have_attribute("data-kind", "reconnecting")
    expect(page.locator("#announcements")).to_have_text("Connection lost. Reconnecting.")
    expect(page.locator("live-quote.panel")).to_have_attribute("data-state", "lost")
    alice.examine()
    wire.release()
    expect(page.locator("live-quote.panel")).to_have_attribute("data-state", "live", timeout=20_000)
    expect(page.locator("connection-banner")).to_have_attribute("data-kind", "back")
    expect(page.locator("#announcements")).to_have_text(
        re.compile(r"^Connected again after \d+ s\. The stream went on")
    )
    alice.examine()
    expect(page.locator("connection-banner")).to_be_hidden(timeout=10_000)
    assert '"cursor"' in wire.said("hello")[-1]


@pytest.mark.parametrize(
    ("code", "offer"), [(4400, "Reload"), (4003, None), (4009, None)], ids=["protocol error", "forbidden", "too many"]
)
def test_a_final_close_code_ends_the_tries_and_says_what_to_do(alice: Visitor, code: int, offer: str | None) -> None:
    wire = Wire(alice)
    wire.cut(code)
    banner = alice.page.locator("connection-banner")
    expect(banner).to_have_attribute("data-kind", "offline")
    expect(banner.get_by_role("button")).to_have_text([offer] if offer else [])
    expect(alice.page.locator("live-quote.panel [data-field=word]")).to_have_text("offline")
    alice.examine()
    assert len(wire.routes) == 1


def test_signing_out_elsewhere_leads_to_the_sign_in_page(visit: Visit, desk: Desk) -> None:
    leaver: Visitor = visit(url=desk.url)
    sign_in(leaver)
    page = leaver.page
    expect(page.locator("feed-badge")).to_have_attribute("data-state", "live", timeout=15_000)
    other = leaver.context.new_page()
    other.goto("/accounts/logout/")
    other.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(r"/accounts/login/\?next=%2Faccounts%2Fsettings$"), timeout=10_000)
    expect(other).to_have_url(re.compile(r"/accounts/login/$"))


def test_frames_are_acknowledged(alice: Visitor) -> None:
    wire = Wire(alice)
    eventually(lambda: alice.page.title() and wire.said("ack"))


def test_paused_prices_stand_still_and_say_so(alice: Visitor) -> None:
    wire = Wire(alice)
    page = alice.page
    page.locator("rate-control.wide").get_by_role("radio", name="Pause").check()
    card = page.locator("live-quote.panel")
    expect(card.locator("[data-field=word]")).to_have_text("paused")
    assert wire.said("rate") == ['{"type":"rate","interval_ms":null}']
    alice.examine()
    page.get_by_role("button", name="Resume").click()
    expect(card.locator("[data-field=word]")).to_have_text("live")
    assert wire.said("rate")[-1] == '{"type":"rate","interval_ms":0}'
