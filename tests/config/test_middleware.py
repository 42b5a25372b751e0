"""Nobody keeps an answer of the desk that does not say otherwise."""

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, PASSWORD

pytestmark = pytest.mark.django_db

STRANGERS = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/confirm-email/",
    "/nowhere/",
    "/health",
    "/ready",
]
PEOPLE = ["/accounts/email/", "/accounts/password/change/", "/accounts/logout/", "/accounts/reauthenticate/", "/"]


@pytest.mark.parametrize("path", STRANGERS)
def test_no_answer_to_a_stranger_is_kept(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", PEOPLE)
def test_no_page_of_a_person_is_kept(path: str) -> None:
    assert "no-store" in sign_in(User.objects.create_user(ALICE, PASSWORD)).get(path)["Cache-Control"]
