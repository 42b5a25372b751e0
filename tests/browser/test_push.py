"""Push in a real browser: its worker shows what comes with every page closed, and says so; the desk hears of it.

What joins the halves, a push service of a browser's maker, is not there: the browser is handed the message as its own
service would hand it, opened. tests/alerts/delivery/test_web_push.py shows that what is sealed opens.
"""

import json
import pathlib
import re
import typing

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import FLAGS, Visit
from tests.support.desk import Desk
from tests.support.eventually import eventually

CHANNELS = "/alerts/channels/"
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/")).getNotifications())
    .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""


@pytest.fixture
def tab(desk: Desk, chromium_path: str, browser: Browser, tmp_path: pathlib.Path) -> typing.Iterator[Page]:
    """A tab of alice's browser. It is a whole one with a profile of its own: others know no push."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium_path, args=[*FLAGS, "--headless=new"], base_url=desk.url
    )
    context.grant_permissions(["notifications"], origin=desk.url)
    pairs = (pair.partition("=") for pair in desk.cookie().split("; "))
    context.add_cookies([{"name": name, "value": value, "url": desk.url} for name, _, value in pairs])
    yield context.new_page()
    context.close()


def registered(page: Page) -> tuple[CDPSession, str]:
    """Have the page register the desk's worker; return what can wake that, and its name there."""
    cdp = page.context.new_cdp_session(page)
    found: list[str] = []

    def note(told: dict[str, typing.Any]) -> None:
        found.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"])

    cdp.on("ServiceWorker.workerRegistrationUpdated", note)
    cdp.send("ServiceWorker.enable")
    page.goto(CHANNELS)
    expect(page.locator("push-device [data-part=said]")).to_have_text("This browser is not pushed to.")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    eventually(lambda: page.evaluate("1") and found)
    return cdp, found[-1]


def test_what_is_pushed_is_shown_with_every_page_closed_and_told_to_the_desk(tab: Page, desk: Desk):
    page = tab
    receipts: list[str] = []
    page.context.on("request", lambda request: receipts.append(request.url) if "/receipts/" in request.url else None)
    cdp, registration = registered(page)
    page.goto("about:blank")
    told = {
        "web_push": 8030,
        "notification": {
            "title": "QQQ last price crosses up 450.50",
            "body": "QQQ.last 450.6, 0.4 s old",
            "tag": "alert-7",
            "navigate": f"{desk.url}/alerts/",
            "data": {"id": "7", "receipt": "/api/alerts/receipts/7:forged", "at": 1_795_000_000_000, "count": 1},
        },
    }
    for _ in range(2):  # a push service may bring it twice
        cdp.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": desk.url, "registrationId": registration, "data": json.dumps(told)},
        )
    cdp.send(
        "ServiceWorker.deliverPushMessage", {"origin": desk.url, "registrationId": registration, "data": "no JSON"}
    )
    page.goto("/alerts/")
    shown = eventually(lambda: len(found := page.evaluate(SHOWN)) >= 2 and found)
    assert sorted(one["title"] for one in shown) == ["An alert fired", "QQQ last price crosses up 450.50"]
    (fired,) = [one for one in shown if one["tag"] == "alert-7"]
    assert fired["body"] == "QQQ.last 450.6, 0.4 s old"
    assert fired["data"]["url"] == f"{desk.url}/alerts/"
    eventually(lambda: page.evaluate("1") and receipts)
    assert receipts[0] == f"{desk.url}/api/alerts/receipts/7:forged"


def test_the_page_of_channels_says_whether_this_browser_is_pushed_to(visit: Visit, desk: Desk):
    alice = visit(url=desk.url)
    alice.enter(desk.cookie(), desk.url)
    page = alice.page
    page.goto("/alerts/")
    page.get_by_role("link", name="Told on open pages only").press("Enter")
    said = page.locator("push-device [data-part=said]")
    expect(said).to_have_text(re.compile("^This browser (refuses|is not pushed)"))
    alice.examine_everywhere()
