"""Passwords that whoever knows the desk would try first."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.auth.password_words import ContextWordsValidator
from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import PASSWORD


def is_refused(password: str, person: User | None = None) -> bool:
    try:
        ContextWordsValidator().validate(password, person)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    "password",
    ["tapedeck", "tapedeck1", "Tapedeck2026", "T4pedeck!", "t@p3d3ck", "!!tape-deck!!", "MyTapedeck1", "tastytrade99",
     "Tradier2026!", "tradingtrading", "desk.example.com", "Desk-Example-1"],
)  # fmt: skip
def test_the_desks_own_words_are_refused(password, settings):
    settings.SITE_URL = "https://desk.example.com"
    assert is_refused(password)


@pytest.mark.parametrize("password", [PASSWORD, "tapedeck spins quietly", "correct horse battery", "73915502846193"])
def test_others_are_not(password):
    assert not is_refused(password)


def test_a_persons_own_name_and_address_are_refused_to_them():
    alice = User(email="alice.miller@example.com", first_name="Alice", last_name="Miller")
    assert is_refused("Al1ce.Miller!2026", alice)
    assert is_refused("alice.miller@example.com", alice)
    assert not is_refused("Al1ce.Miller!2026")


def test_every_door_by_which_a_password_comes_in_asks(owner, settings):
    settings.OPEN_SIGNUP = True
    weak = "Tapedeck2026"
    page = Client().post("/accounts/signup/", {"email": "new@example.com", "password1": weak})
    assert "little more than a name" in page.text
    browser = sign_in(owner)
    body = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    assert "little more than a name" in browser.post("/accounts/password/change/", body).text
    path = f"/admin/accounts/user/{owner.pk}/password/"
    body = {"password1": weak, "password2": weak, "usable_password": "true"}
    assert "little more than a name" in browser.post(path, body).text
    body |= {"email": "new@example.com"}
    assert "little more than a name" in browser.post("/admin/accounts/user/add/", body).text
    assert User.objects.count() == 1
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
