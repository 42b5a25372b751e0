"""What one page leaves for the next is kept under the name that all cookies of the desk have."""

import random

import pytest
from django.contrib.messages import INFO
from django.http import HttpResponse
from django.test import Client

from config.message_storage import MessageStorage

WAY_BACK = "/accounts/links/callback"
"""Leaves a message for whoever is not signed in any more."""


@pytest.fixture
def behind_https(settings):
    settings.COOKIE_PREFIX, settings.SESSION_COOKIE_SECURE = "__Host-", True


def test_a_message_is_kept_in_a_cookie_of_this_host_alone_and_goes_once_it_was_shown(db, behind_https):
    browser = Client()
    left = browser.get(WAY_BACK).cookies
    assert [*left] == ["__Host-messages"]
    assert (left["__Host-messages"]["secure"], left["__Host-messages"]["path"]) == (True, "/")
    assert "You were signed out meanwhile" in browser.get("/accounts/login/").text
    assert browser.cookies["__Host-messages"].value == ""
    assert browser.cookies["__Host-messages"]["secure"], "a browser lets nothing else take it back"


def test_without_https_it_has_its_plain_name(db):
    assert [*Client().get(WAY_BACK).cookies] == ["messages"]


def test_what_is_too_long_for_a_cookie_is_kept_in_the_session(rf, client, db):
    request = rf.get("/")
    request.session = client.session
    storage = MessageStorage(request)
    storage.add(INFO, random.Random(7).randbytes(5_000).hex())  # what repeats itself would be packed
    storage.update(HttpResponse())
    assert [*request.session.keys()] == ["_messages"]
