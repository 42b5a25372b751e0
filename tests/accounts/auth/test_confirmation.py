"""What takes a password that was shown a short while ago."""

import time

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.auth import confirmation, session_store
from accounts.models import BrokerLink, Invitation
from tests.accounts.conftest import make_link, sign_in
from tests.support.people import BOB, PASSWORD

REAUTHENTICATE = "/accounts/reauthenticate/"


def left_open(person) -> Client:
    """Return a browser in which `person` signed in a while ago."""
    browser = sign_in(person)
    session = browser.session
    session[session_store.PASSWORD_AT] = int(time.time()) - confirmation.RECENT_S
    session.save()
    return browser


def test_a_browser_that_was_left_open_links_invites_and_moves_nothing(owner):
    link = make_link(owner)
    browser = left_open(owner)
    others = {"password1": "a new one entirely", "password2": "a new one entirely"}
    posts = {
        "/accounts/links/tastytrade": {"environment": "simulated", "label": "Theirs", "refresh_token": "stolen"},
        f"/accounts/links/{link.pk}/relink": {"refresh_token": "stolen"},
        f"/accounts/links/{link.pk}/remove": {"label": "Main"},
        f"/accounts/links/{link.pk}/redirect": {},
        "/accounts/links/tastytrade/redirect": {"environment": "live", "label": "Theirs"},
        "/accounts/invitations": {"email": BOB},
        "/accounts/email/": {"email": "thief@example.com"},
        f"/admin/accounts/user/{owner.pk}/password/": others,
    }
    for path, body in posts.items():
        answer = browser.post(path, body)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(f"{REAUTHENTICATE}?next=%2Fa"), path
        kept = str([*browser.session.items(), *answer.cookies.values()])
        assert not [value for value in body.values() if len(value) > 4 and value in kept], (
            f"{path} keeps what it was sent"
        )
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    assert [one.pk for one in BrokerLink.objects.all()] == [link.pk]
    assert not Invitation.objects.exists()


def test_who_shows_their_password_is_led_back_and_may(owner):
    browser = left_open(owner)
    asked = browser.get("/accounts/email/")
    assert asked["Location"] == f"{REAUTHENTICATE}?next=%2Faccounts%2Femail%2F"
    page = browser.get(asked["Location"])
    assert "takes your password" in page.text
    assert browser.post(asked["Location"], {"password": "wrong"}).status_code == 200
    assert browser.get("/accounts/email/").status_code == 302
    answer = browser.post(asked["Location"], {"password": PASSWORD, "next": "/accounts/email/"})
    assert answer["Location"] == "/accounts/email/"
    assert browser.get("/accounts/email/").status_code == 200
    assert browser.post("/accounts/invitations", {"email": BOB}).status_code == 302
    assert Invitation.objects.get().email == BOB


def test_who_has_just_signed_in_is_not_asked_again(owner):
    assert sign_in(owner).get("/accounts/email/").status_code == 200


def test_the_settings_page_asks_before_a_form_is_filled_in(owner):
    page = left_open(owner).get("/accounts/settings")
    assert "Show your password to paste a grant" in page.text
    assert "Show your password to invite somebody" in page.text
    assert 'name="refresh_token"' not in page.text
    assert 'name="refresh_token"' in sign_in(owner).get("/accounts/settings").text


def test_wrong_passwords_there_are_counted_as_at_the_sign_in(owner):
    browser = left_open(owner)
    assert [browser.post(REAUTHENTICATE, {"password": "wrong"}).status_code for _ in range(10)] == [200] * 10
    assert browser.post(REAUTHENTICATE, {"password": PASSWORD}).status_code == 429
    assert browser.get("/accounts/email/").status_code == 302
    page = Client().post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    assert page.status_code == 302, "whoever found the browser keeps its owner out of nothing"


def test_streams_pages_and_what_takes_access_away_ask_nothing(owner):
    browser = left_open(owner)
    assert browser.get("/accounts/settings").status_code == 200
    assert browser.get("/").status_code == 200
    assert browser.post("/accounts/logout/")["Location"] == "/accounts/login/"


@pytest.mark.parametrize("name", sorted(confirmation.FORMS | confirmation.ACTIONS))
def test_every_guarded_view_exists(name):
    given = {"accounts:link": ["tastytrade"], "accounts:link-redirect": ["tastytrade"]}
    some = "00000000-0000-0000-0000-000000000000"
    named = get_resolver().resolve(
        reverse(name, args=given.get(name, [some] if "link" in name or "remove" in name else []))
    )
    assert named.view_name == name
