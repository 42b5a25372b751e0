"""One person, two venues for market data: which one feeds is seen, chosen by keys, and replaced when it is mute."""

import json
import time

from playwright.sync_api import expect

from tests.browser.conftest import LOOKS, Visit
from tests.support.desk import Desk
from tests.support.people import ALICE, LABEL, PASSWORD

WITHIN_MS = 15_000
CALM_MS = 25_000
"""How soon the first is gone back to: once it has been well for 10 s, and its session is there again."""


def test_a_person_sees_chooses_and_keeps_prices_by_two_venues(visit: Visit, desk: Desk) -> None:
    tradier = json.loads((desk.run_dir / "loopback.json").read_text())["tradier"]
    options = ["--user", ALICE, "--venue", "tradier", "--environment", "simulated", "--label", "Second"]
    desk.manage("link_broker", *options, stdin=json.dumps({"data_token": tradier["grants"][0]["data_token"]}))
    alice = visit(url=desk.url)
    page = alice.page
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(ALICE)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    card = page.locator("live-quote.panel").first
    foot, word = card.locator("[data-field=source]"), card.locator("[data-field=word]")
    expect(foot).to_have_text(f"dxFeed stream by {LABEL}", timeout=20_000)
    expect(word).to_have_text("live")
    for look in LOOKS:
        alice.look(**look)
        alice.examine()

    desk.fault(fault="mute", seconds=60)
    muted = time.monotonic()
    expect(foot).to_have_text("Tradier stream by Second", timeout=WITHIN_MS)
    expect(word).to_have_text("live")
    assert time.monotonic() - muted < WITHIN_MS / 1000
    desk.fault(fault="clear")
    expect(foot).to_have_text(f"dxFeed stream by {LABEL}", timeout=2 * CALM_MS)

    second = page.get_by_role("button", name="Up one place: Second")
    second.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Second is number 1 of 2 now.")).to_be_visible()
    expect(page.get_by_role("button", name="Down one place: Second")).to_be_focused()
    expect(foot).to_have_text("Tradier stream by Second", timeout=CALM_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Up one place: Second")).to_be_focused()
    alice.examine()
