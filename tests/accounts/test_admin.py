"""The admin makes links with credentials it never shows again, looks at them, verifies and disconnects them."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.db import connection

from accounts.links import linking, store
from accounts.models import BrokerLink, Invitation, User
from brokers.contract.broker import Credentials
from tests.accounts.conftest import make_link, sign_in
from tests.support.people import ALICE, BOB, PASSWORD

pytestmark = pytest.mark.django_db

LINKS = "/admin/accounts/brokerlink/"


@pytest.fixture
def browser(owner):
    return sign_in(owner)


def form(person, credentials, **fields):
    return {
        "person": person.pk, "venue": "tastytrade", "environment": "simulated", "label": "Made for her",
        **credentials, **fields,
    }  # fmt: skip


def test_an_admin_links_for_somebody(venue, alice, browser, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"{LINKS}add/", form(alice, venue.grant(0)), follow=True)
    assert answer.status_code == 200
    link = BrokerLink.objects.get()
    assert (link.person, link.label, link.accounts) == (alice, "Made for her", venue.grants[0]["accounts"])
    assert link.unseal() == venue.grant(0)
    assert heard.links == [alice.pk]
    text = answer.content.decode()
    assert "was added successfully" in text
    assert link.fingerprint in text
    assert "…0001" in text
    assert not [secret for secret in venue.grant(0).values() if secret in text]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"refresh_token": "canary-token"}, b"tastytrade refuses these credentials"),
        ({"refresh_token": ""}, b"This venue needs it"),
        ({"environment": "nowhere"}, b"Select a valid choice"),
        ({"label": ""}, b"This field is required"),
        ({"person": ""}, b"This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_stored_or_shown(venue, alice, browser, changed, said):
    given = form(alice, Credentials(client_secret="canary-secret", refresh_token=venue.grant(0)["refresh_token"]))
    answer = browser.post(f"{LINKS}add/", given | changed)
    assert said in answer.content
    assert b"canary" not in answer.content
    assert given["refresh_token"].encode() not in answer.content
    assert not BrokerLink.objects.exists()


def test_what_is_linked_already_is_said(venue, alice, browser):
    browser.post(f"{LINKS}add/", form(alice, venue.grant(0)))
    answer = browser.post(f"{LINKS}add/", form(alice, venue.grant(0), label="Again"))
    assert b"linked already, as Made for her" in answer.content
    for label in ("Made for her", " made  FOR her"):
        answer = browser.post(f"{LINKS}add/", form(alice, venue.grant(1), label=label))
        assert b"already exists" in answer.content
    assert BrokerLink.objects.count() == 1


def test_production_makes_no_simulated_link(venue, alice, browser, settings):
    settings.ENVIRONMENT = "production"
    answer = browser.post(f"{LINKS}add/", form(alice, venue.grant(0)))
    assert b"no simulated environment here" in answer.content
    assert not BrokerLink.objects.exists()


def test_a_desk_wide_secret_may_be_left_out(venue, alice, browser, settings):
    settings.TASTYTRADE_CLIENT_SECRET = venue.grant(0)["client_secret"]
    browser.post(f"{LINKS}add/", form(alice, venue.grant(0), client_secret=""))
    assert set(BrokerLink.objects.get().sealed) == {"refresh_token"}


def test_asking_a_venue_holds_no_lock_on_the_database(venue, alice, browser, monkeypatch):
    inside = []
    check = linking.check

    def noting(*args):
        inside.append(len(connection.savepoint_ids))
        return check(*args)

    before = len(connection.savepoint_ids)
    monkeypatch.setattr(linking, "check", noting)
    browser.post(f"{LINKS}add/", form(alice, venue.grant(0)))
    assert inside == [before]


def test_the_list_shows_state_and_fingerprint_and_no_secret(alice, browser):
    link = make_link(alice, "Main", Credentials(client_secret="canary-1", refresh_token="canary-2"))
    store.record_state(link.pk, "refused", "the grant was revoked", None)
    text = browser.get(LINKS).content.decode()
    for shown in ("Main", ALICE, "tastytrade", "live", "re-link needed", "…0001", link.fingerprint):
        assert shown in text
    page = browser.get(f"{LINKS}{link.pk}/change/").content.decode()
    for shown in ("the grant was revoked", link.fingerprint, "…0001"):
        assert shown in page
    for hidden in ("canary", "5WX00001", *link.sealed.values()):
        assert hidden not in text + page


def test_a_link_cannot_be_edited(alice, browser):
    link = make_link(alice)
    answer = browser.post(f"{LINKS}{link.pk}/change/", {"label": "Other", "state": "live"})
    assert answer.status_code == 403
    link.refresh_from_db()
    assert (link.label, link.state) == ("Main", "idle")


def act(browser, action, *links):
    return browser.post(LINKS, {"action": action, "_selected_action": [str(link.pk) for link in links]}, follow=True)


def test_verifying_asks_the_venue_about_each(venue, alice, bob, browser):
    good = make_link(alice, "Good", venue.grant(0), environment="simulated")
    bad = make_link(bob, "Bad", environment="simulated")
    text = act(browser, "verify", good, bad).content.decode()
    assert f"Good (tastytrade, simulated) of {ALICE}: verified" in text
    assert f"Bad (tastytrade, simulated) of {BOB}: tastytrade refuses these credentials" in text
    bad.refresh_from_db()
    assert bad.state == "refused"


def test_disconnecting_forgets_the_credentials_and_tells_the_streams(
    alice, browser, heard, django_capture_on_commit_callbacks
):
    link = make_link(alice)
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(browser, "disconnect", link)
    assert b"Disconnected 1" in answer.content
    link.refresh_from_db()
    assert (link.sealed, link.state, link.reason) == ({}, "refused", "disconnected by an administrator")
    assert heard.links == [alice.pk]
    assert b"disconnected by an administrator" in sign_in(alice).get("/accounts/settings").content


def test_deleting_tells_the_streams_too(alice, browser, heard, django_capture_on_commit_callbacks):
    link = make_link(alice)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{LINKS}{link.pk}/delete/", {"post": "yes"})
    assert not BrokerLink.objects.exists()
    assert heard.links == [alice.pk]


def test_who_may_only_look_cannot_disconnect(alice, bob):
    link = make_link(alice)
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_brokerlink"))
    browser = sign_in(bob)
    assert browser.get(LINKS).status_code == 200
    act(browser, "disconnect", link)
    link.refresh_from_db()
    assert link.sealed
    assert browser.get(f"{LINKS}add/").status_code == 403


def test_people_without_staff_status_see_no_admin(alice):
    assert sign_in(alice).get(LINKS).status_code == 302


def test_a_person_is_made_by_address(browser):
    fields = {"email": "Carol@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert browser.post("/admin/accounts/user/add/", fields).status_code == 302
    assert User.objects.get(email="carol@example.com").check_password(PASSWORD)
    assert b"carol@example.com" in browser.get("/admin/accounts/user/").content


def test_deactivating_a_person_ends_their_access(alice, browser, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/admin/accounts/user/{alice.pk}/change/", {"email": ALICE})
    alice.refresh_from_db()
    assert not alice.is_active
    assert heard.access == [(alice.pk, None)]


def test_a_changed_address_takes_the_place_of_the_old_one(alice, browser):
    EmailAddress.objects.create(user=alice, email=ALICE, primary=True)
    browser.post(f"/admin/accounts/user/{alice.pk}/change/", {"email": "new@example.com", "is_active": "on"})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert not EmailAddress.objects.filter(email=ALICE).exists()


def test_invitations_are_only_looked_at(browser, owner):
    sign_in(owner).post("/accounts/invitations", {"email": BOB})
    row = Invitation.objects.get()
    text = browser.get("/admin/accounts/invitation/").content.decode()
    assert BOB in text
    assert row.digest not in text
    assert browser.get("/admin/accounts/invitation/add/").status_code == 403


@pytest.fixture
def clerk(bob):
    """The browser of somebody who may do everything with people, and owns nothing."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["accounts", "account", "auth"]))
    return sign_in(bob)


def fields_of(person, **changes):
    """What the page of a person sends."""
    fields = {"email": person.email, "first_name": person.first_name, "last_name": person.last_name}
    flags = {"is_active": person.is_active, "is_staff": person.is_staff, "is_superuser": person.is_superuser}
    return {**fields, **{name: "on" for name, flag in flags.items() if flag}, **changes}


def test_staff_that_owns_nothing_makes_nobody_an_owner_and_takes_no_account(alice, bob, clerk):
    for person in (alice, bob):
        path = f"/admin/accounts/user/{person.pk}/change/"
        group = Group.objects.create(name=f"group of {person}")
        body = fields_of(
            person, first_name="Al", email="taken@example.com", is_superuser="on", is_staff="on",
            groups=group.pk, user_permissions=Permission.objects.all()[0].pk, password="md5$$0",
        )  # fmt: skip
        before = set(person.user_permissions.all())
        assert clerk.post(path, body).status_code == 302
        now = User.objects.get(pk=person.pk)
        assert (now.first_name, now.email) == ("Al", person.email)
        assert (now.is_superuser, now.is_staff) == (False, person.is_staff)
        assert not now.groups.exists()
        assert set(now.user_permissions.all()) == before
        assert now.check_password(PASSWORD)
        assert "argon2" not in clerk.get(path).text
        password = {"password1": "another one entirely", "password2": "another one entirely"}
        assert clerk.post(f"/admin/accounts/user/{person.pk}/password/", password).status_code == 403
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def test_staff_that_owns_nothing_touches_no_owner(owner, alice, clerk):
    path = f"/admin/accounts/user/{owner.pk}"
    assert clerk.post(f"{path}/change/", fields_of(owner, first_name="Al", is_active="")).status_code == 403
    assert clerk.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    everybody = {"action": "delete_selected", "_selected_action": [owner.pk, alice.pk], "post": "yes"}
    assert clerk.post("/admin/accounts/user/", everybody).status_code == 403
    assert User.objects.filter(pk__in=(owner.pk, alice.pk), is_active=True).count() == 2
    for model in ("account/emailaddress", "auth/group"):
        assert clerk.get(f"/admin/{model}/").status_code in (403, 404), model
        assert clerk.post(f"/admin/{model}/add/", {"name": "owners"}).status_code in (403, 404), model


def test_owners_give_and_take_what_others_may(alice, browser):
    assert browser.post(f"/admin/accounts/user/{alice.pk}/change/", fields_of(alice, is_staff="on")).status_code == 302
    assert User.objects.get(pk=alice.pk).is_staff
    assert browser.get("/admin/auth/group/add/").status_code == 200
