"""A person leaves for their venue and comes back linked, or comes back with a clear sentence and nothing stored."""

import datetime
import html
import re
import typing
import urllib.parse

import pytest
from django.test import Client
from django.utils import timezone

from accounts.links import linking, oauth
from accounts.models import BrokerLink, PendingLink, User
from tests.accounts.conftest import Venue, make_link, sign_in

HERE = "http://testserver"
CALLBACK = f"{HERE}/accounts/links/callback"
FORM = {"environment": "simulated", "access": "trade", "label": "Main", "client_id": "", "client_secret": ""}
OWN = {"client_id": "own-of-alice", "client_secret": "canary-own-client-4711"}


class Trip:
    """One person's way to the venue and back, with the browser they are signed in with."""

    def __init__(self, venue: Venue, person: User) -> None:
        self.venue = venue
        self.person = person
        self.browser = sign_in(person)

    def start(self, path: str = "/accounts/links/tastytrade/redirect", **changes: str) -> str:
        """Fill the form in; return the address of the venue's page."""
        door = self.browser.post(path, FORM | changes)
        assert door.status_code == 302, door.content.decode()
        page = self.browser.get(door["Location"])
        found = re.search(r'href="(http[^"]+/auth\.html[^"]+)"', page.content.decode())
        assert found is not None, page.content.decode()
        return html.unescape(found[1])

    def decide(self, address: str, decision: str = "approve", customer: int = 0) -> str:
        """Decide on the venue's page; return where the browser is sent."""
        page = self.venue.http.get(address).raise_for_status().text
        customers = re.findall(r'name="customer" value="([^"]+)"', page)
        answer = self.venue.http.post(address, data={"customer": customers[customer], "decision": decision})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def back(self, address: str, browser: Client | None = None) -> str:
        """Follow the browser back to the desk; return what the settings page says then."""
        path = address.removeprefix(HERE)
        answer = (browser or self.browser).get(path)
        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/settings", "the code must leave the address bar"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        page = (browser or self.browser).get("/accounts/settings", follow=True).content.decode()
        return " ".join(html.unescape(text) for text in re.findall(r'<li class="notice \w+">(.*?)</li>', page))


@pytest.fixture
def trip(venue: Venue, alice: User, settings: typing.Any) -> Trip:
    """Alice on her way, at a venue where the desk's callback is registered."""
    settings.SITE_URL = HERE
    accounts = venue.grants[0]["accounts"][0]
    venue.order("client", client_id="tapedeck", redirect_uris=[CALLBACK])
    venue.order("client", account=accounts, redirect_uris=[CALLBACK], **OWN)
    return Trip(venue, alice)


def test_with_the_desks_client_a_person_needs_no_secret_at_all(trip: Trip):
    said = trip.back(trip.decide(trip.start()))
    assert said == "Linked Main."
    link = BrokerLink.objects.get()
    assert (link.person, link.label, link.environment, link.scopes) == (
        trip.person, "Main", "simulated", ["read", "trade"],
    )  # fmt: skip
    assert link.accounts == ["5WX00001", "5WX00002"]
    assert linking.test(link).accounts
    assert not PendingLink.objects.exists()


def test_with_ones_own_client_its_secret_is_kept_sealed_only(trip: Trip):
    address = trip.start(access="read", **OWN)
    pending = PendingLink.objects.get()
    assert "canary" not in str(vars(pending))
    assert "canary" not in address
    assert trip.back(trip.decide(address)) == "Linked Main."
    link = BrokerLink.objects.get()
    assert link.scopes == ["read"]
    assert link.unseal()["client_secret"] == OWN["client_secret"]
    assert "read-only" in trip.browser.get("/accounts/settings").content.decode()


def test_of_a_pasted_grant_the_card_says_that_its_access_is_not_told(trip: Trip):
    form = {"environment": "simulated", "label": "Pasted", **trip.venue.grant(0)}
    page = trip.browser.post("/accounts/links/tastytrade", form, follow=True).content.decode()
    assert "Linked Pasted." in page
    assert "the venue does not tell" in page
    assert "read-only" not in page
    assert "may trade" not in page


def test_scopes_that_the_venue_told_once_are_not_forgotten_when_it_tells_none(trip: Trip):
    trip.back(trip.decide(trip.start()))
    linking.test(BrokerLink.objects.get())
    assert BrokerLink.objects.get().scopes == ["read", "trade"]


def test_the_address_asks_for_a_code_and_nothing_else(trip: Trip):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(trip.start()).query))
    assert query.keys() == {"client_id", "redirect_uri", "response_type", "scope", "state"}
    assert (query["client_id"], query["redirect_uri"]) == ("tapedeck", CALLBACK)
    assert (query["response_type"], query["scope"]) == ("code", "read trade")


def test_each_departure_has_a_state_of_its_own(trip: Trip):
    states = {urllib.parse.parse_qs(urllib.parse.urlsplit(trip.start()).query)["state"][0] for _ in range(3)}
    assert len(states) == 3


def refused(trip: Trip, said: str, words: str) -> None:
    assert words in said
    assert not BrokerLink.objects.exists()


def test_denial_is_said_plainly(trip: Trip):
    refused(trip, trip.back(trip.decide(trip.start(), "deny")), "You did not let this desk in at tastytrade.")
    assert not PendingLink.objects.exists()


def test_an_unknown_error_is_said_in_the_desks_own_words(trip: Trip):
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(trip.start()).query)["state"][0]
    said = trip.back(f"{CALLBACK}?{urllib.parse.urlencode({'error': 'call 555 0100 now', 'state': state})}")
    refused(trip, said, "tastytrade sent you back without access.")
    assert "555" not in said


@pytest.mark.parametrize("spoil", [lambda s: "", lambda s: s + "x", lambda s: s.rpartition(".")[0], lambda s: "x.y.z"])
def test_a_wrong_state_is_refused(trip: Trip, spoil: typing.Callable[[str], str]):
    back = urllib.parse.urlsplit(trip.decide(trip.start()))
    query = dict(urllib.parse.parse_qsl(back.query))
    query["state"] = spoil(query["state"])
    refused(trip, trip.back(f"{CALLBACK}?{urllib.parse.urlencode(query)}"), "This desk did not send you there.")
    assert PendingLink.objects.exists(), "whoever guesses must not spend what somebody left for"


def test_a_way_back_is_good_once(trip: Trip):
    back = trip.decide(trip.start())
    assert trip.back(back) == "Linked Main."
    assert "was used already" in trip.back(back)
    assert linking.test(BrokerLink.objects.get()).accounts, "the grant of the first time is still good"


def test_of_two_who_come_back_at_once_one_is_refused(trip: Trip, monkeypatch: pytest.MonkeyPatch):
    back = trip.decide(trip.start())
    is_of = oauth._is_of

    def and_the_other_takes_it(pending: PendingLink, person: User, session: str) -> bool:
        """Patched to come between the look and the taking, where another process would."""
        PendingLink.objects.all().delete()
        return is_of(pending, person, session)

    monkeypatch.setattr(oauth, "_is_of", and_the_other_takes_it)
    refused(trip, trip.back(back), "This way back was used already.")


def test_a_way_back_without_a_code_is_refused(trip: Trip):
    back = re.sub(r"code=[^&]*", "code=", trip.decide(trip.start()))
    refused(trip, trip.back(back), "without a code")


def test_a_way_back_ends_after_ten_minutes(trip: Trip):
    back = trip.decide(trip.start())
    PendingLink.objects.update(expires=timezone.now() - datetime.timedelta(seconds=1))
    refused(trip, trip.back(back), "longer than 10 minutes")


def test_an_old_state_is_refused_whatever_the_database_says(trip: Trip, monkeypatch: pytest.MonkeyPatch):
    back = trip.decide(trip.start())
    monkeypatch.setattr(oauth, "LIFETIME", datetime.timedelta(0))
    refused(trip, trip.back(back), "longer than")


def test_somebody_elses_way_back_links_nobody(trip: Trip, bob: User):
    back = trip.decide(trip.start())
    refused(trip, trip.back(back, sign_in(bob)), "begun by somebody else, or in another browser")
    assert trip.back(back) == "Linked Main.", "and takes nothing from whose it is"


def test_another_browser_of_the_same_person_links_nothing(trip: Trip):
    back = trip.decide(trip.start())
    refused(trip, trip.back(back, sign_in(trip.person)), "in another browser")


def test_somebody_signed_out_is_asked_to_sign_in_without_the_code(trip: Trip):
    back = trip.decide(trip.start())
    refused(trip, trip.back(back, Client()), "You were signed out meanwhile")


def test_nobody_sees_the_door_of_somebody_else(trip: Trip, bob: User):
    trip.start()
    path = f"/accounts/links/leaving/{PendingLink.objects.get().pk}"
    assert trip.browser.get(path).status_code == 200
    for browser in (sign_in(bob), sign_in(trip.person)):
        assert browser.get(path)["Location"] == "/accounts/settings"


def test_a_venue_that_is_down_is_said_and_stores_nothing(trip: Trip):
    back = trip.decide(trip.start())
    trip.venue.fault(fault="oauth", mode="502", times=1)
    refused(trip, trip.back(back), "tastytrade could not be asked: the venue answered HTTP 502.")


def test_a_simulated_venue_that_does_not_run_sends_nobody_anywhere(trip: Trip, tmp_path: typing.Any):
    door = trip.browser.post("/accounts/links/tastytrade/redirect", FORM | OWN)
    (tmp_path / "loopback.json").unlink()
    assert trip.browser.get(door["Location"])["Location"] == "/accounts/settings"
    assert b"cannot be reached" in trip.browser.get("/accounts/settings").content


def test_a_wrong_client_secret_is_said_and_counted(trip: Trip):
    for _ in range(5):
        back = trip.decide(trip.start(**OWN | {"client_secret": "not this one"}))
        refused(trip, trip.back(back), "the client ID or the client secret is not valid")
    back = trip.decide(trip.start())
    refused(trip, trip.back(back), "refused too many credentials in a row")


def test_a_code_that_expired_is_said(trip: Trip):
    back = trip.decide(trip.start())
    refused(trip, trip.back(re.sub(r"code=[^&]*", "code=spent", back)), "the code was used already, has expired")


def test_a_client_of_ones_own_needs_both_halves(trip: Trip):
    path = "/accounts/links/tastytrade/redirect"
    for half in ("client_id", "client_secret"):
        page = trip.browser.post(path, FORM | {half: "canary-half-4711"})
        assert page.status_code == 200
        assert "Your own client has both." in page.content.decode()
    assert not PendingLink.objects.exists()


def test_where_the_desk_has_no_client_ones_own_is_asked_for(trip: Trip, settings: typing.Any):
    path = "/accounts/links/tastytrade/redirect"
    page = trip.browser.post(path, FORM | {"environment": "live"}).content.decode()
    assert "This desk has no client there; use your own." in page
    settings.TASTYTRADE_CLIENT_ID, settings.TASTYTRADE_CLIENT_SECRET = "desk-4711", ""
    assert (
        "This desk has no client there; use your own."
        in trip.browser.post(path, FORM | {"environment": "live"}).content.decode()
    )
    settings.TASTYTRADE_CLIENT_SECRET = "canary-desk-4711"
    door = trip.browser.post(path, FORM | {"environment": "live"})
    page = trip.browser.get(door["Location"]).content.decode()
    assert 'href="https://my.tastytrade.com/auth.html?client_id=desk-4711&amp;' in page
    assert "canary" not in page


def test_the_redirect_uri_is_shown_and_no_host_header_changes_it(trip: Trip, settings: typing.Any):
    settings.ALLOWED_HOSTS = ["*"]
    path = "/accounts/links/tastytrade/redirect"
    assert CALLBACK in trip.browser.get(path).content.decode()
    page = trip.browser.get(path, headers={"host": "evil.example"}).content.decode()
    assert "evil.example" not in page
    assert "Open the desk there" in page
    refused_ = trip.browser.post(path, FORM, headers={"host": "evil.example"})
    assert refused_.status_code == 200
    assert not PendingLink.objects.exists()


def test_a_desk_that_does_not_know_its_address_says_so(trip: Trip, settings: typing.Any):
    settings.SITE_URL, settings.PRODUCTION = "", True
    page = trip.browser.post("/accounts/links/tastytrade/redirect", FORM).content.decode()
    assert "SITE_URL" in page
    assert not PendingLink.objects.exists()


def test_a_link_is_linked_again_in_place(trip: Trip):
    link = make_link(trip.person, "Main", None, "5WX00001", environment="simulated")
    path = f"/accounts/links/{link.pk}/redirect"
    assert trip.back(trip.decide(trip.start(path))) == "Linked Main again."
    again = BrokerLink.objects.get()
    assert (again.pk, again.revision, again.scopes) == (link.pk, link.revision + 1, ["read", "trade"])


def test_other_accounts_cannot_take_the_place_of_a_link(trip: Trip):
    link = make_link(trip.person, "Main", None, "5WX00001", environment="simulated")
    said = trip.back(trip.decide(trip.start(f"/accounts/links/{link.pk}/redirect"), customer=1))
    assert "These credentials open …0003, not …0001." in said
    assert BrokerLink.objects.get().revision == link.revision


def test_nobody_links_somebody_elses_link_again(trip: Trip, bob: User):
    link = make_link(bob, "His", environment="simulated")
    assert trip.browser.get(f"/accounts/links/{link.pk}/redirect").status_code == 404


def test_a_link_removed_meanwhile_stays_removed(trip: Trip):
    link = make_link(trip.person, "Main", None, "5WX00001", environment="simulated")
    back = trip.decide(trip.start(f"/accounts/links/{link.pk}/redirect"))
    link.delete()
    refused(trip, trip.back(back), "was used already, or took too long")


def test_a_label_taken_meanwhile_is_said(trip: Trip):
    back = trip.decide(trip.start())
    make_link(trip.person, "main")
    assert "There is a link named Main already." in trip.back(back)
    assert BrokerLink.objects.count() == 1


def test_no_log_and_no_page_shows_a_code_or_a_secret(trip: Trip, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    back = trip.decide(trip.start(**OWN))
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    trip.back(back)
    shown = caplog.text + trip.browser.get("/accounts/settings").content.decode()
    own_client = [line for line in shown.splitlines() if "httpcore" not in line and "httpx" not in line]
    for secret in (code, OWN["client_secret"], BrokerLink.objects.get().unseal()["refresh_token"]):
        assert not [line for line in own_client if secret in line]


def test_no_report_of_an_error_quotes_what_came_back(trip: Trip, settings: typing.Any, monkeypatch: pytest.MonkeyPatch):
    settings.DEBUG = True
    monkeypatch.setattr(oauth, "_SIGNER", None)
    trip.browser.raise_request_exception = False
    page = trip.browser.get(f"{CALLBACK}?code=canary-code-4711&state=canary-state-4711")
    assert page.status_code == 500
    assert "AttributeError" in page.content.decode()
    assert "canary" not in page.content.decode()


def test_somebody_who_leaves_over_and_over_leaves_ten_times_at_most(trip: Trip):
    first = trip.start()
    for _ in range(11):
        last = trip.start()
    assert PendingLink.objects.count() == 10
    refused(trip, trip.back(trip.decide(first)), "was used already, or took too long")
    assert trip.back(trip.decide(last)) == "Linked Main."
