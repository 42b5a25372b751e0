"""A person links by redirect in a real browser: over the venue's page and back, and out again."""

import re
import time
import typing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_walk import is_live, sign_up
from tests.support.desk import Desk
from tests.support.eventually import eventually

UNLINKED_S = 2.0
ALICE, BOB = "Alice Archer", "Bob Baker"
"""Customers of the venue."""


@pytest.fixture
def open_desk(desk: Desk) -> Desk:
    """A desk whose callback is registered with the venue's clients."""
    for client in ("tapedeck", own_client(desk)):
        desk.order("client", client_id=client, redirect_uris=[f"{desk.url}/accounts/links/callback"])
    return desk


@pytest.fixture
def closed_desk(desk: Desk) -> Desk:
    """A desk whose callback is not."""
    desk.order("client", client_id="tapedeck", redirect_uris=["https://elsewhere.example/callback"])
    return desk


def own_client(desk: Desk) -> str:
    """The id of the client that the venue's first customer made."""
    return str(next(client["client_id"] for client in desk.clients if client["accounts"]))


def go(page: Page, customer: str = ALICE, decision: str = "Approve") -> None:
    """From the page that asks how to link to the decision on the venue's page."""
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Continue to tastytrade").click()
    page.get_by_label(customer).check()
    page.get_by_role("button", name=decision).click()


def card(page: Page, label: str) -> typing.Any:
    return page.get_by_role("region", name=label, exact=True)


def test_a_person_links_by_redirect_denies_and_links_again(visit: Visit, open_desk: Desk) -> None:
    dora = visit(url=open_desk.url)
    page = dora.page
    sign_up(dora, "dora@example.com")
    page.get_by_role("link", name="Link with tastytrade").click()
    expect(page.get_by_role("heading", name="Link with tastytrade")).to_be_visible()
    page.get_by_label("Environment").select_option("simulated")
    dora.examine()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("You go to")).to_be_visible()
    dora.examine_everywhere()
    page.get_by_role("link", name="Continue to tastytrade").click()
    expect(page.get_by_role("heading", name="Tapedeck wants to use your account")).to_be_visible()
    expect(page.get_by_text("Simulated tastytrade")).to_be_visible()
    dora.examine_everywhere()

    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("You did not let this desk in at tastytrade. Nothing was linked.")).to_be_visible()
    assert page.url == f"{open_desk.url}/accounts/settings"
    expect(page.get_by_text("No venue is linked yet")).to_be_visible()
    dora.examine()

    page.get_by_role("link", name="Link with tastytrade").click()
    page.get_by_label("Environment").select_option("simulated")
    page.get_by_label("Read and trade").check()
    go(page)
    expect(page.get_by_text("Linked tastytrade.")).to_be_visible()
    assert page.url == f"{open_desk.url}/accounts/settings"
    is_live(page)
    linked = card(page, "tastytrade")
    expect(linked).to_contain_text("may trade (read, trade)")
    expect(linked).to_contain_text("…0001")
    dora.examine_everywhere()

    # Again in place, with the customer's own client and less access.
    linked.get_by_role("link", name="Re-link").click()
    dora.examine()
    page.get_by_role("link", name="Re-link with tastytrade").click()
    page.get_by_text("Use an OAuth client of your own").click()
    expect(page.get_by_text(f"{open_desk.url}/accounts/links/callback", exact=True)).to_be_visible()
    dora.examine_everywhere()
    page.get_by_label("Client ID").fill(own_client(open_desk))
    page.get_by_label("Client secret").fill(open_desk.grants[0]["client_secret"])
    page.get_by_label("Read only").check()
    go(page)
    expect(page.get_by_text("Linked tastytrade again.")).to_be_visible()
    expect(linked).to_contain_text("read-only (read)")
    is_live(page)
    dora.examine()
    assert "eyJ" not in open_desk.log, "no token in the log"
    assert not re.search(r"code=(?!\[redacted\])", open_desk.log)


def test_the_venue_sends_nobody_to_an_address_that_is_not_registered(visit: Visit, closed_desk: Desk) -> None:
    erin = visit(url=closed_desk.url)
    page = erin.page
    sign_up(erin, "erin@example.com")
    page.goto("/accounts/links/tastytrade/redirect")
    page.get_by_label("Environment").select_option("simulated")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Continue to tastytrade").click()
    expect(page.get_by_role("heading", name="This application cannot be authorized")).to_be_visible()
    erin.errors.clear()  # the browser itself notes the 400
    erin.look(theme="light", width=320)
    erin.examine()
    assert page.url.startswith(closed_desk.venue_url)


def test_removing_a_link_closes_everything_within_two_seconds(visit: Visit, open_desk: Desk) -> None:
    fay = visit(url=open_desk.url)
    page = fay.page
    sign_up(fay, "fay@example.com")
    page.goto("/accounts/links/tastytrade/redirect")
    page.get_by_label("Environment").select_option("simulated")
    page.get_by_label("Label").fill("Pension")
    go(page, BOB)
    is_live(page)
    expect(page.locator("balance-list [data-field=source]").first).to_have_text("Pension")
    watching = visit(url=open_desk.url, state=fay.state())
    watching.page.goto("/accounts/settings")
    is_live(watching.page)

    def streams() -> list[str]:
        told = open_desk.venue_stats()["connections"]
        return sorted(one["stream"] for one in told if "5WX00003" in one["accounts"])

    assert eventually(lambda: streams() == ["alerts", "dxlink"])
    card(page, "Pension").get_by_role("link", name="Remove").click()
    page.get_by_label("Label").fill("something else")
    page.get_by_role("button", name="Remove this link").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not its name, which is Pension.")
    assert streams() == ["alerts", "dxlink"]
    page.get_by_label("Label").fill("Pension")
    tokens = open_desk.venue_stats()["tokens"]
    began = time.monotonic()
    page.get_by_role("button", name="Remove this link").click()
    eventually(lambda: not streams(), within=UNLINKED_S)
    closed = time.monotonic() - began
    expect(watching.page.locator("live-quote.panel")).not_to_have_attribute(
        "data-state", "live", timeout=UNLINKED_S * 1000
    )
    gone = time.monotonic() - began
    print(f"closed after {closed:.2f} s, gone from the other page after {gone:.2f} s")
    assert gone <= UNLINKED_S
    expect(watching.page.locator("live-quote.panel [data-field=price]")).to_have_text("–")
    shown = watching.page.locator("link-state")
    expect(shown.locator("[data-field=word]")).to_have_text("removed")
    expect(shown).to_have_attribute("data-state", "none")
    expect(page.get_by_text("Removed Pension.")).to_be_visible()
    assert open_desk.venue_stats()["tokens"] == tokens, "nothing is asked with its credentials any more"
    fay.examine()
    watching.examine()
