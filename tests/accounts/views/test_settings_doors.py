"""Who reaches the pages of links, by which methods, and what they say of a link."""

import uuid

import pytest
from django.test import Client

from accounts.links import store
from accounts.models import BrokerLink
from tests.accounts.conftest import make_link, sign_in

pytestmark = pytest.mark.django_db

SETTINGS = "/accounts/settings"


ACTIONS = ["relink", "test", "remove", "default-account"]


@pytest.mark.parametrize("action", ACTIONS)
def test_bob_cannot_reach_alices_link(alice, bob, action):
    link = make_link(alice, "Canary of Alice", None, "5WX00001", "5WX00002")
    before = BrokerLink.objects.values().get()
    browser = sign_in(bob)
    for answer in (
        browser.get(f"/accounts/links/{link.pk}/{action}"),
        browser.post(
            f"/accounts/links/{link.pk}/{action}",
            {"label": "Canary of Alice", "account": "5WX00002", "client_secret": "x", "refresh_token": "x"},
        ),
    ):
        assert answer.status_code in (404, 405)
        assert b"Canary" not in answer.content
    assert BrokerLink.objects.values().get() == before


def test_bobs_page_shows_nothing_of_alices(alice, bob):
    make_link(alice, "Canary of Alice", None, "5WXCANARY")
    page = sign_in(bob).get(SETTINGS).content
    assert b"Canary" not in page
    assert b"NARY" not in page


@pytest.mark.parametrize("action", ACTIONS)
def test_a_link_that_does_not_exist_is_not_found(alice, action):
    browser = sign_in(alice)
    for name in (uuid.uuid4(), "0", "x" * 36):
        assert browser.post(f"/accounts/links/{name}/{action}").status_code == 404


def test_an_unknown_venue_is_not_found(alice):
    assert sign_in(alice).post("/accounts/links/nowhere", {}).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/accounts/settings", {"GET", "HEAD"}),
        ("/accounts/links/tastytrade", {"POST"}),
        ("/accounts/links/{}/test", {"POST"}),
        ("/accounts/links/{}/default-account", {"POST"}),
        ("/accounts/links/{}/relink", {"GET", "HEAD", "POST"}),
        ("/accounts/links/{}/remove", {"GET", "HEAD", "POST"}),
        ("/accounts/invitations", {"POST"}),
    ],
)
def test_every_path_takes_its_methods_with_and_without_a_slash(owner, path, allowed, settings, tmp_path):
    settings.RUN_DIR = tmp_path
    link = make_link(owner, environment="simulated")
    browser = sign_in(owner)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for slash in ("", "/"):
            answer = browser.generic(method, path.format(link.pk) + slash)
            assert (answer.status_code == 405) == (method not in allowed), (method, slash, answer.status_code)
            assert answer.status_code in (200, 302, 405)
    assert BrokerLink.objects.filter(pk=link.pk).exists()


@pytest.mark.parametrize("path", ["", "/relink", "/test", "/remove", "/default-account"])
def test_a_form_from_another_site_is_refused(alice, path):
    link = make_link(alice)
    browser = sign_in(alice, enforce_csrf_checks=True)
    answer = browser.post(f"/accounts/links/{link.pk if path else 'tastytrade'}{path}", {"label": "Main"})
    assert answer.status_code == 403
    assert BrokerLink.objects.filter(pk=link.pk).exists()


@pytest.mark.parametrize("path", [SETTINGS, "/accounts/links/{}/relink", "/accounts/links/{}/remove"])
def test_who_is_not_signed_in_is_asked_to(alice, path):
    path = path.format(make_link(alice).pk)
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


def test_no_cache_keeps_the_page(alice):
    assert "no-store" in sign_in(alice).get(SETTINGS)["Cache-Control"]


def test_pages_say_that_a_venue_is_simulated(alice, bob):
    make_link(alice, environment="simulated")
    make_link(bob, environment="live")
    assert sign_in(alice).get(SETTINGS).context["simulated"]
    assert not sign_in(bob).get(SETTINGS).context["simulated"]
    assert b"Simulated venue" in sign_in(alice).get(SETTINGS).content
    assert b"Simulated venue" not in sign_in(bob).get(SETTINGS).content
    assert sign_in(alice).get(SETTINGS).context["person_id"] == alice.pk


@pytest.mark.parametrize(
    ("state", "word"),
    [("idle", "idle"), ("live", "connecting"), ("waiting", "reconnecting"), ("refused", "re-link needed")],
)
def test_a_page_says_live_only_once_the_stream_does(alice, state, word):
    link = make_link(alice)
    store.record_state(link.pk, state, "", None)
    page = sign_in(alice).get(SETTINGS).content.decode()
    assert f'data-field="word">{word}</span>' in page
    assert 'data-state="live"' not in page


def test_a_venue_that_left_the_catalogue_does_not_break_the_page(alice):
    link = make_link(alice)
    BrokerLink.objects.update(venue="gone")
    browser = sign_in(alice)
    assert b"gone" in browser.get(SETTINGS).content
    assert browser.get(f"/accounts/links/{link.pk}/relink").status_code == 404
    assert b"does not know gone any more" in browser.post(f"/accounts/links/{link.pk}/test", follow=True).content
    assert browser.get(f"/accounts/links/{link.pk}/remove").status_code == 200
