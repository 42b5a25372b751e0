"""Nobody is led away from the desk by a link to its sign-in page, nor by what a link holds."""

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, PASSWORD

AWAY = [
    "//evil.example", "https://evil.example", "/\\evil.example", "http://evil.example/accounts/settings",
    "javascript:alert(1)", "///evil.example", "https:evil.example", "\\\\evil.example", "/%5cevil.example/..",
]  # fmt: skip


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user(ALICE, PASSWORD)


@pytest.mark.parametrize("target", AWAY)
def test_who_signs_in_stays_here(alice, target):
    answer = Client().post("/accounts/login/", {"login": ALICE, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/settings" or answer["Location"].startswith("/%5c")


@pytest.mark.parametrize("target", AWAY)
def test_who_shows_their_password_again_or_signs_out_stays_here(alice, target):
    browser = sign_in(alice)
    shown = browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target})
    out = browser.post("/accounts/logout/", {"next": target})
    for answer, home in ((shown, "/accounts/settings"), (out, "/accounts/login/")):
        assert answer.status_code == 302
        assert answer["Location"] == home or answer["Location"].startswith("/%5c")


def test_a_line_break_in_a_target_begins_no_header(alice):
    answer = sign_in(alice).get("/accounts/reauthenticate/", {"next": "/\r\nSet-Cookie: mine=1"})
    assert "mine" not in str(answer.headers.get("Set-Cookie", "")) + str(answer.cookies)
    answer = Client().post("/accounts/login/?next=/%0d%0aSet-Cookie:%20mine=1", {"login": ALICE, "password": PASSWORD})
    assert "mine" not in answer.cookies
    assert "\n" not in answer.get("Location", "")
