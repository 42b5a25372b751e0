"""Alerts on a page: made by keys alone, told when they fire, and never told to anybody else."""

import re
import typing

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LOOKS, Visit, Visitor
from tests.support import plain_http
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import BOB

ALERTS = "/alerts/?symbol=IWM"
FAR = 321.5
"""A price that IWM gets to by order alone."""


@pytest.fixture
def alice(visit: Visit, browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice's page of alerts."""
    visitor = Visitor(browser, url=desk.url)
    visitor.enter(desk.cookie(), desk.url)
    visitor.page.goto(ALERTS)
    expect(visitor.page.locator("alert-list")).to_have_attribute("data-state", "live")
    yield visitor
    visitor.close()


def test_an_alert_is_made_by_keys_fires_once_and_is_told_to_its_person(alice: Visitor, desk: Desk, visit: Visit):
    page = alice.page
    bob = visit(url=desk.url)
    bob.enter(desk.cookie(BOB), desk.url)
    bob.page.goto(ALERTS)
    page.keyboard.press("a")
    form = page.locator("alert-list dialog form")
    expect(form.locator("[name=symbol]")).to_have_value("IWM")
    expect(form.locator("[name=value]")).to_be_focused()
    page.keyboard.type("300.25")
    form.locator("[name=session]").select_option("always")
    expect(form.locator("legend")).to_have_text("Tell me when IWM last price crosses up 300.25, at all hours, once.")
    alice.examine()
    page.keyboard.press("Control+Enter")
    expect(form).to_be_hidden()
    row = page.locator("[data-rule]")
    expect(row).to_have_count(1)
    expect(row.locator("[data-part=word]")).to_have_text("◆ armed")
    expect(row.locator("[data-part=more]")).to_have_text(re.compile(r"^[\d.]+ below 300\.25$"))
    alice.examine()
    desk.order("price", symbol="IWM", price=FAR)
    expect(row.locator("[data-part=word]")).to_have_text("▲ fired")
    expect(page.locator("#toasts")).to_contain_text("IWM last price crosses up 300.25")
    page.keyboard.press("n")
    notice = page.locator("notice-list li").filter(has_text="IWM last price")
    expect(notice).to_have_count(1)
    expect(notice.locator("small")).to_have_text(re.compile(r"^here [\d:]+$"))
    page.keyboard.press("Escape")
    expect(bob.page.locator("alert-list")).to_have_attribute("data-state", "live")
    assert "300.25" not in bob.page.content()
    row.focus()
    page.keyboard.press("Delete")
    expect(row).to_have_count(0)


def test_studies_and_news_are_said_by_the_form_and_shown_again(alice: Visitor):
    page = alice.page
    page.keyboard.press("a")
    form = page.locator("alert-list dialog form")
    form.locator("[name=field]").select_option("symbol rsi14@5m")
    form.locator("[name=length]").fill("9")
    form.locator("[name=bar]").select_option("15m")
    form.locator("[name=is]").select_option("crosses_down")
    form.locator("[name=value]").fill("30")
    form.locator("[name=trigger]").select_option("per_bar_close")
    sentence = "IWM RSI 9 of 15m bars crosses down 30, in regular hours, at the close of a 15m bar."
    expect(form.locator("legend")).to_have_text(f"Tell me when {sentence}")
    alice.examine()
    page.keyboard.press("Control+Enter")
    expect(form).to_be_hidden()
    row = page.locator("[data-rule]")
    expect(row).to_have_count(1)
    row.focus()
    page.keyboard.press("Enter")
    expect(form.locator("[name=length]")).to_have_value("9")
    expect(form.locator("[name=bar]")).to_have_value("15m")
    form.locator("[name=field]").select_option("news news")
    expect(form.locator("[name=length]")).to_be_hidden()
    form.locator("[name=value]").fill("recall, probe")
    form.locator("[name=category]").select_option("legal")
    form.locator("[name=reads]").select_option("below")
    form.locator("[name=trigger]").select_option("each")
    form.locator("[name=session]").select_option("always")
    expect(form.locator("legend")).to_have_text(
        "Tell me when news on IWM of legal with “recall” or “probe”, sentiment below -0.2 come, at all hours,"
        " each time."
    )
    alice.examine()
    page.keyboard.press("Control+Enter")
    expect(form).to_be_hidden()
    expect(row.locator("[data-part=word]")).to_have_text("◆ armed")
    row.focus()
    page.keyboard.press("Delete")
    expect(row).to_have_count(0)


def test_the_form_says_when_it_would_have_fired_and_how_it_stands(alice: Visitor):
    page = alice.page
    page.keyboard.press("a")
    form = page.locator("alert-list dialog form")
    past = form.locator("[data-part=past]")
    form.locator("[name=value]").fill("99999")
    form.locator("[name=session]").select_option("always")
    expect(past).to_have_text(re.compile(r"^In the last month it would not have fired\."))
    expect(form.locator("[data-part=now]")).to_have_text(
        re.compile(r"^Now: [\d.]+ \(\d+ s old\), [\d.,]+ below 99,999\.$")
    )
    form.locator("[name=is]").select_option("above")
    form.locator("[name=value]").fill("1")
    expect(past).to_have_text(re.compile(r"^In the last month it would (not )?have fired"))
    for look in LOOKS:
        alice.look(**look)
        alice.examine()
    form.locator("[name=field]").select_option("symbol iv_rank")
    expect(past).to_have_text("IV rank cannot be looked back at: venues tell no past values of it.")
    form.locator("[data-act=close]").click()
    expect(past).to_be_empty()


def test_what_became_of_a_firing_stands_in_the_list_and_on_its_row(alice: Visitor, desk: Desk, visit: Visit):
    page = alice.page
    page.goto("/alerts/channels/")
    page.locator("details:has(#id_webhook_name) summary").click()
    page.locator("#id_webhook_name").fill("the hook")
    page.locator("#id_webhook_address").fill("https://hooks.invalid/alerts")
    page.locator("#id_webhook_secret").fill("a secret of sixteen")
    page.locator("form:has(#id_webhook_secret) [type=submit]").click()
    expect(page.locator("body")).to_contain_text("Added the hook")
    page.goto(ALERTS)
    expect(page.locator("alert-list")).to_have_attribute("data-state", "live")
    page.keyboard.press("a")
    form = page.locator("alert-list dialog form")
    expect(form.locator("[name=value]")).to_be_focused()
    page.keyboard.type("331.25")
    form.locator("[name=session]").select_option("always")
    page.keyboard.press("Control+Enter")
    expect(form).to_be_hidden()
    row = page.locator("[data-rule]")
    expect(row.locator("[data-part=word]")).to_have_text("◆ armed")
    desk.order("price", symbol="IWM", price=340)
    outcome = re.compile(r"the hook waits, try \d+")
    expect(row.locator("[data-part=told]")).to_have_text(outcome)
    page.keyboard.press("n")
    notice = page.locator("notice-list li").filter(has_text="331.25")
    expect(notice.locator("small")).to_have_text(re.compile(r"^here [\d:]+ · the hook waits, try \d+"))
    for look in LOOKS:
        alice.look(**look)
        alice.examine()
    page.keyboard.press("Escape")
    bob = visit(url=desk.url)
    bob.enter(desk.cookie(BOB), desk.url)
    bob.page.goto("/api/alerts/deliveries")
    expect(bob.page.locator("body")).to_contain_text('{"deliveries":[]}')
    row.focus()
    page.keyboard.press("Delete")
    expect(row).to_have_count(0)
    page.goto("/alerts/channels/")
    page.locator("form:has-text('Remove') button:has-text('Remove')").click()
    expect(page.locator("body")).to_contain_text("Removed the hook")


def at_venue(desk: Desk, method: str, path: str, body: object = None) -> typing.Any:
    """Ask the venue as Alice would in its own app."""
    secrets = {name: desk.grants[0][name] for name in ("client_secret", "refresh_token")}
    told = plain_http.post(f"{desk.venue_url}/oauth/token", json={"grant_type": "refresh_token", **secrets})
    headers = {"Authorization": f"Bearer {told.json()['access_token']}"}
    return plain_http.request(method, f"{desk.venue_url}{path}", json=body, headers=headers).raise_for_status()


def test_alerts_at_a_venue_stand_apart_and_are_the_persons_own(alice: Visitor, desk: Desk, visit: Visit):
    page = alice.page
    theirs = page.locator("venue-alerts")
    made = at_venue(
        desk, "POST", "/quote-alerts", {"symbol": "IWM", "field": "Last", "operator": ">", "threshold": "4321.5"}
    )

    def look() -> int:
        page.reload()
        expect(theirs.locator("[data-part=asked]")).to_contain_text("Kept by the venue; nobody here checks it.")
        return theirs.locator("li").count()

    eventually(look)
    expect(theirs.locator("[data-part=word]")).to_have_text("◇ at venue")
    expect(theirs.locator("[data-part=text]")).to_have_text("IWM last price is above 4321.5")
    expect(theirs.locator("[data-part=asked]")).to_contain_text("Asked ")
    for look_ in LOOKS:
        alice.look(**look_)
        alice.examine()
    bob = visit(url=desk.url)
    bob.enter(desk.cookie(BOB), desk.url)
    bob.page.goto(ALERTS)
    expect(bob.page.locator("venue-alerts [data-part=asked]")).to_contain_text("None there.")
    assert "4321.5" not in bob.page.content()
    at_venue(desk, "DELETE", f"/quote-alerts/{made.json()['data']['alert-external-id']}")


def test_the_desks_panel_of_alerts_lists_those_at_a_venue_too(alice: Visitor, desk: Desk):
    page = alice.page
    body = {"symbol": "IWM", "field": "Last", "operator": "<", "threshold": "12.25"}
    made = at_venue(desk, "POST", "/quote-alerts", body)
    page.goto("/")
    panel = page.get_by_role("region", name="Alerts", exact=True)
    kept = panel.locator("venue-alerts li")

    def look() -> int:
        page.reload()
        panel.scroll_into_view_if_needed()
        expect(panel.locator("venue-alerts [data-part=asked]")).to_contain_text("Kept by the venue")
        return kept.count()

    eventually(look)
    expect(kept.locator("[data-part=word]")).to_have_text("◇ at venue")
    expect(kept.locator("[data-part=text]")).to_have_text("IWM last price is below 12.25")
    expect(kept.locator("[data-part=more]")).to_contain_text(" · until ")
    expect(panel.locator("[data-rule]")).to_have_count(0)
    alice.examine()
    at_venue(desk, "DELETE", f"/quote-alerts/{made.json()['data']['alert-external-id']}")


def test_what_is_wrong_is_said_in_the_form_and_nothing_is_kept(alice: Visitor):
    page = alice.page
    page.keyboard.press("a")
    form = page.locator("alert-list dialog form")
    form.locator("[name=value]").fill("no number")
    page.keyboard.press("Control+Enter")
    expect(form.locator("[data-part=error]")).to_contain_text("when.all[0].value")
    form.locator("[data-act=close]").click()
    expect(page.locator("[data-rule]")).to_have_count(0)
    alice.errors.clear()  # the browser says of an answer 400 what the page says in words


def test_the_form_fits_every_screen_in_both_themes(alice: Visitor):
    alice.page.locator("alert-list [data-act=new]").click()
    alice.page.locator("alert-list dialog [data-act=and]").click()
    for look in LOOKS:
        alice.look(**look)
        alice.examine()
