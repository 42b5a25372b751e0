"""Strangers fill no table by looking at pages."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

PATHS = [
    "/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/settings", "/admin/",
    "/accounts/links/callback?state=x&code=y", "/portfolio/", "/status/", "/nowhere", "/accounts/confirm-email/",
    "/accounts/email/", "/accounts/reauthenticate/", "/accounts/logout/",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_visit_makes_no_session(path):
    browser = Client()
    browser.get(path)
    browser.post(path, {"email": "x@example.com", "login": "x@example.com", "password": "a wrong guess"})
    assert not Session.objects.exists()
    assert "sessionid" not in browser.cookies
