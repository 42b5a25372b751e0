"""A session that was open before a password was shown is none afterwards."""

import math

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, PASSWORD

pytestmark = pytest.mark.django_db

LEAST_BITS = 128
BITS = math.log2(36)
"""What each character of a key adds."""


def test_signing_in_ends_the_session_that_the_browser_came_with(alice):
    browser = Client()
    before = browser.session
    before["left"] = "by somebody who knows its key"
    before.save()
    assert browser.cookies["sessionid"].value == before.session_key
    answer = browser.post("/accounts/login/", {"login": ALICE, "password": PASSWORD})
    assert answer.status_code == 302
    after = browser.cookies["sessionid"].value
    assert after != before.session_key
    assert [row.session_key for row in Session.objects.all()] == [after]


def test_showing_the_password_again_ends_it_too_and_keeps_the_person_signed_in(
    alice, heard, django_capture_on_commit_callbacks
):
    browser = sign_in(alice)
    before = browser.session.session_key
    assert browser.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert browser.session.session_key == before
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    after = browser.cookies["sessionid"].value
    assert after != before
    assert [row.session_key for row in Session.objects.all()] == [after]
    assert heard.access == [(alice.pk, before)], "and so does what came in by it"
    assert browser.get("/accounts/settings").status_code == 200


def test_a_key_cannot_be_guessed_and_says_nothing(alice):
    keys = {str(sign_in(alice).session.session_key) for _ in range(50)}
    assert len(keys) == 50
    assert min(map(len, keys)) * BITS >= LEAST_BITS
    assert len({*"".join(keys)}) == 36, "letters and digits"
