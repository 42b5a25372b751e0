"""A page of another site does nothing here in somebody's name."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.market.doors import pages
from tests.support.people import ALICE, PASSWORD


@pytest.fixture
def browser(db) -> Client:
    person = User.objects.create_superuser(ALICE, PASSWORD)
    return sign_in(person, enforce_csrf_checks=True)


@pytest.mark.long
def test_no_form_of_the_desk_is_taken_without_its_token(browser):
    """Every route is asked: whatever is added stands here without anybody's doing."""
    asked = 0
    for name, path in pages():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = browser.generic(method, path, b"{}", content_type="application/json")
            assert answer.status_code in (403, 404, 405), (name, method, answer.status_code)
            asked += answer.status_code == 403
    assert asked > 20
    assert Session.objects.count() == 1, "nobody was signed out either"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://testserver:8001"},
        {"Origin": "http://testserver.evil.example"},
    ],
)  # fmt: skip
def test_a_token_does_not_help_a_page_of_elsewhere(browser, headers):
    page = browser.get("/accounts/reauthenticate/")
    token = page.context["csrf_token"]
    body = {"csrfmiddlewaretoken": str(token), "email": "thief@example.com"}
    assert browser.post("/accounts/invitations", body, headers=headers).status_code == 403
    assert browser.post("/accounts/invitations", body, headers={"Origin": "http://testserver"}).status_code == 302
