"""The settings page: a person links, tests, re-links and removes their own venues, and reaches nobody else's."""

import pytest

from accounts.credentials import refused_attempts
from accounts.links import linking, store
from accounts.models import BrokerLink
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from tests.accounts.conftest import make_link, sign_in

pytestmark = pytest.mark.django_db

SETTINGS = "/accounts/settings"


def pasted(credentials, **fields):
    return {"label": "Main", "environment": "simulated", **credentials, **fields}


def secrets_in(answer, credentials):
    return [name for name, secret in credentials.items() if secret in answer.content.decode()]


# Linking


def test_a_pasted_grant_is_verified_and_linked(venue, alice, heard, django_capture_on_commit_callbacks):
    browser = sign_in(alice)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/accounts/links/tastytrade", pasted(venue.grant(0)), follow=True)
    assert answer.redirect_chain == [(SETTINGS, 302)]
    link = BrokerLink.objects.get()
    assert (link.person, link.venue, link.environment, link.label) == (alice, "tastytrade", "simulated", "Main")
    assert link.accounts == venue.grants[0]["accounts"]
    assert link.default_account == venue.grants[0]["accounts"][0]
    assert link.verified_at is not None
    assert link.unseal() == venue.grant(0)
    assert heard.links == [alice.pk]
    assert b"Linked Main" in answer.content
    assert "…0001" in answer.content.decode()
    assert not secrets_in(answer, venue.grant(0))


def test_credentials_the_venue_refuses_are_not_stored_nor_shown(venue, alice):
    wrong = Credentials(client_secret="canary-of-a-secret", refresh_token="canary-of-a-token")
    answer = sign_in(alice).post("/accounts/links/tastytrade", pasted(wrong))
    assert answer.status_code == 200
    assert b"tastytrade refuses these credentials" in answer.content
    assert b"canary" not in answer.content
    assert b'value="Main"' in answer.content
    assert not BrokerLink.objects.exists()


def test_a_venue_that_is_away_is_said_to_be(venue, alice, settings, tmp_path):
    settings.RUN_DIR = tmp_path / "nowhere"
    answer = sign_in(alice).post("/accounts/links/tastytrade", pasted(venue.grant(0)))
    assert b"could not be asked" in answer.content
    assert b"Try again later" in answer.content
    assert not secrets_in(answer, venue.grant(0))
    assert not BrokerLink.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"refresh_token": ""}, b"This field is required"),
        ({"refresh_token": "canary" * 1000}, b"at most 4096 characters"),
        ({"environment": "elsewhere"}, b"Select a valid choice"),
        ({"environment": ""}, b"This field is required"),
        ({"label": ""}, b"This field is required"),
        ({"label": "x" * 61}, b"at most 60 characters"),
        ({"label": "MAIN"}, b"You have a link of this name already"),
        ({"refresh_token": "null\0byte"}, b"Null characters are not allowed"),
    ],
)
def test_a_bad_form_names_the_field_and_asks_no_venue(alice, changed, said):
    make_link(alice)
    given = Credentials(client_secret="canary-secret", refresh_token="canary-token")
    answer = sign_in(alice).post("/accounts/links/tastytrade", pasted(given, **{"label": "Other"} | changed))
    assert said in answer.content
    assert b"canary" not in answer.content
    assert BrokerLink.objects.count() == 1


def test_the_same_credentials_are_linked_once(venue, alice, bob):
    browser = sign_in(alice)
    browser.post("/accounts/links/tastytrade", pasted(venue.grant(0)))
    answer = browser.post("/accounts/links/tastytrade", pasted(venue.grant(0), label="Again"))
    assert b"linked already, as Main" in answer.content
    assert sign_in(bob).post("/accounts/links/tastytrade", pasted(venue.grant(0))).status_code == 302


def test_after_five_refusals_the_venue_is_left_in_peace(venue, alice, bob):
    browser = sign_in(alice)
    wrong = Credentials(client_secret="wrong", refresh_token="wrong")
    for _ in range(refused_attempts.EACH_PERSON):
        assert b"refuses" in browser.post("/accounts/links/tastytrade", pasted(wrong)).content
    answer = browser.post("/accounts/links/tastytrade", pasted(venue.grant(0)))
    assert b"refused too many credentials" in answer.content
    assert sign_in(bob).post("/accounts/links/tastytrade", pasted(venue.grant(1))).status_code == 302


def test_a_desk_wide_client_secret_is_not_asked_for_and_not_stored(venue, alice, settings):
    grant = venue.grant(0)
    settings.TASTYTRADE_CLIENT_SECRET = grant["client_secret"]
    browser = sign_in(alice)
    page = browser.get(SETTINGS)
    assert b'name="refresh_token"' in page.content
    assert b'name="client_secret"' not in page.content
    assert not secrets_in(page, grant)
    answer = browser.post("/accounts/links/tastytrade", pasted({"refresh_token": grant["refresh_token"]}))
    assert answer.status_code == 302
    link = BrokerLink.objects.get()
    assert link.unseal() == {"refresh_token": grant["refresh_token"]}
    assert store.open_credentials(link.pk) == grant


@pytest.mark.parametrize(
    ("environment", "offered"),
    [
        ("production", ["live", "sandbox"]),
        ("development", ["live", "sandbox", "simulated"]),
        ("demo", ["simulated", "live", "sandbox"]),
    ],
)
def test_a_simulated_venue_is_offered_except_in_production(alice, settings, environment, offered):
    settings.ENVIRONMENT = environment
    form = sign_in(alice).get(SETTINGS).context["forms"][0]
    assert [value for value, _ in form.fields["environment"].choices] == offered
    assert form.fields["environment"].initial == offered[0]


def test_production_does_not_link_a_simulated_venue(venue, alice, settings):
    settings.ENVIRONMENT = "production"
    answer = sign_in(alice).post("/accounts/links/tastytrade", pasted(venue.grant(0)))
    assert b"Select a valid choice" in answer.content
    assert not BrokerLink.objects.exists()


def test_secret_inputs_are_passwords_that_no_browser_fills_in(alice):
    form = sign_in(alice).get(SETTINGS).context["forms"][0]
    for name in ("client_secret", "refresh_token"):
        widget = str(form[name])
        assert 'type="password"' in widget
        assert 'autocomplete="off"' in widget
        assert "value=" not in widget


def test_a_free_label_is_suggested(alice):
    browser = sign_in(alice)
    for expected in ("tastytrade", "tastytrade 2", "tastytrade 3"):
        assert browser.get(SETTINGS).context["forms"][0].fields["label"].initial == expected
        make_link(alice, expected)


def test_a_label_is_text_and_not_markup(alice):
    make_link(alice, "<script>alert(1)</script>")
    assert b"<script>alert" not in sign_in(alice).get(SETTINGS).content


# Re-linking


def test_relinking_replaces_the_credentials_and_lets_the_stream_try_again(
    venue, alice, heard, django_capture_on_commit_callbacks
):
    link = make_link(alice, "Main", Credentials(client_secret="old", refresh_token="old"), "5WX00001",
                     environment="simulated")  # fmt: skip
    store.record_state(link.pk, "refused", "the grant was revoked", None)
    browser = sign_in(alice)
    path = f"/accounts/links/{link.pk}/relink"
    assert b"the grant was revoked" in browser.get(path).content
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(path, dict(venue.grant(0)), follow=True)
    assert b"Linked Main again" in answer.content
    link.refresh_from_db()
    assert (link.state, link.reason, link.revision) == ("idle", "", 2)
    assert link.unseal() == venue.grant(0)
    assert link.accounts == venue.grants[0]["accounts"]
    assert heard.links == [alice.pk]
    assert not secrets_in(answer, venue.grant(0))


def test_relinking_with_somebody_elses_grant_is_refused(venue, alice):
    link = make_link(alice, "Main", None, "5WX00001", environment="simulated")
    answer = sign_in(alice).post(f"/accounts/links/{link.pk}/relink", dict(venue.grant(1)))
    assert "These credentials open …0003, not …0001" in answer.content.decode()
    assert not secrets_in(answer, venue.grant(1))
    link.refresh_from_db()
    assert link.revision == 1
    assert link.accounts == ["5WX00001"]


def test_a_refused_grant_leaves_the_old_one(venue, alice):
    link = make_link(alice, environment="simulated")
    wrong = Credentials(client_secret="canary-secret", refresh_token="canary-token")
    answer = sign_in(alice).post(f"/accounts/links/{link.pk}/relink", dict(wrong))
    assert b"refuses these credentials" in answer.content
    assert b"canary" not in answer.content
    link.refresh_from_db()
    assert link.unseal()["refresh_token"] == "token of Main"


# Testing, removing, choosing


def test_a_link_that_works_tests_well(venue, alice):
    link = make_link(alice, "Main", venue.grant(0), environment="simulated")
    answer = sign_in(alice).post(f"/accounts/links/{link.pk}/test", follow=True)
    assert b"tastytrade knows Main" in answer.content
    verified = BrokerLink.objects.get()
    assert verified.verified_at != link.verified_at
    assert verified.accounts == venue.grants[0]["accounts"]
    assert verified.revision == 1


def test_testing_a_revoked_grant_says_that_it_must_be_relinked(venue, alice):
    link = make_link(alice, "Main", venue.grant(0), environment="simulated")
    venue.fault(fault="revoke", account=venue.grants[0]["accounts"][0])
    answer = sign_in(alice).post(f"/accounts/links/{link.pk}/test", follow=True)
    assert b"refuses these credentials" in answer.content
    assert b"re-link needed" in answer.content
    link.refresh_from_db()
    assert link.state == "refused"
    venue.fault(fault="restore", account=venue.grants[0]["accounts"][0])
    sign_in(alice).post(f"/accounts/links/{link.pk}/test")
    link.refresh_from_db()
    assert (link.state, link.reason, link.revision) == ("idle", "", 2)


def test_a_link_is_removed_once_its_name_was_typed(alice, heard, django_capture_on_commit_callbacks):
    link = make_link(alice)
    browser = sign_in(alice)
    path = f"/accounts/links/{link.pk}/remove"
    assert browser.get(path).status_code == 200
    assert b"not its name" in browser.post(path, {"label": "main"}).content
    assert browser.post(path).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(path, {"label": "Main"}, follow=True)
    assert b"Removed Main" in answer.content
    assert not BrokerLink.objects.exists()
    assert heard.links == [alice.pk]


def test_the_page_that_removes_shows_a_label_as_text(alice):
    link = make_link(alice, "<img src=x>")
    page = sign_in(alice).get(f"/accounts/links/{link.pk}/remove").content
    assert b"<img src=x>" not in page
    assert b"&lt;img src=x&gt;" in page


def test_a_label_with_more_blanks_than_a_page_shows_can_be_typed_from_there(alice):
    link = make_link(alice)
    BrokerLink.objects.update(label=" two  blanks")
    assert sign_in(alice).post(f"/accounts/links/{link.pk}/remove", {"label": "two blanks"}).status_code == 302
    assert not BrokerLink.objects.exists()


@pytest.mark.parametrize("action", ["relink", "test"])
def test_a_link_removed_while_its_venue_is_asked_stays_removed(alice, monkeypatch, action):
    link = make_link(alice, environment="simulated")
    check = removing(link)
    monkeypatch.setattr(linking, "check", check)
    given = {"client_secret": "x", "refresh_token": "y"}
    answer = sign_in(alice).post(f"/accounts/links/{link.pk}/{action}", given, follow=True)
    assert b"Main was changed or removed meanwhile" in answer.content
    assert not BrokerLink.objects.exists()


def removing(link):
    """Return a venue that knows everybody, but lets the link be removed before it says so."""

    def check(*_):
        linking.unlink(link)
        return Identity((AccountIdentity("5WX00001"),))

    return check


def test_one_of_its_accounts_becomes_the_default_one(alice, heard, django_capture_on_commit_callbacks):
    link = make_link(alice, "Main", None, "5WX00001", "5WX00002")
    browser = sign_in(alice)
    path = f"/accounts/links/{link.pk}/default-account"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(path, {"account": "5WX00002"})
    assert BrokerLink.objects.get().default_account == "5WX00002"
    assert heard.links == [alice.pk]
    assert b"opens no account" in browser.post(path, {"account": "5WX00003"}, follow=True).content
    assert b"opens no account" in browser.post(path, follow=True).content
    assert BrokerLink.objects.get().default_account == "5WX00002"
