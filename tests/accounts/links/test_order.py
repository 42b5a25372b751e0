"""The order of a person's links: theirs to choose on the settings page, by buttons, and what prices come by."""

import pytest
from asgiref.sync import sync_to_async

from accounts.links import order as ordering
from accounts.models import BrokerLink, User
from brokers.catalogue import VENUES
from streaming.links.db_store import StoredLinks
from tests.accounts.conftest import make_link, sign_in
from tests.support.people import ALICE, PASSWORD

pytestmark = pytest.mark.django_db

SETTINGS = "/accounts/settings"


@pytest.fixture
def three(alice):
    """Three links of alice, whose order is not the one they were made in."""
    return [make_link(alice, name, environment=where) for name, where in (
        ("Paper", "simulated"), ("Live", "live"), ("Sandbox", "sandbox"),
    )]  # fmt: skip


def order(person) -> list[str]:
    return [link.label for link in ordering.links_of(person.pk)]


def press(browser, link, way):
    return browser.post(f"/accounts/links/{link.pk}/{way}")


def test_who_never_chose_has_live_before_sandbox_before_simulated_then_the_oldest(alice, three):
    make_link(alice, "Later", environment="live")
    assert order(alice) == ["Live", "Later", "Sandbox", "Paper"]


def test_a_button_moves_a_link_by_one_and_the_streams_hear_of_it(
    alice, three, heard, django_capture_on_commit_callbacks
):
    _, live, sandbox = three
    browser = sign_in(alice)
    with django_capture_on_commit_callbacks(execute=True):
        answer = press(browser, sandbox, "up")
    assert order(alice) == ["Sandbox", "Live", "Paper"]
    assert heard.links == [alice.pk]
    assert answer.headers["location"] == f"{SETTINGS}#down-{sandbox.pk}", "it cannot go further up"
    assert b"Sandbox is number 1 of 3 now." in browser.get(SETTINGS).content
    assert press(browser, sandbox, "down").headers["location"] == f"{SETTINGS}#down-{sandbox.pk}"
    assert press(browser, sandbox, "down").headers["location"] == f"{SETTINGS}#up-{sandbox.pk}"
    assert order(alice) == ["Live", "Paper", "Sandbox"]
    press(browser, sandbox, "down")
    press(browser, live, "up")
    assert order(alice) == ["Live", "Paper", "Sandbox"], "at an end it stays"


def test_every_page_shows_the_net_liq_of_the_first_links_default_account(alice, three):
    paper, live, _ = three
    browser = sign_in(alice)
    for path in ("/accounts/tokens/", SETTINGS):
        head = browser.get(path, follow=True).content.decode().partition("</header>")[0]
        assert f'primary link="{live.pk}" account="{live.default_account_masked}"' in head
        assert str(paper.pk) not in head


def test_a_new_link_goes_behind_those_that_were_put_in_order(alice, three):
    press(sign_in(alice), three[0], "up")
    make_link(alice, "New", environment="live")
    assert order(alice) == ["Live", "Paper", "Sandbox", "New"]
    BrokerLink.objects.get(label="Paper").delete()
    assert order(alice) == ["Live", "Sandbox", "New"]


def test_the_page_shows_the_order_with_a_named_button_for_each_way_there_is(alice, three):
    page = sign_in(alice).get(SETTINGS).content.decode()
    places = [page.index(f'id="link-{link.pk}"') for link in (three[1], three[2], three[0])]
    assert places == sorted(places)
    live, sandbox, paper = (str(link.pk) for link in (three[1], three[2], three[0]))
    assert [f"up-{pk}" in page for pk in (live, sandbox, paper)] == [False, True, True]
    assert [f"down-{pk}" in page for pk in (live, sandbox, paper)] == [True, True, False]
    assert 'Up<span class="visually-hidden"> one place: Sandbox</span>' in page
    assert "first choice" in page
    assert "choice 2" in page
    assert "simulated prices do not stand in" in page
    assert f'primary link="{live}" account="…0001"' in page, "the header shows the first link's default account"


def test_one_link_has_nothing_to_be_ordered(alice):
    link = make_link(alice)
    page = sign_in(alice).get(SETTINGS).content.decode()
    assert f"up-{link.pk}" not in page
    assert f"down-{link.pk}" not in page
    assert "<dd>all</dd>" in page


def test_somebody_elses_links_cannot_be_moved_and_nothing_moves_by_looking(alice, bob, three):
    stranger = sign_in(bob)
    assert press(stranger, three[0], "up").status_code == 404
    assert sign_in(alice).get(f"/accounts/links/{three[0].pk}/up").status_code == 405
    assert sign_in(alice).post(f"/accounts/links/{three[0].pk}/sideways").status_code == 404
    assert set(BrokerLink.objects.values_list("rank", flat=True)) == {None}


def test_the_page_says_what_part_each_link_has_in_the_prices(alice, three, monkeypatch):
    monkeypatch.setitem(VENUES, "fills", type(VENUES["tastytrade"])("fills", "Fills", "", {}, (), execution_only=True))
    paper, live, _ = three
    live.venue = "fills"
    live.save()
    links = ordering.in_order(alice.links.all())
    assert ordering.prices(links) == [
        "never: this venue is for orders only", "all", "none: simulated prices do not stand in for the others",
    ]  # fmt: skip
    ordering.move(paper, "up")
    ordering.move(paper, "up")
    links = ordering.in_order(alice.links.all())
    assert ordering.prices(links) == [
        "all", "never: this venue is for orders only", "none: real prices do not stand in for the others",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
async def test_a_stream_of_one_venue_has_its_links_only():
    alice = await sync_to_async(User.objects.create_user)(ALICE, PASSWORD)
    made = await sync_to_async(make_link)(alice, "Live", environment="live")
    await sync_to_async(make_link)(alice, "Other", environment="live")
    await BrokerLink.objects.filter(pk=made.pk).aupdate(venue="tradier")
    assert [link.label for link in await StoredLinks("tradier").of(alice.pk)] == ["Live"]
    assert [link.label for link in await StoredLinks().of(alice.pk)] == ["Live", "Other"]
